/** The whole state of the page, from one typed list; the page's address holds what differs from the defaults. */

import { OPTIMIZERS, type OptimizerName } from "./descent/optimizers";
import { LANGUAGES } from "./words";

/** What makes a run, beside the formula. */
export interface RunSettings {
  readonly start: readonly number[];
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
}

/** The table room: its table, and how it is descended. */
export interface TableState {
  readonly data: string; // "sample:" and a name, or the table as CSV
  readonly features: readonly number[]; // places of columns
  readonly target: number;
  readonly standardize: boolean;
  readonly start: readonly number[]; // intercept, then slopes; missing ones are 0
  readonly rate: number | null; // null: half the largest stable one
  readonly momentum: number;
  readonly epoch: number;
  readonly others: readonly OtherLoss[]; // losses whose lines are drawn too
  readonly batch: number; // rows to an update of the mini-batches beside; 0: none
  readonly noise: number; // added to the target, in its standard deviations
  readonly holdout: number; // the share of the rows that is held out
  readonly seed: number; // of the batches, the noise and the rows held out
  readonly axes: readonly [number, number]; // the two parameters of the contour
}

export const OTHER_LOSSES = ["absolute", "huber", "logistic"] as const;
export type OtherLoss = (typeof OTHER_LOSSES)[number];

/** The graph room: its formula, the values of its variables, and how far the graph is walked. */
export interface GraphState {
  readonly formula: string;
  readonly inputs: readonly number[];
  readonly step: number;
}

/** The lessons room: the lesson, and which part of it; the one after the last are the exercises. */
export interface LessonState {
  readonly number: number;
  readonly part: number;
}

export const ROOMS = ["formula", "table", "graph", "runs", "lesson"] as const;

export interface State {
  readonly room: (typeof ROOMS)[number];
  readonly graph: GraphState;
  readonly table: TableState;
  readonly formula: string;
  readonly run: RunSettings;
  readonly kept: readonly RunSettings[]; // runs laid beside the one that the controls hold
  readonly steps: number;
  readonly at: number; // the step that is shown
  readonly view: "contour" | "surface";
  readonly window: readonly number[]; // low and high of each variable; none: what shows the runs
  readonly turn: readonly [azimuth: number, height: number]; // of the surface, in degrees
  readonly lesson: LessonState;
  readonly theme: "auto" | "light" | "dark";
  readonly language: "auto" | (typeof LANGUAGES)[number];
}

export const MOST_STEPS = 10_000;
export const FARTHEST = 1e100; // that a start may be from 0
export const MOST_KEPT = 6;

export const LAST_EPOCH = 1e9;

export const DEFAULTS: State = {
  room: "formula",
  graph: { formula: "3*(a + b*c)", inputs: [5, 3, 2], step: 0 },
  table: {
    data: "sample:cars", features: [0], target: 1, standardize: false, start: [], rate: null, momentum: 0, epoch: 0, others: [],
    batch: 0, noise: 0, holdout: 0, seed: 0, axes: [0, 1],
  },
  formula: "x^2 - 4x + 5",
  run: { start: [7], optimizer: "SGD", learningRate: 0.1, momentum: 0, nesterov: false },
  kept: [],
  steps: 30,
  at: 0,
  view: "contour",
  window: [],
  turn: [-50, 35],
  lesson: { number: 0, part: 0 },
  theme: "auto",
  language: "auto",
};

interface Field<Value> {
  readonly write: (value: Value) => string;
  readonly read: (text: string) => Value | null; // null where the text makes no sense
}

