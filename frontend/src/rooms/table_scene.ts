/** What the table room shows, computed from the state: the points, the quadratic they make, the epoch that is shown. */

import { pointAt, quadraticOf, type Point, type Quadratic } from "../descent/closed_form";
import { largestStableRate } from "../curvature/rates";
import { readTable, TableError } from "../table/csv";
import { absoluteLine, huberLine, type Line } from "../table/other_lines";
import { SAMPLES } from "../table/samples";
import { pairs, type Table } from "../table/table";
import type { TableState } from "../state";
import { text } from "../words";

export interface TableScene {
  readonly table: Table;
  readonly feature: number;
  readonly target: number;
  readonly names: readonly [feature: string, target: string];
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly rows: readonly number[]; // their places in the table
  readonly quadratic: Quadratic;
  readonly start: readonly [number, number];
  readonly rate: number;
  readonly stable: number;
  readonly best: number;
  readonly now: Point;
  readonly others: readonly { readonly name: "absolute" | "huber"; readonly line: Line }[];
}

/** The text of the state's table: a sample's by its name, else what was pasted. */
export function csvTextOf(data: string): string {
  const sample = SAMPLES.find((one) => data === `sample:${one.name}`);
  return sample?.csv ?? data;
}

let last: { data: string; table: Table } | null = null;

/** The scene, or the line that says why there is none. */
export function tableSceneOf(state: TableState): TableScene | string {
  try {
    if (last?.data !== state.data) last = { data: state.data, table: readTable(csvTextOf(state.data)) };
  } catch (error) {
    if (error instanceof TableError) return error.message;
    throw error;
  }
  const { table } = last;
  const target = state.target < table.columns.length ? state.target : table.columns.length - 1;
  const feature = state.feature < table.columns.length && state.feature !== target ? state.feature : target === 0 ? 1 : 0;
  const { x, y, rows } = pairs(table, feature, target);
  const names = [table.columns[feature]?.name ?? "x", table.columns[target]?.name ?? "y"] as const;
  if (x.length < 2) return text("fewer than two rows have both {feature} and {target}", { feature: names[0], target: names[1] });
  const quadratic = quadraticOf(x, y, state.standardize);
  if (quadratic === null && Math.min(...x) < Math.max(...x)) return text("the numbers of {feature} are too small or too large to be squared: multiply them by a constant", { feature: names[0] });
  if (quadratic === null) return text("{feature} does not vary: no slope can be told", { feature: names[0] });
  if (!Number.isFinite(quadratic.least + quadratic.minimum[0] + quadratic.minimum[1])) return text("the numbers of {target} are too large to be squared: multiply them by a constant", { target: names[1] });
  const [slow, fast] = quadratic.modes;
  const stable = largestStableRate(fast.eigenvalue, state.momentum, false) ?? NaN;
  const best = 2 / (slow.eigenvalue + fast.eigenvalue);
  const rate = state.rate ?? stable / 2;
  const start = state.start;
  return {
    table, feature, target, names, x, y, rows, quadratic, start, rate, stable, best,
    now: pointAt(quadratic, start, rate, state.momentum, state.epoch),
    others: state.others.flatMap((name) => {
      const line = name === "absolute" ? absoluteLine(x, y) : huberLine(x, y, spread(x, y, quadratic));
      return line === null ? [] : [{ name, line }];
    }),
  };
}

/** Huber's δ of the page: the median size of the residuals of least squares. */
function spread(x: readonly number[], y: readonly number[], quadratic: Quadratic): number {
  const [intercept, slope] = lineOf(quadratic, quadratic.minimum);
  const sizes = x.map((there, i) => Math.abs(intercept + slope * there - (y[i] ?? 0))).sort((a, b) => a - b);
  return Math.max(sizes[Math.floor(sizes.length / 2)] ?? 1, 1e-12);
}

/** Intercept and slope in the units of the columns. */
export function lineOf(quadratic: Quadratic, [b, w]: readonly [number, number]): Line {
  const slope = w / quadratic.scale;
  return [b - slope * quadratic.shift, slope];
}
