/**
 * Stationary points within a window, found by looking: a point that is not found may still be there.
 * One variable: sign changes of the derivative on a fine grid. Two: Newton's method from a grid of starts.
 */

import { eigenvalues } from "../curvature/rates";
import type { Formula } from "./formula";

export type Kind = "minimum" | "maximum" | "saddle" | "flat";

export interface StationaryPoint {
  readonly point: Float64Array;
  readonly value: number;
  readonly kind: Kind;
  readonly eigenvalues: readonly number[];
}

export type Range = readonly [low: number, high: number];

const CELLS = 1_024;
const STARTS = 9; // along each of two axes
const MOST_TRIES = 150; // Newton's method takes two thirds off at a point such as that of x⁴: so many times
const FLAT = 1e-7; // of the curvature elsewhere in the window

let last: { key: string; points: StationaryPoint[] } | null = null;

/** Looked for anew only where formula or window changed. */
export function stationaryPoints(formula: Formula, window: readonly Range[]): StationaryPoint[] {
  const key = JSON.stringify([formula.text, window]);
  if (last?.key === key) return last.points;
  const [x, y] = window;
  const found = x === undefined ? [] : y === undefined ? alongLine(formula, x) : inPlane(formula, x, y);
  const scale = curvatureScale(formula, window);
  const points = found.map((point) => classified(formula, point, scale)).filter((one) => Number.isFinite(one.value));
  last = { key, points };
  return points;
}

/** Newton's method to a stationary point from here; null where it does not arrive as fast as at a simple one. */
export function newton(formula: Formula, start: ArrayLike<number>): Float64Array | null {
  const arrived = approach(formula, start);
  return arrived?.simple === true ? arrived.point : null;
}

/** At a simple point, where the second derivative has an inverse, the last steps shrink by far more than tenfold. */
function approach(formula: Formula, start: ArrayLike<number>): { point: Float64Array; simple: boolean } | null {
  let point = Float64Array.from(start);
  let before = Infinity;
  let simple = false;
  for (let k = 0; k < MOST_TRIES; k++) {
    const { gradient, curvature } = formula.expand(point);
    if (gradient.every((one) => one === 0)) return { point, simple: simple || solved(curvature, gradient) !== null };
    const way = solved(curvature, gradient);
    if (way === null) return null;
    point = point.map((one, i) => one - (way[i] ?? NaN));
    if (!point.every(Number.isFinite)) return null;
    const length = Math.max(...way.map(Math.abs));
    simple = length < 0.1 * before;
    before = length;
    if (length <= 1e-13 * (1 + Math.max(...point.map(Math.abs)))) return { point, simple };
  }
  return null;
}

/** The largest curvature in the middle and at the corners of the window. */
function curvatureScale(formula: Formula, window: readonly Range[]): number {
  const places = [0.02, 0.5, 0.98];
  const points = window.length === 1 ? places.map((one) => [one]) : places.flatMap((one) => places.map((two) => [one, two]));
  const sizes = points.map((shares) => {
    const point = window.map(([low, high], axis) => low + (shares[axis] ?? 0.5) * (high - low));
    return Math.max(...eigenvalues(formula.expand(point).curvature).map(Math.abs));
  });
  return Math.max(0, ...sizes.filter(Number.isFinite));
}

function classified(formula: Formula, point: Float64Array, scale: number): StationaryPoint {
  const { value, curvature } = formula.expand(point);
  const values = eigenvalues(curvature);
  const small = FLAT * Math.max(scale, ...values.map(Math.abs));
  const [least = NaN, largest = NaN] = [values[0], values[values.length - 1]];
  const kind: Kind = least > small ? "minimum" : largest < -small ? "maximum" : least < -small && largest > small ? "saddle" : "flat";
  return { point, value, kind, eigenvalues: values };
}

