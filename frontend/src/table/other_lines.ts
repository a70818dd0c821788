/** The lines of other losses on the same points: least absolute errors, Huber's, and the logistic loss of two classes. */

import { dot, solved } from "../curvature/small_matrices";
import { mean } from "../descent/closed_form";

export type Line = readonly number[]; // intercept, then slopes

const MOST_PAIRS = 400; // points of which every pair is tried

/**
 * The line of least absolute errors goes through two of the points: all pairs are tried. Null for more points than
 * that is done for.
 */
export function absoluteLine(x: readonly number[], y: readonly number[]): Line | null {
  if (x.length > MOST_PAIRS) return null;
  let [best, least]: [Line | null, number] = [null, Infinity];
  for (let i = 0; i < x.length; i++) {
    // Through point i, the best slope is the weighted median of the slopes to the others.
    const slopes = x.flatMap((there, j) => {
      const across = there - (x[i] ?? 0);
      return across === 0 ? [] : [{ slope: ((y[j] ?? 0) - (y[i] ?? 0)) / across, weight: Math.abs(across) }];
    });
    if (slopes.length === 0) continue;
    const slope = weightedMedian(slopes);
    const line: Line = [(y[i] ?? 0) - slope * (x[i] ?? 0), slope];
    const sum = x.reduce((total, there, j) => total + Math.abs((line[0] ?? 0) + slope * there - (y[j] ?? 0)), 0);
    if (sum < least) [best, least] = [line, sum];
  }
  return best;
}

function weightedMedian(values: { slope: number; weight: number }[]): number {
  values.sort((a, b) => a.slope - b.slope);
  const half = values.reduce((sum, one) => sum + one.weight, 0) / 2;
  let sum = 0;
  for (const one of values) {
    sum += one.weight;
    if (sum >= half) return one.slope;
  }
  return NaN;
}

/** A loss of η and y, with its slope, and a curvature in η that is above 0. */
interface RowLoss {
  readonly value: (eta: number, y: number) => number;
  readonly slope: (eta: number, y: number) => number;
  readonly curvature: (eta: number, y: number) => number;
}

export interface NewtonPath {
  readonly lines: readonly Line[]; // the start, then each step
  readonly converged: boolean;
}

const MOST_STEPS = 100;

/** Newton's method with halved steps from 0, on centred and scaled features; lines in the units of the columns. */
function newtonPath(features: readonly (readonly number[])[], y: readonly number[], loss: RowLoss, intercept: number): NewtonPath {
  const shifts = features.map(mean);
  const scales = features.map((one, j) => Math.sqrt(mean(one.map((value) => (value - (shifts[j] ?? 0)) ** 2))) || 1);
  const rows = y.map((_, i) => [1, ...features.map((one, j) => ((one[i] ?? 0) - (shifts[j] ?? 0)) / (scales[j] ?? 1))]);
  const etas = (theta: readonly number[]): number[] => rows.map((row) => dot(row, theta));
  const objective = (theta: readonly number[]): number => mean(etas(theta).map((eta, i) => loss.value(eta, y[i] ?? 0)));
  let theta = [intercept, ...features.map(() => 0)];
  const lines = [lineIn(theta, shifts, scales)];
  for (let k = 0; k < MOST_STEPS; k++) {
    const at = etas(theta);
    const gradient = theta.map((_, p) => mean(rows.map((row, i) => loss.slope(at[i] ?? 0, y[i] ?? 0) * (row[p] ?? 0))));
    const weights = at.map((eta, i) => loss.curvature(eta, y[i] ?? 0));
    const hessian = theta.map((_, p) => theta.map((_, q) => mean(rows.map((row, i) => (weights[i] ?? 0) * (row[p] ?? 0) * (row[q] ?? 0)))));
    const way = solved(hessian, gradient);
    if (!way.every(Number.isFinite)) return { lines, converged: false };
    const before = objective(theta);
    const shortened = (share: number): number[] => theta.map((one, p) => one - share * (way[p] ?? 0));
    let share = 1;
    // Near the minimum the objective rises by rounding alone.
    while (share > 1e-10 && objective(shortened(share)) > before + 1e-15 * Math.abs(before)) share /= 2;
    theta = shortened(share);
    lines.push(lineIn(theta, shifts, scales));
    if (Math.max(...way.map(Math.abs)) <= 1e-12 * (1 + Math.max(...theta.map(Math.abs)))) return { lines, converged: true };
  }
  return { lines, converged: false };
}

/** Intercept and slopes in the units of the columns, of features that are (x − shift) / scale. */
export function lineIn([b = NaN, ...w]: readonly number[], shifts: readonly number[], scales: readonly number[]): Line {
  const slopes = w.map((one, j) => one / (scales[j] ?? 1));
  return [b - dot(slopes, shifts), ...slopes];
}

/** The minimum of mean h(r), h(r) = r² up to δ and 2δ|r| − δ² beyond: beyond δ the weight δ/|r| keeps steps finite. */
export function huberLine(features: readonly (readonly number[])[], y: readonly number[], delta: number): Line | null {
  const clipped = (r: number): number => Math.max(-delta, Math.min(delta, r));
  const path = newtonPath(features, y, {
    value: (eta, target) => huber(eta - target, delta),
    slope: (eta, target) => clipped(eta - target),
    curvature: (eta, target) => Math.min(1, delta / Math.abs(eta - target)),
  }, mean(y));
  return path.converged ? (path.lines[path.lines.length - 1] ?? null) : null;
}

export function huber(r: number, delta: number): number {
  return Math.abs(r) <= delta ? r * r : 2 * delta * Math.abs(r) - delta * delta;
}

export const chance = (eta: number): number => 1 / (1 + Math.exp(-eta));

export interface Logistic extends NewtonPath {
  readonly separated: boolean; // a line that has every row on its side: the loss falls for ever along it
}

/** Mean log(1 + e^η) − yη over rows of the classes 0 and 1, by Newton's method. */
export function logisticPath(features: readonly (readonly number[])[], classes: readonly number[]): Logistic {
  const path = newtonPath(features, classes, {
    value: (eta, y) => Math.max(eta, 0) + Math.log1p(Math.exp(-Math.abs(eta))) - y * eta,
    slope: (eta, y) => chance(eta) - y,
    curvature: (eta) => chance(eta) * chance(-eta),
  }, 0);
  const separated = path.lines.some(([b = 0, ...w]) => classes.every((y, i) => (y === 1 ? 1 : -1) * features.reduce((sum, one, j) => sum + (w[j] ?? 0) * (one[i] ?? 0), b) > 0));
  return { ...path, separated };
}
