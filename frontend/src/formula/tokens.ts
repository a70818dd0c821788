/** The text of a formula as tokens: numbers, names, operators, brackets and commas. */

import { text as say } from "../words";
import { quoted } from "./quoting";

export const ALLOWED = "a formula has numbers, names, + - * / ^ ( ) and functions such as sin, exp, sqrt";
const MOST_CHARACTERS = 10_000;
const MOST_DIGITS = 50;
const LONGEST_NAME = 100;

const SUPERSCRIPTS = new Map([..."⁰¹²³⁴⁵⁶⁷⁸⁹⁻"].map((one, place) => [one, "0123456789-"[place] ?? ""]));
const OPERATORS = new Map([
  ..."+-*/^".split("").map((one) => [one, one] as const),
  ["−", "-"],
  ["×", "*"],
  ["·", "*"],
  ["⋅", "*"],
  ["÷", "/"],
  ["**", "^"],
] as const);
const HINTS = new Map([
  ...[..."[]{}"].map((one) => [one, "use ( )"] as const),
  ["|", "write abs(x)"],
  ["=", "write only the expression that is to be minimised"],
  ["√", "write sqrt(x)"],
  ["%", "write a fraction, such as 5/100"],
  ["!", "there is no factorial"],
  [".", "nothing has attributes, and a number has digits beside its point"],
  [";", "write one expression"],
] as const);
const PYTHON_WORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global " +
    "if import in is lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);

export type Kind = "number" | "name" | "operator" | "superscript" | "(" | ")" | "," | "end";

/** A word of a formula. `text` is in canonical form, `start` and `end` the slice of the typed letters. */
export interface Token {
  readonly kind: Kind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** What a person typed cannot be read; `column` counts from 1. */
export class FormulaError extends Error {
  constructor(
    readonly column: number,
    what: string,
  ) {
    super(what);
  }
}

export function refuse(column: number, what: string): never {
  throw new FormulaError(column, what);
}

/** The tokens of a formula, the last of kind "end". Columns count letters, not UTF-16 units. */
export function tokens(letters: readonly string[]): Token[] {
  if (letters.length > MOST_CHARACTERS) {
    refuse(
      MOST_CHARACTERS + 1,
      say("the formula has {count} characters; {most} is the most", { count: letters.length, most: MOST_CHARACTERS }),
    );
  }
  const found: Token[] = [];
  let at = 0;
  while (at < letters.length) {
    if (/\s/u.test(letters[at] ?? "")) {
      at += 1;
      continue;
    }
    const token = read(letters, at);
    found.push(token);
    at = token.end;
  }
  return [...found, { kind: "end", text: "", start: letters.length, end: letters.length }];
}

function read(letters: readonly string[], at: number): Token {
  const letter = letters[at] ?? "";
  if (letter === "(" || letter === ")" || letter === ",") return { kind: letter, text: letter, start: at, end: at + 1 };
  const rest = letters.slice(at, at + 400).join("");
  const number = /^(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/.exec(rest);
  if (number) return readNumber(letters, at, number[0]);
  const superscript = /^⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+/u.exec(rest);
  if (superscript) {
    const digits = [...superscript[0]].map((one) => SUPERSCRIPTS.get(one) ?? one).join("");
    return { kind: "superscript", text: digits, start: at, end: at + [...superscript[0]].length };
  }
  for (const width of [2, 1]) {
    const canonical = OPERATORS.get(letters.slice(at, at + width).join(""));
    if (canonical !== undefined) return { kind: "operator", text: canonical, start: at, end: at + width };
  }
  if (beginsName(letter)) return readName(letters, at);
  const hint = HINTS.get(letter);
  return refuse(at + 1, `${say("{what} is not allowed", { what: quoted(letter) })}${hint ? `; ${say(hint)}` : ""}; ${say(ALLOWED)}`);
}

function readNumber(letters: readonly string[], at: number, typed: string): Token {
  const end = at + typed.length;
  const follows = letters[end] ?? "";
  if (follows === "." || follows === "_") {
    refuse(end + 1, say("{what} is not allowed after {before}: no number is so written", { what: quoted(follows), before: typed }));
  }
  if (/^0[xXoObB][0-9a-fA-F]/.test(letters.slice(at, at + 3).join(""))) {
    refuse(at + 1, say("numbers are decimal; for a product write 0*…"));
  }
  const mantissa = typed.split(/[eE]/)[0] ?? "";
  if (mantissa.replace(/[^0-9]/g, "").length > MOST_DIGITS) {
    refuse(at + 1, say("the number has more than {most} digits", { most: MOST_DIGITS }));
  }
  const value = Number(typed);
  if (!Number.isFinite(value)) refuse(at + 1, say("{what} is too large: numbers go to 1.8e308", { what: typed }));
  if (value === 0 && /[1-9]/.test(mantissa)) {
    refuse(at + 1, say("{what} is too small: numbers other than 0 start at 5e-324", { what: typed }));
  }
  return { kind: "number", text: typed, start: at, end };
}

const beginsName = (letter: string): boolean => letter === "_" || /\p{L}/u.test(letter);
const continuesName = (letter: string): boolean =>
  beginsName(letter) || /[₀-₉]/u.test(letter) || /\p{Nd}|\p{Mn}|\p{Mc}/u.test(letter);

function readName(letters: readonly string[], at: number): Token {
  let end = at;
  while (end < letters.length && continuesName(letters[end] ?? "")) end += 1;
  const typed = letters.slice(at, end).join("");
  // As Python does: µ of the keyboard and Greek μ, x₁ and x1 are the same name.
  const name = typed.normalize("NFKC");
  if (end - at > LONGEST_NAME) refuse(at + 1, say("the name has more than {most} characters", { most: LONGEST_NAME }));
  if (!/^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name)) {
    refuse(at + 1, say("{what} is no name: names have letters, digits and _", { what: quoted(typed) }));
  }
  if (name.includes("__")) refuse(at + 1, say("{what} is not allowed: a name has no '__'", { what: quoted(name) }));
  if (["nan", "inf", "infinity"].includes(name.toLowerCase())) {
    refuse(at + 1, say("{what} is no number here, and as a name it would be taken for one", { what: quoted(name) }));
  }
  if (PYTHON_WORDS.has(name)) {
    const hint = name === "lambda" ? `; ${say("write λ or lam")}` : "";
    refuse(at + 1, `${say("{what} is a word of Python, and not allowed", { what: quoted(name) })}${hint}; ${say(ALLOWED)}`);
  }
  return { kind: "name", text: name === "π" ? "pi" : name, start: at, end };
}

