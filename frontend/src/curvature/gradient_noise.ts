/**
 * What the noise of mini-batches leaves above the minimum of squared loss, as `steepest.curvature.gradient_noise` has
 * it: the mean square Σ of the error along the eigenvectors settles where
 *
 *     Σ_pq / G_pq − (f/b)·M(Σ)_pq = (f/b)·C_pq
 *
 * with C the covariance of the rows' gradients, M(Σ) = mean HᵢΣHᵢ − HΣH, f/b what a batch's noise is of a row's, and
 * G what noise of variance 1 leaves. The objective lies ½ tr(HΣ) above its minimum where batches are drawn anew, and
 * less at the ends of epochs that visit each row once.
 */

import type { Quadratic } from "../descent/closed_form";
import type { Rows } from "../descent/minibatch";
import { identity, kron, minus, power, solved, type Matrix } from "./small_matrices";

/** What an update sees: `batch` of `rows` rows, in a descent with that momentum. */
export interface Draw {
  readonly rows: number;
  readonly batch: number;
  readonly momentum: number;
}

/** Sums over the rows along the eigenvectors: all that the floors need of them. */
export interface RowNoise {
  readonly values: readonly number[]; // eigenvalues λ
  readonly covariance: Matrix; // C
  readonly fourth: Float64Array; // mean Hᵢ[p, q]·Hᵢ[s, t], the pairs one after the other: of Hᵢ = 2zzᵀ, M(Σ) + HΣH is this times Σ
  readonly skew: Matrix; // mean Hᵢ[p, q]·gᵢ[q]
}

export const MOST_DIRECTIONS = 8; // a fourth moment of more is not worth the wait
const SMALL = 1e-3;

export const updatesOf = ({ rows, batch }: Draw): number => Math.ceil(rows / batch);
export const noiseOf = ({ rows, batch }: Draw): number => (rows - batch) / Math.max(rows - 1, 1) / batch;
const lastOf = ({ rows, batch }: Draw): number => rows % batch || batch;

/** At the minimum: gᵢ = 2 rᵢ xᵢ and Hᵢ = 2 xᵢxᵢᵀ, along the eigenvectors. */
export function rowNoise(quadratic: Quadratic, rows: Rows): RowNoise {
  const { modes, minimum } = quadratic;
  const { count, width, features, target } = rows;
  const [covariance, skew] = [zeros(width), zeros(width)];
  const [along, squares] = [new Float64Array(width), new Float64Array(width * width)];
  const fourth = new Float64Array(squares.length ** 2);
  for (let i = 0; i < count; i++) {
    let residual = -(target[i] ?? 0);
    for (let j = 0; j < width; j++) residual += (features[i * width + j] ?? 0) * (minimum[j] ?? 0);
    for (let p = 0; p < width; p++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += (features[i * width + j] ?? 0) * (modes[p]?.vector[j] ?? 0);
      along[p] = sum;
    }
    for (let p = 0; p < width; p++) {
      for (let q = 0; q < width; q++) {
        const curved = 2 * (along[p] ?? 0) * (along[q] ?? 0);
        squares[p * width + q] = curved;
        add(covariance, p, q, (2 * residual * residual * curved) / count);
        add(skew, p, q, (2 * residual * (along[q] ?? 0) * curved) / count);
      }
    }
    for (let a = 0; a < squares.length; a++) {
      for (let c = 0; c < squares.length; c++) fourth[a * squares.length + c] = (fourth[a * squares.length + c] ?? 0) + ((squares[a] ?? 0) * (squares[c] ?? 0)) / count;
    }
  }
  return { values: modes.map((mode) => mode.eigenvalue), covariance, fourth, skew };
}

export interface Floor {
  readonly shuffled: number; // at the ends of epochs that visit each row once
  readonly independent: number; // where rows are drawn anew for each update
}