type Fields<Whole> = { readonly [Name in keyof Whole]: Field<Whole[Name]> };

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
    return values.length <= 20 && text !== "" && values.every((value) => Math.abs(value) <= FARTHEST) ? values : null;
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
      learningRate: number(Number.MIN_VALUE, 1e300).read(rate),
      momentum: number(0, 0.999999).read(momentum),
    };
    if (Object.values(read).includes(null)) return null;
    return { ...(read as Omit<RunSettings, "nesterov">), nesterov: nesterov === "nesterov" };
  },
};
const places: Field<readonly number[]> = {
  write: (values) => values.join(","),
  read: (text) => (/^\d{1,4}(,\d{1,4}){0,19}$/.test(text) ? text.split(",").map(Number) : null),
};
const TABLE: Fields<TableState> = {
  data: { write: (text) => text, read: (text) => (text.length <= 2_000_000 ? text : null) },
  features: places,
  target: whole(10_000),
  standardize: { write: (yes) => (yes ? "yes" : "no"), read: (text) => (text === "yes" ? true : text === "no" ? false : null) },
  start: { write: numbers.write, read: (text) => (text === "" ? [] : numbers.read(text)) },
  rate: { write: (rate) => (rate === null ? "half" : String(rate)), read: number(1e-300, 1e300).read },
  momentum: number(0, 0.9999),
  epoch: whole(LAST_EPOCH),
  others: {
    write: (names) => names.join(","),
    read: (text) => {
      const names = text.split(",").map(choice(OTHER_LOSSES).read);
      return names.includes(null) ? null : (names as OtherLoss[]);
    },
  },
  batch: whole(100_000),
  noise: number(0, 10),
  holdout: number(0, 0.9),
  seed: whole(2 ** 32 - 1),
  axes: {
    write: places.write,
    read: (text) => {
      const [first, second, ...more] = places.read(text) ?? [];
      return first === undefined || second === undefined || more.length > 0 ? null : [first, second];
    },
  },
};
const table: Field<TableState> = {
  write: (state) => written(TABLE, state, DEFAULTS.table).toString(),
  read: (text) => read(TABLE, new URLSearchParams(text), DEFAULTS.table),
};
const GRAPH: Fields<GraphState> = {
  formula: { write: (text) => text, read: (text) => (text.length <= 10_000 ? text : null) },
  inputs: numbers,
  step: whole(MOST_STEPS),
};
const graph: Field<GraphState> = {
  write: (state) => written(GRAPH, state, DEFAULTS.graph).toString(),
  read: (text) => read(GRAPH, new URLSearchParams(text), DEFAULTS.graph),
};
const several: Field<readonly RunSettings[]> = {
  write: (runs) => runs.map(runSettings.write).join(";"),
  read: (text) => {
    const runs = text.split(";").map(runSettings.read);
    return runs.length <= MOST_KEPT && !runs.includes(null) ? (runs as RunSettings[]) : null;
  },
};

const FIELDS: Fields<State> = {
  room: choice(ROOMS),
  graph,
  table,
  formula: { write: (text) => text, read: (text) => (text.length <= 10_000 ? text : null) },
  run: runSettings,
  kept: several,
  steps: whole(MOST_STEPS),
  at: whole(MOST_STEPS),
  window: numbers,
  view: choice(["contour", "surface"] as const),
  turn: numbers as unknown as Field<State["turn"]>,
  lesson: {
    write: ({ number, part }) => `${number}.${part}`,
    read: (text) => {
      const [number, part] = (/^(\d{1,2})\.(\d{1,2})$/.exec(text) ?? []).slice(1).map(Number);
      return number === undefined || part === undefined ? null : { number, part };
    },
  },
  theme: choice(["auto", "light", "dark"] as const),
  language: choice(["auto", ...LANGUAGES] as const),
};

/** What differs from the defaults, field by field. */
function written<Whole>(fields: Fields<Whole>, state: Whole, defaults: Whole): URLSearchParams {
  const parts = new URLSearchParams();
  for (const name of Object.keys(fields) as (keyof Whole & string)[]) {
    const [now, usual] = [fields[name].write(state[name]), fields[name].write(defaults[name])];
    if (now !== usual) parts.set(name, now);
  }
  return parts;
}

/** The defaults, and in their place what is there and makes sense. */
function read<Whole>(fields: Fields<Whole>, parts: URLSearchParams, defaults: Whole): Whole {
  const state = { ...defaults };
  for (const name of Object.keys(fields) as (keyof Whole & string)[]) {
    const text = parts.get(name);
    const value = text === null ? null : fields[name].read(text);
    if (value !== null) state[name] = value;
  }
  return state;
}

/** The part of an address after its #. */
export const encode = (state: State): string => written(FIELDS, state, DEFAULTS).toString();

/** The state of an address; what is missing or makes no sense is the default. */
export const decode = (hash: string): State => read(FIELDS, new URLSearchParams(hash.replace(/^#/, "")), DEFAULTS);
