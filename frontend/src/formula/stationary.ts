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
const MOST = 12;

let last: { key: string; points: StationaryPoint[] } | null = null;

/** Looked for anew only where formula or window changed. */
export function stationaryPoints(formula: Formula, window: readonly Range[]): StationaryPoint[] {
  const key = JSON.stringify([formula.text, window]);
  if (last?.key === key) return last.points;
  const [x, y] = window;
  const found = x === undefined ? [] : y === undefined ? alongLine(formula, x) : inPlane(formula, x, y);
  const points = found.map((point) => classified(formula, point)).slice(0, MOST);
  last = { key, points };
  return points;
}

/** Newton's method to a stationary point from here; null where it does not arrive. */
export function newton(formula: Formula, start: ArrayLike<number>): Float64Array | null {
  let point = Float64Array.from(start);
  for (let k = 0; k < 60; k++) {
    const { gradient, curvature } = formula.expand(point);
    const way = solved(curvature, gradient);
    if (way === null) return null;
    point = point.map((one, i) => one - (way[i] ?? NaN));
    if (!point.every(Number.isFinite)) return null;
    const size = Math.max(...point.map(Math.abs));
    if (Math.max(...way.map(Math.abs)) <= 1e-13 * (1 + size)) return point;
  }
  return null;
}

function classified(formula: Formula, point: Float64Array): StationaryPoint {
  const { value, curvature } = formula.expand(point);
  const values = eigenvalues(curvature);
  const small = 1e-9 * Math.max(...values.map(Math.abs));
  const [least = NaN, largest = NaN] = [values[0], values[values.length - 1]];
  const kind: Kind = least > small ? "minimum" : largest < -small ? "maximum" : least < -small && largest > small ? "saddle" : "flat";
  return { point, value, kind, eigenvalues: values };
}

function alongLine(formula: Formula, [low, high]: Range): Float64Array[] {
  const slope = (x: number): number => formula.slope([x]).gradient[0] ?? NaN;
  const width = (high - low) / CELLS;
  const slopes = Array.from({ length: CELLS + 1 }, (_, k) => slope(low + k * width));
  const found: number[] = [];
  slopes.forEach((here, k) => {
    const [x, before] = [low + k * width, slopes[k - 1] ?? NaN];
    if (here === 0) found.push(x);
    else if (Math.sign(here) === -Math.sign(before)) found.push(bisected(slope, x - width, x));
  });
  // A formula that does not vary is stationary everywhere, which is no point.
  if (found.length > CELLS / 4) return [];
  return found.filter((x) => isContinuous(slope, x, width)).map((x) => Float64Array.of(x));
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
    [x, y].every(([low, high], i) => Math.abs((a[i] ?? 0) - (b[i] ?? 0)) < 1e-6 * (high - low));
  for (let i = 0; i < STARTS; i++) {
    for (let j = 0; j < STARTS; j++) {
      const start = [x, y].map(([low, high], axis) => low + ((high - low) * ((axis ? j : i) + 0.5)) / STARTS);
      const point = newton(formula, start);
      const inside = point !== null && [x, y].every(([low, high], k) => (point[k] ?? NaN) >= low && (point[k] ?? NaN) <= high);
      if (point !== null && inside && !found.some((other) => near(point, other))) found.push(point);
      if (found.length > MOST) return [];
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
