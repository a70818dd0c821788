/** A small table: its columns by name, and what was done to read it. */

export interface Column {
  readonly name: string;
  readonly values: readonly (number | null)[]; // null where there is no number
}

export interface Table {
  readonly columns: readonly Column[]; // those that hold numbers
  readonly rows: number;
  readonly notes: readonly string[];
}

/** The rows in which both columns have a number. */
export function pairs(table: Table, feature: number, target: number): { x: number[]; y: number[]; rows: number[] } {
  const [first, second] = [table.columns[feature]?.values ?? [], table.columns[target]?.values ?? []];
  const rows = first.map((_, row) => row).filter((row) => first[row] !== null && second[row] !== null);
  return { x: rows.map((row) => first[row] as number), y: rows.map((row) => second[row] as number), rows };
}

/** The table as CSV, as the address holds it once a point was moved. */
export function csvOf(columns: readonly Column[]): string {
  const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const head = columns.map((one) => cell(one.name)).join(",");
  const count = columns[0]?.values.length ?? 0;
  const rows = Array.from({ length: count }, (_, row) => columns.map((one) => one.values[row] ?? "").join(","));
  return [head, ...rows].join("\n");
}