/** What noise leaves above the minimum; null where it does not settle at this rate. */
export function noiseFloor(noise: RowNoise, rate: number, draw: Draw): Floor | null {
  if (!settles(noise, rate, draw)) return null;
  const { values } = noise;
  const sigma = settledError(noise, rate, draw);
  const own = values.map((_, p) => sigma[p * values.length + p] ?? NaN);
  const left = leftByShuffling(rate, values, draw);
  const bias = biasOf(noise, rate, draw);
  const half = (squares: readonly number[]): number => 0.5 * values.reduce((sum, value, p) => sum + value * (squares[p] ?? NaN), 0);
  return { independent: half(own), shuffled: half(own.map((one, p) => one * (left[p] ?? NaN) + (bias[p] ?? NaN) ** 2)) };
}

/** Whether the rate is below 1/ρ(L⁻¹N): the largest eigenvalue of a symmetric map, by repetition. */
function settles({ values, fourth }: RowNoise, rate: number, draw: Draw): boolean {
  const count = values.length ** 2;
  const [noisy, curved] = [1 / (1 - draw.momentum), 1 / (1 + draw.momentum)];
  const outer = values.flatMap((a) => values.map((b) => a * b));
  const sums = values.flatMap((a) => values.map((b) => a + b));
  let matrix = values.flatMap((_, p) => values.map((_, q) => Number(p === q)));
  let largest = 0;
  for (let turn = 0; turn < 500; turn++) {
    const scaled = matrix.map((one, a) => one / Math.sqrt(sums[a] ?? NaN));
    const fresh = scaled.map((one, a) => {
      const whole = (outer[a] ?? 0) * one;
      const mean = scaled.reduce((sum, other, c) => sum + (fourth[a * count + c] ?? 0) * other, 0);
      return (curved * whole + noisy * noiseOf(draw) * (mean - whole)) / Math.sqrt(sums[a] ?? NaN);
    });
    const length = Math.hypot(...fresh);
    const before = largest;
    largest = length / Math.hypot(...matrix);
    matrix = fresh.map((one) => one / length);
    if (Math.abs(largest - before) <= 1e-12 * largest) break;
  }
  return rate * largest < 1;
}

function settledError({ values, covariance, fourth }: RowNoise, rate: number, draw: Draw): number[] {
  const [count, noise] = [values.length ** 2, noiseOf(draw)];
  const pairs = values.flatMap((a, p) => values.map((b, q) => ({ gain: gainOf(rate, a, b, draw.momentum), whole: a * b, right: noise * (covariance[p]?.[q] ?? NaN) })));
  const left = pairs.map((one, a) => pairs.map((_, c) => Number(a === c) * (1 / one.gain + noise * one.whole) - noise * (fourth[a * count + c] ?? NaN)));
  return solved(left, pairs.map((one) => one.right));
}

/** A and B of the error and momentum along a direction: (e, v) becomes A(e, v) + Bξ. */
const stepOf = (rate: number, value: number, momentum: number): Matrix => [[1 - rate * value, -rate * momentum], [value, momentum]];
const push = (rate: number): number[] => [-rate, 1];
const both = (rate: number): number[] => push(rate).flatMap((a) => push(rate).map((b) => a * b));

/** G_pq: the covariance that white noise of variance 1 leaves. */
function gainOf(rate: number, a: number, b: number, momentum: number): number {
  if (momentum === 0) return rate / (a + b - rate * a * b);
  return solved(minus(identity(4), kron(stepOf(rate, a, momentum), stepOf(rate, b, momentum))), both(rate))[0] ?? NaN;
}

/** The share of the mean square that shuffled epochs leave at their ends. */
function leftByShuffling(rate: number, values: readonly number[], draw: Draw): number[] {
  const [n, b, last, m] = [draw.rows, draw.batch, lastOf(draw), updatesOf(draw)];
  if (m < 2 || noiseOf(draw) === 0) return values.map(() => 0);
  if (draw.momentum > 0) return values.map((value) => leftOfMomentum(rate, value, draw));
  return values.map((value) => {
    const reach = rate * value;
    const a = 1 - Math.min(reach, 1);
    if (m * reach < SMALL) {
      const small = ((b - last) / n) * ((n / last - m) / m + (m - 1) * reach) + (reach ** 2 * (m * m - 1)) / 12;
      return Math.max((n / (n - b)) * small, 0);
    }
    const sums = (1 - a ** m) / (1 - a);
    const squares = (1 - a ** (2 * m)) / (1 - a * a);
    return Math.max((n / (n - b)) * (1 + (b / last - 1 - (b / n) * sums ** 2) / squares), 0);
  });
}

