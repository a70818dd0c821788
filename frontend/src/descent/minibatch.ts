/**
 * Mini-batch descent on squared loss: many updates an epoch, each from the gradient of a few rows. Rows are visited in
 * the engine's order, so that `steepest.fit(…, batch_size=b, seed=s)` makes the same path.
 */

import { rowOrder } from "../random/row_order";
import type { Quadratic } from "./closed_form";

/** Rows in the coordinates of the descent: a 1 for the intercept, then the features. */
export interface Rows {
  readonly count: number;
  readonly width: number;
  readonly features: Float64Array; // row after row
  readonly target: Float64Array;
}

export function rowsOf(features: readonly (readonly number[])[], y: readonly number[], { shifts, scales }: Quadratic): Rows {
  const width = features.length + 1;
  const made = new Float64Array(y.length * width);
  for (let i = 0; i < y.length; i++) {
    made[i * width] = 1;
    for (let j = 1; j < width; j++) made[i * width + j] = ((features[j - 1]?.[i] ?? 0) - (shifts[j - 1] ?? 0)) / (scales[j - 1] ?? 1);
  }
  return { count: y.length, width, features: made, target: Float64Array.from(y) };
}

export interface Batches {
  readonly batch: number;
  readonly rate: number;
  readonly momentum: number;
  readonly seed: number;
  readonly epochs: number;
}

export interface MinibatchPath {
  readonly ends: readonly (readonly number[])[]; // parameters at the start and at the end of each epoch
  readonly first: readonly (readonly number[])[]; // after each of the first updates, the start before them
}

const FIRST_UPDATES = 200; // that are kept one by one
const MOST_VISITS = 400_000; // of rows: more would be felt while something is dragged
const MOST_EPOCHS = 1_000;

/** How many epochs the page makes of so many rows. */
export const epochsMade = (rows: number): number => Math.max(3, Math.min(MOST_EPOCHS, Math.floor(MOST_VISITS / rows)));

const orders = new Map<string, Int32Array>();

function orderOf(rows: number, seed: number, epoch: number): Int32Array {
  const key = `${rows} ${seed} ${epoch}`;
  const known = orders.get(key);
  if (known !== undefined) return known;
  if (orders.size > 3 * MOST_EPOCHS) orders.clear();
  const made = rowOrder(rows, seed, epoch);
  orders.set(key, made);
  return made;
}

/** The last batch of an epoch has the rows that are left. A path ends where a number is no longer finite. */
export function minibatchPath(rows: Rows, start: readonly number[], { batch, rate, momentum, seed, epochs }: Batches): MinibatchPath {
  const { count, width, features, target } = rows;
  const [theta, velocity, gradient] = [new Float64Array(width).map((_, j) => start[j] ?? 0), new Float64Array(width), new Float64Array(width)];
  const ends = [Array.from(theta)];
  const first = [Array.from(theta)];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = orderOf(count, seed, epoch);
    for (let place = 0; place < count; place += batch) {
      const stop = Math.min(count, place + batch);
      gradient.fill(0);
      for (let at = place; at < stop; at++) {
        const row = order[at] ?? 0;
        let residual = -(target[row] ?? 0);
        for (let j = 0; j < width; j++) residual += (theta[j] ?? 0) * (features[row * width + j] ?? 0);
        for (let j = 0; j < width; j++) gradient[j] = (gradient[j] ?? 0) + residual * (features[row * width + j] ?? 0);
      }
      for (let j = 0; j < width; j++) {
        velocity[j] = momentum * (velocity[j] ?? 0) + (2 * (gradient[j] ?? 0)) / (stop - place);
        theta[j] = (theta[j] ?? 0) - rate * (velocity[j] ?? 0);
      }
      if (first.length <= FIRST_UPDATES) first.push(Array.from(theta));
    }
    if (!theta.every(Number.isFinite)) break;
    ends.push(Array.from(theta));
  }
  return { ends, first };
}
