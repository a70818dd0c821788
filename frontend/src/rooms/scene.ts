/** What the formula room shows, computed from the state: formula, runs, window, stationary points, rates. */

import { bestRate, eigenvalues, largestStableRate } from "../curvature/rates";
import { descend, type Path } from "../descent/descend";
import { readFormula, type Formula } from "../formula/formula";
import { newton, stationaryPoints, type Range, type StationaryPoint } from "../formula/stationary";
import { FormulaError } from "../formula/tokens";
import type { RunSettings, State } from "../state";
import { text } from "../words";

export interface Run {
  readonly settings: RunSettings;
  readonly path: Path;
}

/** Where the curvature was taken for the rates: at the minimum that the run is near, or at the step shown. */
export interface Rates {
  readonly atMinimum: boolean;
  readonly eigenvalues: readonly number[];
  readonly stable: number | null;
  readonly best: number | null;
}

export interface Scene {
  readonly formula: Formula;
  readonly runs: readonly [Run, ...Run[]]; // the first is the one that the controls hold
  readonly window: readonly Range[];
  readonly stationary: readonly StationaryPoint[];
  readonly rates: Rates | null;
}

export interface Problem {
  readonly column: number | null;
  readonly message: string;
}

const PLAIN_START = 1;
const WIDEST = 4; // how many times the span of what matters a wandering path may widen the window

/** The formula of a state, or what is wrong with it. */
export function formulaOf(typed: string): Formula | Problem {
  try {
    const formula = readFormula(typed);
    if (formula.names.length === 0) return { column: null, message: text("the formula has no variable: there is nothing to descend") };
    if (formula.names.length > 20) return { column: null, message: text("the page takes at most 20 variables") };
    return formula;
  } catch (error) {
    if (error instanceof FormulaError) return { column: error.column, message: error.message };
    throw error;
  }
}

export const isFormula = (read: Formula | Problem): read is Formula => "tree" in read;

/** A start with one number for each variable: missing ones are 1. */
export function startOf(formula: Formula, start: readonly number[]): number[] {
  return formula.names.map((_, i) => start[i] ?? PLAIN_START);
}

/**
 * `held` is a window that must stay, as it does while something is dragged; `byEngine` the first run's path, where the
 * engine has made it.
 */
export function sceneOf(formula: Formula, state: State, held: readonly Range[] | null = null, byEngine: Path | null = null): Scene {
  const run = (settings: RunSettings): Run => runOf(formula, settings, state.steps);
  const first = byEngine === null ? run(state.run) : { settings: state.run, path: byEngine };
  const runs: [Run, ...Run[]] = [first, ...state.kept.map(run)];
  const window = formula.names.length > 2 ? [] : (held ?? zoomed(formula, state.window) ?? windowOf(formula, runs));
  const stationary = window.length ? stationaryPoints(formula, window) : [];
  return { formula, runs, window, stationary, rates: ratesOf(formula, runs[0], state.at) };
}

const made = new WeakMap<RunSettings, Run & { readonly of: string }>();

/** The descent by these settings, made once: those that are kept stay while another is dragged. */
function runOf(formula: Formula, settings: RunSettings, steps: number): Run {
  const of = `${steps} ${formula.text}`;
  const before = made.get(settings);
  if (before?.of === of) return before;
  const run = { settings, path: descend(formula, startOf(formula, settings.start), { ...settings, steps }), of };
  made.set(settings, run);
  return run;
}

/** The window of the state; null where it has none that this formula can use. */
function zoomed(formula: Formula, bounds: readonly number[]): Range[] | null {
  const ranges = formula.names.map((_, i): Range => [bounds[2 * i] ?? NaN, bounds[2 * i + 1] ?? NaN]);
  return bounds.length === 2 * ranges.length && ranges.every(([low, high]) => low < high) ? ranges : null;
}

/** The finite points of a path. */
export function finitePoints(path: Path): Float64Array[] {
  const steps = path.brokeAt === null ? path.steps : path.steps.slice(0, path.brokeAt);
  return steps.map((step) => step.point);
}

/** Start, the stationary point nearest to it, and the paths as far as they do not run away. */
function windowOf(formula: Formula, runs: readonly Run[]): Range[] {
  const starts = runs.map((one) => one.path.steps[0]?.point ?? new Float64Array());
  const targets = runs.flatMap((one) => {
    const finite = finitePoints(one.path);
    const found = [finite[finite.length - 1], finite[0]].map((point) => (point ? newton(formula, point) : null));
    return found.filter((point) => point !== null).slice(0, 1);
  });
  return formula.names.map((_, axis): Range => {
    const core = starts.map((point) => point[axis] ?? 0);
    const far = Math.max(1, ...core.map(Math.abs)) * 25;
    core.push(...targets.map((point) => point[axis] ?? 0).filter((one) => Math.abs(one) <= far));
    let [low, high] = [Math.min(...core), Math.max(...core)];
    const span = Math.max(high - low, 0.1 * Math.abs(low), 1e-3);
    const [least, most] = [low - (WIDEST / 2) * span, high + (WIDEST / 2) * span];
    for (const point of runs.flatMap((one) => finitePoints(one.path))) {
      const there = point[axis] ?? 0;
      if (there >= least && there <= most) [low, high] = [Math.min(low, there), Math.max(high, there)];
    }
    // A path that starts at one side of its minimum is seen in the bowl, not on a wall.
    const middle = targets[0]?.[axis];
    if (middle !== undefined && Math.abs(middle) <= far) {
      const reach = Math.max(high - middle, middle - low, span / 2);
      [low, high] = [Math.min(low, middle - reach), Math.max(high, middle + reach)];
    }
    const margin = 0.12 * Math.max(high - low, span);
    return [low - margin, high + margin];
  });
}

function ratesOf(formula: Formula, run: Run, at: number): Rates | null {
  if (formula.names.length > 2) return null;
  const finite = finitePoints(run.path);
  const shown = finite[Math.min(at, finite.length - 1)];
  const minimum = [finite[finite.length - 1], finite[0]]
    .map((point) => (point ? newton(formula, point) : null))
    .find((point) => point !== null && (eigenvalues(formula.expand(point).curvature)[0] ?? -1) > 0);
  const point = minimum ?? shown;
  if (point === undefined) return null;
  const values = eigenvalues(formula.expand(point).curvature);
  if (!values.every(Number.isFinite)) return null;
  const { momentum, nesterov, optimizer } = run.settings;
  const plain = optimizer === "SGD";
  const largest = values[values.length - 1] ?? NaN;
  return {
    atMinimum: minimum !== undefined && minimum !== null,
    eigenvalues: values,
    stable: plain ? largestStableRate(largest, momentum, nesterov) : null,
    best: plain && momentum === 0 ? bestRate(values) : null,
  };
}