function leftOfMomentum(rate: number, value: number, draw: Draw): number {
  const [n, b, last] = [draw.rows, draw.batch, lastOf(draw)];
  const step = stepOf(rate, value, draw.momentum);
  const pair = kron(step, step);
  // z = (state ⊗ state, state, 1) goes on by one matrix.
  const whole = [
    ...pair.map((row, i) => [...row, 0, 0, both(rate)[i] ?? 0]),
    ...step.map((row, i) => [0, 0, 0, 0, ...row, push(rate)[i] ?? 0]),
    [0, 0, 0, 0, 0, 0, 1],
  ];
  const ends = power(whole, updatesOf(draw));
  const column = ends.map((row) => row[6] ?? NaN);
  const sums = column.slice(4, 6);
  const noise = column.slice(0, 4).map((one, i) => one / b + (1 / last - 1 / b) * (both(rate)[i] ?? 0) - ((sums[i >> 1] ?? 0) * (sums[i & 1] ?? 0)) / n);
  const kept = minus(identity(4), ends.slice(0, 4).map((row) => row.slice(0, 4)));
  const share = ((n / (n - 1)) * (solved(kept, noise)[0] ?? NaN)) / (noiseOf(draw) * gainOf(rate, value, value, draw.momentum));
  return Math.max(share, 0);
}

/** Where the mean of the ends of epochs lies beside the minimum: a batch whose rows pull hard is not there for the rest. */
function biasOf({ values, skew }: RowNoise, rate: number, draw: Draw): number[] {
  const m = updatesOf(draw);
  if (m < 2) return values.map(() => 0);
  const share = noiseOf(draw) / (m - 1);
  if (draw.momentum > 0) return values.map((value, p) => responseOf(rate, value, values, draw, (skew[p] ?? []).map((one) => share * one)));
  if (values.some((value) => rate * value >= 1)) return values.map(() => 0);
  const a = values.map((value) => 1 - rate * value);
  return values.map((value, p) => {
    const sums = -Math.expm1((m - 1) * Math.log1p(-rate * value)) / (rate * value);
    const paths = values.map((other, q) => {
      const apart = (a[p] ?? 0) - (a[q] ?? 0);
      const isNear = Math.abs(apart) <= 1e-9 * (1 + m * rate * Math.min(...values));
      const [mine, its] = [(a[p] ?? 0) ** (m - 1), (a[q] ?? 0) ** (m - 1)];
      const between = isNear ? (m - 1) * mine : ((a[q] ?? 0) * (mine - its)) / apart;
      return (sums - between) / (rate * other);
    });
    const shift = rate ** 2 * share * paths.reduce((sum, one, q) => sum + one * (skew[p]?.[q] ?? 0), 0);
    return -shift / -Math.expm1(m * Math.log1p(-rate * value));
  });
}

function responseOf(rate: number, value: number, values: readonly number[], draw: Draw, pulls: readonly number[]): number {
  const mine = stepOf(rate, value, draw.momentum);
  const ends = [0, 0];
  values.forEach((other, q) => {
    const its = stepOf(rate, other, draw.momentum);
    // z = (response along p, response along q to the same pull at each update, 1)
    const whole = [
      ...mine.map((row, i) => [...row, push(rate)[i] ?? 0, 0, 0]),
      ...its.map((row, i) => [0, 0, ...row, push(rate)[i] ?? 0]),
      [0, 0, 0, 0, 1],
    ];
    const reached = power(whole, updatesOf(draw));
    ends.forEach((_, i) => (ends[i] = (ends[i] ?? 0) - (pulls[q] ?? 0) * (reached[i]?.[4] ?? NaN)));
  });
  return solved(minus(identity(2), power(mine, updatesOf(draw))), ends)[0] ?? NaN;
}

const zeros = (size: number): number[][] => Array.from({ length: size }, () => new Array<number>(size).fill(0));
const add = (matrix: number[][], p: number, q: number, value: number): void => {
  const row = matrix[p];
  if (row !== undefined) row[q] = (row[q] ?? 0) + value;
};
