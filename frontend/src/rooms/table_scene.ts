/** What the table room shows, computed from the state: the points, the quadratic they make, the epoch that is shown. */

import { noiseFloor, type Floor } from "../curvature/gradient_noise";
import { excessAt, pointAt, type Point } from "../descent/closed_form";
import { epochsMade, minibatchPath } from "../descent/minibatch";
import type { OtherLoss, TableState } from "../state";
import { fittingOf, type Fitting } from "../table/fitting";
import { absoluteLine, huberLine, lineIn, logisticPath, type Line, type Logistic } from "../table/other_lines";

export interface TableScene {
  readonly fitting: Fitting;
  readonly start: readonly number[];
  readonly rate: number;
  readonly stable: number;
  readonly epoch: number;
  readonly now: Point;
  readonly axes: readonly [number, number]; // the two parameters of the contour
  readonly others: readonly { readonly name: OtherLoss; readonly line: Line | null; readonly logistic?: Logistic }[];
  readonly batches: Batches | null;
}

/** A descent by mini-batches beside the one by all rows. */
export interface Batches {
  readonly size: number;
  readonly ends: readonly (readonly number[])[]; // parameters at the ends of epochs
  readonly first: readonly (readonly number[])[]; // after each of the first updates
  readonly excess: readonly number[]; // at the ends of epochs
  readonly floor: Floor | null; // null where noise does not settle
  readonly floorKnown: boolean;
}

/** The scene, or the line that says why there is none. */
export function tableSceneOf(state: TableState): TableScene | string {
  const fitting = fittingOf(state);
  if (typeof fitting === "string") return fitting;
  const { quadratic } = fitting;
  const start = quadratic.minimum.map((_, i) => state.start[i] ?? 0);
  const stable = fitting.stable(state.momentum);
  const rate = state.rate ?? stable / 2;
  const highest = start.length - 1;
  const [first, second] = state.axes.map((axis) => Math.min(axis, highest)) as [number, number];
  return {
    fitting, start, rate, stable, epoch: state.epoch,
    now: pointAt(quadratic, start, rate, state.momentum, state.epoch),
    axes: first === second ? [first === 0 ? 0 : first - 1, first === 0 ? 1 : first] : [first, second],
    others: othersOf(fitting, state.others),
    batches: batchesOf(fitting, state, start, rate),
  };
}

/** The result of the newest call for the same things, which are compared one by one. */
function kept<Given extends readonly unknown[], Result>(make: (...given: Given) => Result): (...given: Given) => Result {
  let last: { given: Given; result: Result } | null = null;
  return (...given) => {
    if (last === null || given.some((one, i) => one !== last?.given[i])) last = { given, result: make(...given) };
    return last.result;
  };
}

const othersOf = kept((fitting: Fitting, names: TableState["others"]): TableScene["others"] =>
  names.map((name) => {
    const { features, y } = fitting.training;
    if (name === "huber") return { name, line: huberLine(features, y, typicalResidual(fitting)) };
    if (name === "absolute") return { name, line: features.length === 1 ? absoluteLine(features[0] ?? [], y) : null };
    if (fitting.classes === null) return { name, line: null };
    const logistic = logisticPath(features, y.map((value) => Number(value === fitting.classes?.[1])));
    return { name, logistic, line: logistic.converged && !logistic.separated ? (logistic.lines[logistic.lines.length - 1] ?? null) : null };
  }),
);

function batchesOf(fitting: Fitting, state: TableState, start: readonly number[], rate: number): Batches | null {
  if (state.batch === 0 || state.batch >= fitting.rows.count) return null;
  return madeBatches(fitting, state.batch, rate, state.momentum, state.seed, start.join());
}

const madeBatches = kept((fitting: Fitting, size: number, rate: number, momentum: number, seed: number, start: string): Batches => {
  const { rows, quadratic } = fitting;
  const path = minibatchPath(rows, start.split(",").map(Number), { batch: size, rate, momentum, seed, epochs: epochsMade(rows.count) });
  const noise = fitting.noise();
  return {
    ...path, size,
    excess: path.ends.map((parameters) => excessAt(quadratic, parameters)),
    floor: noise === null ? null : noiseFloor(noise, rate, { rows: rows.count, batch: size, momentum }),
    floorKnown: noise !== null,
  };
});

/** Huber's δ of the page: the median size of the residuals of least squares. */
export function typicalResidual({ training, quadratic }: Fitting): number {
  const line = lineIn(quadratic.minimum, quadratic.shifts, quadratic.scales);
  const sizes = training.y.map((value, i) => Math.abs(predicted(line, training.features, i) - value)).sort((a, b) => a - b);
  return Math.max(sizes[Math.floor(sizes.length / 2)] ?? 1, 1e-12);
}

/** Intercept and slopes in the units of the columns. */
export const lineOf = ({ quadratic }: Fitting, parameters: readonly number[]): Line => lineIn(parameters, quadratic.shifts, quadratic.scales);

export const predicted = (line: Line, features: readonly (readonly number[])[], row: number): number =>
  features.reduce((sum, one, j) => sum + (line[j + 1] ?? 0) * (one[row] ?? 0), line[0] ?? NaN);

/** What the engine needs to make the descents of a scene. */
export interface AskedFit {
  readonly names: readonly string[]; // of the features, then of the target
  readonly features: readonly (readonly number[])[];
  readonly target: readonly number[];
  readonly standardize: boolean;
  readonly start: readonly number[]; // intercept, then slopes, in the units of the columns
  readonly learningRate: number;
  readonly momentum: number;
  readonly epochs: number;
  readonly batch: number; // rows to an update; 0 for none
  readonly batchEpochs: number;
  readonly holdout: number;
  readonly seed: number;
}

const INTERCEPT = "intercept"; // the engine's name of the line's own, which no column may have

/** The name with as many lines beneath it as make it one that no column has. */
const free = (name: string, taken: readonly string[]): string => (taken.includes(name) ? free(`${name}_`, taken) : name);

/** Rows of both parts in the table's order, so that the engine holds out the same ones. */
export function askedOf(scene: TableScene, state: TableState): AskedFit {
  const { training, heldOut, names, table, target } = scene.fitting;
  const order = [...training.rows.map((row, i) => ({ row, part: training, i })), ...heldOut.rows.map((row, i) => ({ row, part: heldOut, i }))].sort((a, b) => a.row - b.row);
  return {
    names: [...names, table.columns[target]?.name ?? ""].map((name, _, all) => (name === INTERCEPT ? free(name, all) : name)),
    features: names.map((_, j) => order.map(({ part, i }) => part.features[j]?.[i] ?? NaN)),
    target: order.map(({ part, i }) => part.y[i] ?? NaN),
    standardize: state.standardize,
    start: lineOf(scene.fitting, scene.start),
    learningRate: scene.rate,
    momentum: state.momentum,
    epochs: state.epoch,
    batch: scene.batches?.size ?? 0,
    batchEpochs: Math.min(state.epoch, (scene.batches?.ends.length ?? 1) - 1),
    holdout: heldOut.rows.length === 0 ? 0 : state.holdout,
    seed: state.seed,
  };
}
