/**
 * Squared loss of a linear model, J(b, w) = mean (b + Σ wⱼxⱼ − y)², descended in closed form: any epoch costs the same.
 *
 * J(θ) = J* + ½ (θ − θ*)ᵀ H (θ − θ*), H = 2/n XᵀX. Along each eigenvector of H the error e obeys (e, v) ← M (e, v),
 * M = [[1 − lr·λ, −lr·μ], [λ, μ]] with torch's momentum μ; epoch k is M^k, by repeated squaring.
 */

import { applied, dot, power, singular, triangle, type Matrix } from "../curvature/small_matrices";

export interface Mode {
  readonly eigenvalue: number;
  readonly vector: readonly number[]; // unit, in (b, w)
}

export interface Quadratic {
  readonly minimum: readonly number[]; // b, then each w
  readonly least: number; // J*
  readonly modes: readonly Mode[]; // the slowest first
  readonly root: Matrix; // R of RᵀR = H
  readonly shifts: readonly number[]; // a feature is (x − shift) / scale
  readonly scales: readonly number[];
}

const DEPENDENT = 1e-10; // of a column's variance that other columns do not explain

/** Centred sums keep the digits; null where a column does not vary, or follows from others. */
export function quadraticOf(features: readonly (readonly number[])[], y: readonly number[], standardized: boolean): Quadratic | null {
  const means = features.map(mean);
  const meanY = mean(y);
  const covariance = features.map((one, i) => features.map((other, j) => (j < i ? 0 : centred(one, means[i] ?? 0, other, means[j] ?? 0))));
  covariance.forEach((row, i) => row.forEach((_, j) => (row[j] = covariance[Math.min(i, j)]?.[Math.max(i, j)] ?? NaN)));
  const spread = covariance.map((row, i) => row[i] ?? NaN);
  if (!spread.every((one) => one > 0 && Number.isFinite(one))) return null;
  const scales = standardized ? spread.map(Math.sqrt) : spread.map(() => 1);
  const scaled = covariance.map((row, i) => row.map((one, j) => one / ((scales[i] ?? 1) * (scales[j] ?? 1))));
  const within = triangle(scaled, DEPENDENT);
  if (within === null) return null;
  const against = features.map((one, i) => centred(one, means[i] ?? 0, y, meanY) / (scales[i] ?? 1));
  const slopes = backward(within, forward(within, against));
  const shifts = standardized ? means : means.map(() => 0);
  const middles = means.map((one, i) => (one - (shifts[i] ?? 0)) / (scales[i] ?? 1));
  const rest = y.map((value, i) => value - meanY - features.reduce((sum, one, j) => sum + ((slopes[j] ?? 0) / (scales[j] ?? 1)) * ((one[i] ?? 0) - (means[j] ?? 0)), 0));
  const root = [[1, ...middles], ...within.map((row) => [0, ...row])].map((row) => row.map((one) => Math.SQRT2 * one));
  return {
    minimum: [meanY - dot(slopes, middles), ...slopes],
    least: dot(rest, rest) / y.length,
    modes: singular(root).map(({ square, vector }) => ({ eigenvalue: square, vector })),
    root,
    shifts,
    scales,
  };
}

/** v of Rᵀv = b. */
function forward(r: Matrix, b: readonly number[]): number[] {
  const v: number[] = [];
  b.forEach((one, i) => v.push((one - v.reduce((sum, before, j) => sum + (r[j]?.[i] ?? 0) * before, 0)) / (r[i]?.[i] ?? NaN)));
  return v;
}

/** x of Rx = v. */
function backward(r: Matrix, v: readonly number[]): number[] {
  const x = [...v];
  for (let i = v.length - 1; i >= 0; i--) {
    for (let j = i + 1; j < v.length; j++) x[i] = (x[i] ?? 0) - (r[i]?.[j] ?? 0) * (x[j] ?? 0);
    x[i] = (x[i] ?? 0) / (r[i]?.[i] ?? NaN);
  }
  return x;
}

/** mean (x − x̄)(y − ȳ). */
function centred(x: readonly number[], meanX: number, y: readonly number[], meanY: number): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += ((x[i] ?? 0) - meanX) * ((y[i] ?? 0) - meanY);
  return sum / x.length;
}

/** mean (b + Σ wⱼxⱼ − y)² over other rows, such as held-out ones: a sum of squares of few numbers, whatever the rows. */
export function objectiveOn(features: readonly (readonly number[])[], y: readonly number[], { shifts, scales }: Quadratic): (parameters: readonly number[]) => number {
  const all = [...features.map((one, j) => one.map((value) => (value - (shifts[j] ?? 0)) / (scales[j] ?? 1))), y];
  const means = all.map(mean);
  const within = triangle(all.map((one, i) => all.map((other, j) => centred(one, means[i] ?? 0, other, means[j] ?? 0))), 0) ?? [];
  return ([b = NaN, ...w]) => {
    const slopes = [...w, -1];
    return (b + dot(means, slopes)) ** 2 + within.reduce((sum, row) => sum + dot(row, slopes) ** 2, 0);
  };
}

/** What is left of an error of 1 along a mode after `epochs` epochs. */
export function errorLeft(eigenvalue: number, rate: number, momentum: number, epochs: number): number {
  if (momentum === 0) return Math.pow(1 - rate * eigenvalue, epochs);
  return power([[1 - rate * eigenvalue, -rate * momentum], [eigenvalue, momentum]], epochs)[0]?.[0] ?? NaN;
}

export interface Point {
  readonly parameters: readonly number[];
  readonly excess: number; // J − J*
  readonly shares: readonly number[]; // of the error along each mode that are left
}

/** The point after so many epochs from a start. */
export function pointAt(quadratic: Quadratic, start: readonly number[], rate: number, momentum: number, epochs: number): Point {
  const error = quadratic.minimum.map((one, i) => (start[i] ?? 0) - one);
  const parameters = [...quadratic.minimum];
  let excess = 0;
  const shares = quadratic.modes.map(({ eigenvalue, vector }) => {
    const first = dot(error, vector);
    const left = errorLeft(eigenvalue, rate, momentum, epochs);
    // Nothing of nothing is left, also where what would be left has run out of the numbers.
    const now = first === 0 ? 0 : first * left;
    vector.forEach((one, i) => (parameters[i] = (parameters[i] ?? 0) + now * one));
    excess += 0.5 * eigenvalue * now * now;
    return Math.abs(left);
  });
  // The start itself, and not what rounding makes of the way through the eigenvectors.
  return { parameters: epochs === 0 ? quadratic.minimum.map((_, i) => start[i] ?? 0) : parameters, excess, shares };
}

/** How far the objective lies above its minimum: ½ (θ − θ*)ᵀ H (θ − θ*). */
export function excessAt({ minimum, root }: Quadratic, parameters: readonly number[]): number {
  const along = applied(root, minimum.map((one, i) => (parameters[i] ?? NaN) - one));
  return 0.5 * dot(along, along);
}

export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
