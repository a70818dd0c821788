/** The table as it is fitted: which columns, with noise or without, which rows are held out. Made anew only where one of these changes. */

import { largestStableRate } from "../curvature/rates";
import { MOST_DIRECTIONS, rowNoise, type RowNoise } from "../curvature/gradient_noise";
import { mean, objectiveOn, quadraticOf, type Quadratic } from "../descent/closed_form";
import { rowsOf, type Rows } from "../descent/minibatch";
import { isHeldOut, normalOfRow } from "../random/splitmix";
import type { TableState } from "../state";
import { text } from "../words";
import { readTable, TableError } from "./csv";
import { SAMPLES } from "./samples";
import { wholeRows, type Table } from "./table";

/** Values of the same rows, column by column. */
export interface Part {
  readonly features: readonly (readonly number[])[];
  readonly y: readonly number[];
  readonly rows: readonly number[]; // their places in the table
}

export interface Fitting {
  readonly table: Table;
  readonly features: readonly number[]; // places of columns
  readonly target: number;
  readonly names: readonly string[]; // of the features
  readonly targetName: string;
  readonly classes: readonly [low: number, high: number] | null; // where the target has two values, and no noise
  added(row: number): number; // the noise in a row's target
  readonly training: Part;
  readonly heldOut: Part;
  readonly quadratic: Quadratic;
  readonly validation: ((parameters: readonly number[]) => number) | null;
  readonly rows: Rows;
  readonly best: number;
  /** Sums over the rows for the floor of mini-batches; null for more features than they are made for. */
  noise(): RowNoise | null;
  stable(momentum: number): number;
}

/** The text of the state's table: a sample's by its name, else what was pasted. */
export function csvTextOf(data: string): string {
  const sample = SAMPLES.find((one) => data === `sample:${one.name}`);
  return sample?.csv ?? data;
}

let last: { data: string; table: Table } | null = null;
let made: { key: string; table: Table; fitting: Fitting | string } | null = null;

/** The fitting, or the line that says why there is none. */
export function fittingOf(state: TableState): Fitting | string {
  try {
    if (last?.data !== state.data) last = { data: state.data, table: readTable(csvTextOf(state.data)) };
  } catch (error) {
    if (error instanceof TableError) return error.message;
    throw error;
  }
  const { table } = last;
  const key = JSON.stringify([state.features, state.target, state.standardize, state.noise, state.seed, state.holdout]);
  if (made?.table !== table || made.key !== key) made = { key, table, fitting: make(table, state) };
  return made.fitting;
}

/** The features and the target of a state, as far as the table has them. */
function placesOf(table: Table, state: TableState): { target: number; features: number[] } {
  const target = state.target < table.columns.length ? state.target : table.columns.length - 1;
  const features = state.features.filter((place, at, all) => place < table.columns.length && place !== target && all.indexOf(place) === at);
  return { target, features: features.length > 0 ? features : [target === 0 ? 1 : 0] };
}

function make(table: Table, state: TableState): Fitting | string {
  const { target, features } = placesOf(table, state);
  const names = features.map((place) => table.columns[place]?.name ?? "x");
  const targetName = table.columns[target]?.name ?? "y";
  const rows = wholeRows(table, [...features, target]);
  const clean = rows.map((row) => table.columns[target]?.values[row] as number);
  const two = [...new Set(clean)].sort((a, b) => a - b);
  const classes = two.length === 2 && state.noise === 0 ? ([two[0], two[1]] as [number, number]) : null;
  const middle = mean(clean);
  const spread = Math.sqrt(mean(clean.map((value) => (value - middle) ** 2)));
  const added = (row: number): number => (state.noise === 0 ? 0 : state.noise * spread * normalOfRow(row, state.seed));
  const noisy = clean.map((value, i) => value + added(rows[i] ?? 0));
  // Rows are counted as the engine gets them: without those that lack a value.
  const part = (wanted: boolean): Part => {
    const places = rows.flatMap((_, i) => ((state.holdout > 0 && isHeldOut(i, state.holdout, state.seed)) === wanted ? [i] : []));
    return {
      features: features.map((place) => places.map((i) => table.columns[place]?.values[rows[i] ?? 0] as number)),
      y: places.map((i) => noisy[i] ?? NaN),
      rows: places.map((i) => rows[i] ?? 0),
    };
  };
  const [training, heldOut] = [part(false), part(true)];
  if (training.y.length < 2) return text("fewer than two rows have both {feature} and {target}", { feature: names.join(", "), target: targetName });
  const quadratic = quadraticOf(training.features, training.y, state.standardize);
  if (quadratic === null) return why(training, names);
  if (!Number.isFinite(quadratic.least + quadratic.minimum.reduce((sum, one) => sum + one, 0))) return text("the numbers of {target} are too large to be squared: multiply them by a constant", { target: targetName });
  const [slow, fast] = [quadratic.modes[0]?.eigenvalue ?? NaN, quadratic.modes[quadratic.modes.length - 1]?.eigenvalue ?? NaN];
  const matrix = rowsOf(training.features, training.y, quadratic);
  let noise: RowNoise | null | undefined;
  return {
    table, features, target, names, targetName, classes, added, training, heldOut, quadratic,
    validation: heldOut.y.length > 0 ? objectiveOn(heldOut.features, heldOut.y, quadratic) : null,
    rows: matrix,
    best: 2 / (slow + fast),
    noise: () => (noise === undefined ? (noise = matrix.width > MOST_DIRECTIONS ? null : rowNoise(quadratic, matrix)) : noise),
    stable: (momentum) => largestStableRate(fast, momentum, false) ?? NaN,
  };
}

/** Why there is no minimum of its own. */
function why({ features }: Part, names: readonly string[]): string {
  const range = (values: readonly number[]): readonly [number, number] => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity] as readonly [number, number]);
  const constant = features.findIndex((values) => range(values)[0] === range(values)[1]);
  if (constant >= 0) return text("{feature} does not vary: no slope can be told", { feature: names[constant] ?? "" });
  if (features.length > 1 && features.every((values) => quadraticOf([values], values, false) !== null)) return text("the features {names} depend on each other: their slopes cannot be told apart", { names: names.join(", ") });
  return text("the numbers of {feature} are too small or too large to be squared: multiply them by a constant", { feature: names.join(", ") });
}