function alongLine(formula: Formula, [low, high]: Range): Float64Array[] {
  const slope = (x: number): number => formula.slope([x]).gradient[0] ?? NaN;
  const width = (high - low) / CELLS;
  const slopes = Array.from({ length: CELLS + 1 }, (_, k) => slope(low + k * width));
  // A formula that does not vary is stationary everywhere, which is no point.
  if (slopes.every((one) => one === 0)) return [];
  const found: number[] = [];
  slopes.forEach((here, k) => {
    const [x, before, after] = [low + k * width, slopes[k - 1] ?? NaN, slopes[k + 1] ?? NaN];
    const touches = Number.isFinite(here) && Math.abs(here) <= Math.abs(before) && Math.abs(here) <= Math.abs(after) && Math.sign(before) === Math.sign(after) && Math.sign(here) === Math.sign(before);
    if (here === 0) found.push(x);
    else if (Math.sign(here) === -Math.sign(before)) found.push(bisected(slope, x - width, x));
    else if (touches) {
      const lowest = closest(slope, x - width, x + width);
      if (Math.abs(slope(lowest)) <= 1e-12 * Math.max(Math.abs(before), Math.abs(after))) found.push(lowest);
    }
  });
  return found.filter((x) => isContinuous(slope, x, width)).map((x) => Float64Array.of(x));
}

/** Where the derivative comes nearest to 0 between two places, by thirds. */
function closest(slope: (x: number) => number, low: number, high: number): number {
  let [a, b] = [low, high];
  for (let k = 0; k < 100; k++) {
    const [first, second] = [a + (b - a) / 3, b - (b - a) / 3];
    if (Math.abs(slope(first)) <= Math.abs(slope(second))) b = second;
    else a = first;
  }
  return (a + b) / 2;
}

function bisected(slope: (x: number) => number, low: number, high: number): number {
  const rising = slope(high) > 0;
  let [a, b] = [low, high];
  for (;;) {
    const middle = (a + b) / 2;
    const here = slope(middle);
    if (here === 0 || middle <= a || middle >= b) return middle;
    if (here > 0 === rising) b = middle;
    else a = middle;
  }
}

/** Whether the derivative goes through 0 at x, and does not jump over it as at a pole or a kink. */
function isContinuous(slope: (x: number) => number, x: number, width: number): boolean {
  const around = (by: number): number => Math.max(Math.abs(slope(x - by)), Math.abs(slope(x + by)));
  return around(1e-6 * width) <= 1e-2 * around(width);
}

function inPlane(formula: Formula, x: Range, y: Range): Float64Array[] {
  const found: Float64Array[] = [];
  const near = (a: Float64Array, b: Float64Array): boolean =>
    [x, y].every(([low, high], i) => Math.abs((a[i] ?? 0) - (b[i] ?? 0)) < 1e-5 * (high - low));
  for (let i = 0; i < STARTS; i++) {
    for (let j = 0; j < STARTS; j++) {
      const start = [x, y].map(([low, high], axis) => low + ((high - low) * ((axis ? j : i) + 0.5)) / STARTS);
      const point = approach(formula, start)?.point ?? null;
      const inside = point !== null && [x, y].every(([low, high], k) => (point[k] ?? NaN) >= low && (point[k] ?? NaN) <= high);
      if (point !== null && inside && !found.some((other) => near(point, other))) found.push(point);
    }
  }
  return found;
}

/** The solution of a system of one or two equations; null where it has none. */
function solved(matrix: Float64Array, right: Float64Array): Float64Array | null {
  const [a = NaN, b = NaN, c = NaN, d = NaN] = matrix;
  const [r = NaN, s = NaN] = right;
  if (matrix.length === 1) return a === 0 ? null : Float64Array.of(r / a);
  const determinant = a * d - b * c;
  if (determinant === 0 || !Number.isFinite(determinant)) return null;
  return Float64Array.of((r * d - s * b) / determinant, (a * s - c * r) / determinant);
}
