/** A table with a point more, fewer, or elsewhere: its columns anew. */

import { csvOf, type Table } from "./table";

/** The columns with some of the rows, as CSV. */
export const withoutRow = ({ columns, said }: Table, row: number): string =>
  csvOf(columns.map((one) => ({ ...one, values: one.values.filter((_, at) => at !== row) })), said);

/** With one row more: values by the places of columns; others have none there. */
export const withRow = ({ columns, said }: Table, values: ReadonlyMap<number, number>): string =>
  csvOf(columns.map((one, place) => ({ ...one, values: [...one.values, values.get(place) ?? null] })), said);

/** With other values in one row. */
export const withValues = ({ columns, said }: Table, row: number, values: ReadonlyMap<number, number>): string =>
  csvOf(columns.map((one, place) => ({ ...one, values: one.values.map((value, at) => (at === row ? (values.get(place) ?? value) : value)) })), said);

/** So many decimals that a thousandth of the span can be told. */
export function rounded(value: number, over: number): number {
  const decimals = Math.max(0, Math.min(100, Math.ceil(3 - Math.log10(over || 1))));
  return Number(value.toFixed(decimals));
}
