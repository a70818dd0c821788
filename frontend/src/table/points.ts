/** A table with a point more, fewer, or elsewhere: its columns anew. */

import { csvOf, type Column } from "./table";

/** The columns with some of the rows, as CSV. */
export const withoutRow = (columns: readonly Column[], row: number): string =>
  csvOf(columns.map((one) => ({ ...one, values: one.values.filter((_, at) => at !== row) })));

/** With one row more: values by the places of columns; others have none there. */
export const withRow = (columns: readonly Column[], values: ReadonlyMap<number, number>): string =>
  csvOf(columns.map((one, place) => ({ ...one, values: [...one.values, values.get(place) ?? null] })));

/** With other values in one row. */
export const withValues = (columns: readonly Column[], row: number, values: ReadonlyMap<number, number>): string =>
  csvOf(columns.map((one, place) => ({ ...one, values: one.values.map((value, at) => (at === row ? (values.get(place) ?? value) : value)) })));

/** So many decimals that a thousandth of the span can be told. */
export function rounded(value: number, over: number): number {
  const decimals = Math.max(0, Math.min(100, Math.ceil(3 - Math.log10(over || 1))));
  return Number(value.toFixed(decimals));
}
