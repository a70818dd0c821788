/** A pasted or dropped table: CSV, semicolons or tabs. What was done to it is said; what cannot be read is refused. */

import { general, quoted } from "../formula/quoting";
import { text as say } from "../words";
import type { Column, Table } from "./table";

export const MOST_LETTERS = 2_000_000;
const MOST_ROWS = 100_000;
const MOST_COLUMNS = 2_000;
const MISSING = new Set(["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "-", "?"]);
const DELIMITERS = [",", ";", "\t"] as const;

export class TableError extends Error {}

/** Begins a line above the table that says how the engine read it. */
export const NOTE = "#: ";

export function readTable(text: string): Table {
  if (text.length > MOST_LETTERS) throw new TableError(say("the table has more than {most} letters", { most: MOST_LETTERS }));
  const whole = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const [comments = ""] = /^(?:[ \t]*#[^\n]*\n)+/.exec(whole) ?? [];
  const above = comments.split("\n").slice(0, -1);
  const said = above.filter((line) => line.startsWith(NOTE)).map((line) => line.slice(NOTE.length));
  // Lines that are skipped stay, empty, so that errors count as the person does.
  const clean = "\n".repeat(above.length - said.length) + whole.slice(comments.length);
  const delimiter = delimiterOf(clean);
  const records = recordsOf(clean, delimiter);
  if (records.length === 0) throw new TableError(say("there is nothing in the table"));
  if (records.length > MOST_ROWS + 1) throw new TableError(say("the page takes at most {most} rows; `steepest fit` takes any number", { most: MOST_ROWS }));
  const width = records[0]?.cells.length ?? 0;
  if (width > MOST_COLUMNS) throw new TableError(say("the page takes at most {most} columns; `steepest fit` takes any number", { most: MOST_COLUMNS }));
  const ragged = records.find((record) => record.cells.length !== width);
  if (ragged !== undefined) {
    throw new TableError(say("line {line} has {found} values, and the first has {width}", { line: ragged.line, found: ragged.cells.length, width }));
  }
  const comma = delimiter !== "," && hasDecimalCommas(records);
  const numberIn = (cell: string): number | null => numberOf(cell, comma);
  const headed = (records[0]?.cells ?? []).some((cell) => numberIn(cell) === null && !MISSING.has(cell));
  const body = headed ? records.slice(1) : records;
  if (body.length < 2) throw new TableError(say("the table needs at least two rows of values"));
  const plain = (place: number): string => `column${place + 1}`;
  const names = headed ? (records[0]?.cells ?? []) : Array.from({ length: width }, (_, place) => plain(place));
  const columns = names.map((name, place) => column(name || plain(place), body, place, numberIn));
  const layout = { delimiter, padded: delimiter === " " && /(^|\n) | {2}/.test(clean), headed, comma, skipped: above.length };
  const counted = say("{rows} rows", { rows: general(body.length) });
  const notes = said.length > 0 ? [...said, counted] : [`${counted}: ${layoutText(layout)}`];
  return { ...finished(columns, body.length, notes), said };
}

interface Layout {
  readonly delimiter: string;
  readonly padded: boolean;
  readonly headed: boolean;
  readonly comma: boolean;
  readonly skipped: number;
}

/** How the table is written, in the engine's words. */
function layoutText({ delimiter, padded, headed, comma, skipped }: Layout): string {
  const names: Record<string, string> = { "\t": say("tab"), " ": say("space") };
  return [
    "CSV",
    say("delimiter {delimiter}", { delimiter: names[delimiter] ?? `'${delimiter}'` }),
    ...(padded ? [say("padded by spaces")] : []),
    headed ? say("header") : say("no header"),
    ...(comma ? [say("decimal comma")] : []),
    ...(skipped === 0 ? [] : [skipped === 1 ? say("1 line above skipped") : say("{count} lines above skipped", { count: skipped })]),
  ].join(", ");
}

interface Record_ {
  readonly cells: readonly string[];
  readonly line: number;
}

/** The delimiter that stands equally often in the first lines, the more often the better. */
function delimiterOf(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "").slice(0, 20);
  const scored = DELIMITERS.map((delimiter) => {
    const counts = lines.map((line) => line.split(delimiter).length - 1);
    const least = Math.min(...counts);
    return [least > 0 && counts.every((count) => count === counts[0]) ? least + 0.5 : least, delimiter] as const;
  });
  const best = scored.reduce((first, second) => (second[0] > first[0] ? second : first));
  if (best[0] > 0) return best[1];
  return lines.every((line) => /\S[ \t]+\S/.test(line)) ? " " : ",";
}

function recordsOf(text: string, delimiter: string): Record_[] {
  if (delimiter === " ") {
    return text.split("\n").flatMap((line, place) => (line.trim() === "" ? [] : [{ cells: line.trim().split(/\s+/), line: place + 1 }]));
  }
  const records: Record_[] = [];
  let [cells, cell, inQuotes, line, began]: [string[], string, boolean, number, number] = [[], "", false, 1, 1];
  const end = (): void => {
    const whole = [...cells, cell.trim()];
    if (whole.length > 1 || whole[0] !== "") records.push({ cells: whole, line: began });
    [cells, cell] = [[], ""];
  };
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] ?? "";
    if (inQuotes && letter === '"' && text[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (letter === '"' && (inQuotes || cell.trim() === "")) inQuotes = !inQuotes;
    else if (inQuotes) {
      cell += letter;
      if (letter === "\n") line += 1;
    } else if (letter === delimiter) {
      cells.push(cell.trim());
      cell = "";
    } else if (letter === "\n") {
      end();
      line += 1;
      began = line;
    } else cell += letter;
  }
  if (inQuotes) throw new TableError(say("the quote that opens in line {line} is not closed", { line: began }));
  end();
  return records;
}

function hasDecimalCommas(records: readonly Record_[]): boolean {
  const cells = records.flatMap((record) => record.cells);
  return cells.some((cell) => /^-?\d+,\d+$/.test(cell)) && !cells.some((cell) => /^-?\d+\.\d+$/.test(cell));
}

function numberOf(cell: string, comma: boolean): number | null {
  const plain = (comma ? cell.replace(",", ".") : cell).replace("−", "-");
  if (!/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(plain)) return null;
  const value = Number(plain);
  return Number.isFinite(value) ? value : null;
}

interface ReadColumn extends Column {
  readonly isText: boolean;
  readonly example: string; // a text in it
}

/** A column of text counts as one without numbers; text among numbers is refused with its place. */
function column(name: string, body: readonly Record_[], place: number, numberIn: (cell: string) => number | null): ReadColumn {
  const cells = body.map((record) => record.cells[place] ?? "");
  const values = cells.map((cell) => (MISSING.has(cell) ? null : numberIn(cell)));
  const texts = cells.flatMap((cell, row) => (values[row] === null && !MISSING.has(cell) ? [row] : []));
  const numbers = values.filter((value) => value !== null).length;
  const first = texts[0];
  if (first !== undefined && numbers > texts.length) {
    const where = { column: quoted(name), line: body[first]?.line ?? 0, value: quoted(cells[first] ?? "") };
    throw new TableError(say("column {column}, line {line}: {value} is no number, as most values of the column are", where));
  }
  const example = first === undefined ? "" : (cells[first] ?? "");
  const two = numbers > 0 ? [] : [...new Set(texts.map((row) => cells[row] ?? ""))].sort();
  const [low, high, ...more] = two;
  if (low === undefined || high === undefined || more.length > 0) return { name, values, example, isText: first !== undefined || numbers === 0 };
  return { name, example, isText: false, classes: [low, high], values: cells.map((cell) => (MISSING.has(cell) ? null : Number(cell === high))) };
}

function finished(columns: readonly ReadColumn[], rows: number, notes: string[]): Omit<Table, "said"> {
  const texts = columns.filter((one) => one.isText).map((one) => quoted(one.name));
  if (texts.length > 0) notes.push(say("columns without numbers are left out here: {names}", { names: texts.join(", ") }));
  const kept = columns.filter((one) => !one.isText);
  if (kept.length < 2) {
    const text = columns.find((one) => one.isText && one.example !== "");
    const why = text === undefined ? "" : `: ${say("column {column} holds {value}, and the page reads plain numbers; `steepest fit` reads more", { column: quoted(text.name), value: quoted(text.example) })}`;
    throw new TableError(`${say("the table needs two columns of numbers; it has {count}", { count: kept.length })}${why}`);
  }
  const twice = kept.map((one) => one.name).find((name, place, names) => names.indexOf(name) !== place);
  if (twice !== undefined) throw new TableError(say("two columns are called {name}", { name: quoted(twice) }));
  for (const one of kept) {
    const missing = one.values.filter((value) => value === null).length;
    if (missing > 0) notes.push(say("{name} has no value in {count} of {rows} rows, which are left out where it is used", { name: quoted(one.name), count: general(missing), rows: general(rows) }));
  }
  for (const { name, classes } of kept) {
    if (classes !== undefined) notes.push(say("{name} has two values: {low} counts as 0, {high} as 1", { name: quoted(name), low: quoted(classes[0]), high: quoted(classes[1]) }));
  }
  return { columns: kept.map(({ name, values, classes }) => (classes === undefined ? { name, values } : { name, values, classes })), rows, notes };
}
