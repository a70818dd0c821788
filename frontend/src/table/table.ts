/** A small table: its columns by name, and what was done to read it. */

export interface Column {
  readonly name: string;
  readonly values: readonly (number | null)[]; // null where there is no number
  readonly classes?: readonly [string, string]; // what 0 and 1 stand for, in a column of two texts
}

export interface Table {
  readonly columns: readonly Column[]; // those that hold numbers
  readonly rows: number;
  readonly notes: readonly string[];
  readonly said: readonly string[]; // those that the engine made, which go on with the table
}

/** The rows in which every one of these columns has a number. */
export function wholeRows(table: Table, places: readonly number[]): number[] {
  const columns = places.map((place) => table.columns[place]?.values ?? []);
  return Array.from({ length: table.rows }, (_, row) => row).filter((row) => columns.every((values) => values[row] !== null));
}

/** The table as CSV, as the address holds it once a point was moved. */
export function csvOf(columns: readonly Column[], said: readonly string[] = []): string {
  const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const head = columns.map((one) => cell(one.name)).join(",");
  const count = columns[0]?.values.length ?? 0;
  const written = ({ classes }: Column, value: number | null): string => (value === null ? "" : classes === undefined ? String(value) : cell(classes[value] ?? ""));
  const rows = Array.from({ length: count }, (_, row) => columns.map((one) => written(one, one.values[row] ?? null)).join(","));
  return [...said.map((note) => `#: ${note}`), head, ...rows].join("\n");
}
