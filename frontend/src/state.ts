/** The whole state of the page, from one typed list; the page's address holds what differs from the defaults. */

import { OPTIMIZERS, type OptimizerName } from "./descent/optimizers";

/** What makes a run, beside the formula. */
export interface RunSettings {
  readonly start: readonly number[];
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
}

export interface State {
  readonly formula: string;
  readonly run: RunSettings;
  readonly kept: readonly RunSettings[]; // runs laid beside the one that the controls hold
  readonly steps: number;
  readonly at: number; // the step that is shown
  readonly view: "contour" | "surface";
  readonly turn: readonly [azimuth: number, height: number]; // of the surface, in degrees
  readonly theme: "auto" | "light" | "dark";
}

export const MOST_STEPS = 10_000;
export const MOST_KEPT = 6;

export const DEFAULTS: State = {
  formula: "x^2 - 4x + 5",
  run: { start: [7], optimizer: "SGD", learningRate: 0.1, momentum: 0, nesterov: false },
  kept: [],
  steps: 30,
  at: 0,
  view: "contour",
  turn: [-50, 35],
  theme: "auto",
};

interface Field<Value> {
  readonly write: (value: Value) => string;
  readonly read: (text: string) => Value | null; // null where the text makes no sense
}

const number = (least: number, most: number): Field<number> => ({
  write: String,
  read: (text) => {
    const value = Number(text);
    return text.trim() !== "" && value >= least && value <= most ? value : null;
  },
});
const whole = (most: number): Field<number> => ({
  write: String,
  read: (text) => (/^\d+$/.test(text) && Number(text) <= most ? Number(text) : null),
});
const choice = <Name extends string>(names: readonly Name[]): Field<Name> => ({
  write: (name) => name,
  read: (text) => names.find((name) => name === text) ?? null,
});
const numbers: Field<readonly number[]> = {
  write: (values) => values.join(","),
  read: (text) => {
    const values = text.split(",").map(Number);
    return values.length <= 20 && text !== "" && values.every(Number.isFinite) ? values : null;
  },
};
const runSettings: Field<RunSettings> = {
  write: (run) =>
    [numbers.write(run.start), run.optimizer, run.learningRate, run.momentum, run.nesterov ? "nesterov" : ""].join(" ").trim(),
  read: (text) => {
    const [start = "", name = "", rate = "", momentum = "", nesterov = ""] = text.split(" ");
    const read = {
      start: numbers.read(start),
      optimizer: choice(OPTIMIZERS).read(name),
      learningRate: number(0, 1e300).read(rate),
      momentum: number(0, 1).read(momentum),
    };
    if (Object.values(read).includes(null)) return null;
    return { ...(read as Omit<RunSettings, "nesterov">), nesterov: nesterov === "nesterov" };
  },
};
const several: Field<readonly RunSettings[]> = {
  write: (runs) => runs.map(runSettings.write).join(";"),
  read: (text) => {
    const runs = text.split(";").map(runSettings.read);
    return runs.length <= MOST_KEPT && !runs.includes(null) ? (runs as RunSettings[]) : null;
  },
};

const FIELDS: { readonly [Name in keyof State]: Field<State[Name]> } = {
  formula: { write: (text) => text, read: (text) => (text.length <= 10_000 ? text : null) },
  run: runSettings,
  kept: several,
  steps: whole(MOST_STEPS),
  at: whole(MOST_STEPS),
  view: choice(["contour", "surface"] as const),
  turn: numbers as unknown as Field<State["turn"]>,
  theme: choice(["auto", "light", "dark"] as const),
};

const NAMES = Object.keys(FIELDS) as (keyof State)[];

/** The part of an address after its #. */
export function encode(state: State): string {
  const parts = new URLSearchParams();
  const add = <Name extends keyof State>(name: Name): void => {
    const [written, usual] = [FIELDS[name].write(state[name]), FIELDS[name].write(DEFAULTS[name])];
    if (written !== usual) parts.set(name, written);
  };
  NAMES.forEach(add);
  return parts.toString();
}

/** The state of an address; what is missing or makes no sense is the default. */
export function decode(hash: string): State {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const state: Record<string, unknown> = { ...DEFAULTS };
  const read = <Name extends keyof State>(name: Name): void => {
    const text = parts.get(name);
    const value = text === null ? null : FIELDS[name].read(text);
    if (value !== null) state[name] = value;
  };
  NAMES.forEach(read);
  return state as unknown as State;
}
