/** The Python engine behind the page, where there is one: the newest request is answered, older ones are dropped. */

import type { Path } from "./descent/descend";
import type { Follower, Opener } from "./rooms/runs_room";
import type { Sheet } from "./sheet";
import type { RunSettings } from "./state";
import { spoken, text, type Language } from "./words";

export interface EngineRun {
  readonly path: Path;
  readonly verdict: string;
  readonly forecast: string;
  readonly meaning: readonly string[];
}

export interface Asked {
  readonly formula: string;
  readonly run: RunSettings;
  readonly steps: number;
}

/** A descent on the rows of a table; its start in the units of the columns. */
export interface FitAsked {
  readonly features: readonly (readonly number[])[];
  readonly names: readonly string[]; // of the features, then of the target
  readonly target: readonly number[];
  readonly standardize: boolean;
  readonly start: readonly number[];
  readonly learningRate: number;
  readonly momentum: number;
  readonly epochs: number;
  readonly batch: number;
  readonly batchEpochs: number;
  readonly holdout: number;
  readonly seed: number;
}

export interface Verdicts {
  readonly verdict: string;
  readonly forecast: string;
  readonly batches: string; // of mini-batches beside; "" for none
  readonly meaning: readonly string[]; // of such a verdict
}

export type Status = "ready" | "computing" | "away";

export interface Engine {
  /** Calls back with the run, or with the line of an error; not at all where a newer request came between. */
  ask(asked: Asked, answered: (run: EngineRun | string) => void): void;
  /** The same for the verdict of a fit. */
  judge(asked: FitAsked, answered: (verdicts: Verdicts | string) => void): void;
  /** A file as the page reads it, by the code that reads files in Python; or the line of an error. */
  read(file: Blob, name: string): Promise<{ readonly table?: string; readonly error?: string }>;
  listen(listener: (status: Status) => void): void;
}

interface Answer {
  readonly id: number;
  readonly error?: string;
  readonly points?: readonly (readonly (number | null)[])[];
  readonly objectives?: readonly (number | null)[];
  readonly gradients?: readonly (readonly (number | null)[])[];
  readonly verdict?: string;
  readonly forecast?: string;
  readonly batches?: string;
  readonly meaning?: readonly string[];
}

const FIRST_WAIT = 500; // milliseconds before a lost connection is tried again; doubled up to the longest
const LONGEST_WAIT = 8_000;

export function connect(address: string): Engine {
  const listeners: ((status: Status) => void)[] = [];
  let socket: WebSocket | null = null;
  let pending: { message: { readonly id: number; readonly language: Language }; answered: (answer: Answer) => void } | null = null;
  let count = 0;
  let wait = FIRST_WAIT;
  const tell = (status: Status): void => listeners.forEach((listener) => listener(status));
  const send = (): void => {
    if (pending === null || socket?.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify(pending.message));
    tell("computing");
  };
  const open = (): void => {
    socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      wait = FIRST_WAIT;
      tell("ready");
      send();
    });
    socket.addEventListener("message", (event) => {
      const said = typeof event.data === "string" ? event.data : new TextDecoder().decode(event.data as ArrayBuffer);
      const answer = JSON.parse(said) as Answer;
      // A request that was not understood is answered without its number.
      if (pending === null || (answer.id !== pending.message.id && answer.id !== 0)) return;
      const { answered } = pending;
      pending = null;
      tell("ready");
      answered(answer);
    });
    socket.addEventListener("close", () => {
      tell("away");
      setTimeout(open, wait);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    });
  };
  open();
  const put = (message: object, answered: (answer: Answer) => void): void => {
    pending = { message: { id: (count += 1), language: spoken(), ...message }, answered };
    send();
  };
  return {
    ask({ formula, run, steps }, answered) {
      const { start, optimizer, learningRate, momentum, nesterov } = run;
      put({ kind: "run", formula, start, optimizer, learningRate, momentum, nesterov, steps }, (answer) => answered(answer.error ?? runOf(answer, learningRate)));
    },
    judge(asked, answered) {
      put({ kind: "fit", ...asked }, ({ error, verdict = "", forecast = "", batches = "", meaning = [] }) => answered(error ?? { verdict, forecast, batches, meaning }));
    },
    async read(file, name) {
      return (await sent(`/table?${new URLSearchParams({ name })}`, file)).json() as Promise<{ table?: string; error?: string }>;
    },
    listen: (listener) => void listeners.push(listener),
  };
}

const sent = (address: string, file: Blob): Promise<Response> =>
  fetch(address, { method: "POST", headers: { "Content-Type": "application/octet-stream", "Accept-Language": spoken() }, body: file });

/** Sends a saved run or model to the engine as it is, and brings back what it shows, or the line of an error. */
export const opener = (address: string): Opener => async (file) => {
  try {
    const said = (await (await sent(address, file)).json()) as Sheet & { error?: string };
    return said.error ?? said;
  } catch {
    return text("the engine does not answer");
  }
};

/** Tells of a run that is under way for as long as the program that makes it is there. */
export function follower(address: string): Follower {
  return (told) => {
    let wait = FIRST_WAIT;
    const open = (): void => {
      const socket = new WebSocket(address);
      socket.binaryType = "arraybuffer";
      socket.addEventListener("message", (event) => {
        wait = FIRST_WAIT;
        told(JSON.parse(new TextDecoder().decode(event.data as ArrayBuffer)) as Sheet);
      });
      socket.addEventListener("close", () => {
        told(null);
        setTimeout(open, wait);
        wait = Math.min(2 * wait, LONGEST_WAIT);
      });
    };
    open();
  };
}

/** The direction of each update is what leads from its point to the next one. */
function runOf(answer: Answer, learningRate: number): EngineRun {
  const { points = [], objectives = [], gradients = [], verdict = "", forecast = "", meaning = [] } = answer;
  const number = (value: number | null | undefined): number => value ?? NaN;
  const steps = points.map((point, k) => {
    const gradient = Float64Array.from(gradients[k] ?? [], number);
    const next = points[k + 1];
    const direction = next === undefined ? gradient : gradient.map((_, i) => (number(point[i]) - number(next[i])) / learningRate);
    return { point: Float64Array.from(point, number), objective: number(objectives[k]), gradient, direction };
  });
  const broken = steps.findIndex((step) => ![step.objective, ...step.point, ...step.gradient].every(Number.isFinite));
  return { path: { steps, brokeAt: broken < 0 ? null : broken }, verdict, forecast, meaning };
}
