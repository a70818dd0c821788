/** The text of a formula as tokens: numbers, names, operators, brackets and commas. */

import { text as say } from "../words";
import { quoted } from "./quoting";

export const ALLOWED = "a formula has numbers, names, + - * / ^ ( ) and functions such as sin, exp, sqrt";
const MOST_CHARACTERS = 10_000;
const MOST_DIGITS = 50;
const LONGEST_NAME = 100;

const SUPERSCRIPTS = new Map([..."⁰¹²³⁴⁵⁶⁷⁸⁹⁻"].map((one, place) => [one, "0123456789-"[place] ?? ""]));
const OPERATORS = new Map([...[..."+-*/^"].map((one) => [one, one] as const), ["**", "^"] as const]);
// Signs that stand for those of the keyboard, in texts, on other keyboards and in full width.
const SAME: Readonly<Record<string, string>> = {
  "-": "\u2212\u2013\u2014\u2012\u2015\u2010\u2011\ufe63\uff0d\u02d7\u2796",
  "+": "﹢➕\u2064", // the last of four are MathML's signs of no width
  "*": "×✕✖⨯·∙⋅•‧・･∗⁎✱﹡\u2062",
  "/": "÷∕⁄➗",
  "^": "ˆ",
  ".": "٫",
  ",": "،﹐\u2063",
  "(": "﹙⁅",
  ")": "﹚⁆",
};
const CANONICAL = new Map([
  ...Object.entries(SAME).flatMap(([plain, signs]) => [...signs].map((sign) => [sign, plain] as const)),
  ...Array.from({ length: 94 }, (_, i) => [String.fromCodePoint(0xff01 + i), String.fromCodePoint(0x21 + i)] as const),
]);
const INVISIBLE = /^[\u00ad\u200b-\u200f\u2060\u2061\ufe0e\ufe0f\ufeff]$/u;
const BOUND = "a bound is given beside the formula, not in it";
const WORDS = "write the sum or product out";
export const HINTS = new Map([
  ...[..."[]{}"].map((one) => [one, "use ( )"] as const),
  ["|", "write abs(x)"],
  ["=", "write only the expression that is to be minimised"],
  ["∛", "write x^(1/3)"],
  ["∜", "write x^(1/4)"],
  ["∞", "numbers are finite"],
  ["±", "write one formula for each sign"],
  ["°", "write x*pi/180"],
  ["‖", "write norm(x, y)"],
  ...[...":∶"].map((one) => [one, "a quotient is written with /"] as const),
  ...[..."′″"].map((one) => [one, "no derivative is written in a formula"] as const),
  ...[..."【】「」『』〔〕⟨⟩〈〉"].map((one) => [one, "use ( )"] as const),
  ...[..."<>≤≥≦≧⩽⩾≠≈"].map((one) => [one, BOUND] as const),
  ...[..."∑∏∫"].map((one) => [one, WORDS] as const),
  ...[..."、٬"].map((one) => [one, "arguments are parted by a comma, and digits by nothing"] as const),
  ...[..."⁽⁾⁺⁼⁻"].map((one) => [one, "write the power with ^, as in x^(a - 1)"] as const),
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
  const plain = letters.map((letter) => plainDigit(CANONICAL.get(letter) ?? letter));
  const found: Token[] = [];
  let at = 0;
  while (at < plain.length) {
    const letter = plain[at] ?? "";
    if (/^[\s\x1c-\x1f\x85]$/u.test(letter) && letter !== "\ufeff") at += 1;
    else if (INVISIBLE.test(letter)) at = afterInvisible(plain, at);
    else {
      found.push(...(letter === "√" ? root(plain, at) : [read(plain, at)]));
      at = found[found.length - 1]?.end ?? at + 1;
    }
  }
  return [...found, { kind: "end", text: "", start: letters.length, end: letters.length }];
}

/** A digit of any script as that of ASCII; what is no digit as it is. */
function plainDigit(letter: string): string {
  if (!/^\p{Nd}$/u.test(letter) || letter <= "9") return letter;
  // Digits of a script follow each other from 0 to 9.
  const code = letter.codePointAt(0) ?? 0;
  let zero = code;
  while (code - zero < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((code - zero) % 10);
}

/** The end of characters without a width. Refused within a word: is that one word, or two? */
function afterInvisible(letters: readonly string[], at: number): number {
  let end = at;
  while (INVISIBLE.test(letters[end] ?? "")) end += 1;
  const [before = "", after = ""] = [letters[at - 1], letters[end]];
  if (/[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after)) {
    const values = { character: codeOf(letters[at] ?? ""), before: quoted(before) };
    refuse(at + 1, say("an invisible character ({character}) stands after {before}: delete it", values));
  }
  return end;
}

/** √(…), and √ of one number or name, as a call of sqrt. */
function root(letters: readonly string[], at: number): Token[] {
  const name: Token = { kind: "name", text: "sqrt", start: at, end: at + 1 };
  let start = at + 1;
  while (/^\s$/u.test(letters[start] ?? "")) start += 1;
  const first = letters[start] ?? "";
  if (first === "(") return [name];
  const known = /^(?:[0-9]|\.[0-9])/.test(letters.slice(start, start + 2).join("")) || beginsName(first);
  const of = known ? read(letters, start) : null;
  const follows = of === null ? "" : letters.slice(of.end).join("").trimStart();
  if (of === null || !["", "+", "-", "*", "/", ",", ")"].includes(follows.slice(0, 1)) || follows.startsWith("**")) {
    return refuse(at + 1, say("of what is '√' the root? Write sqrt(…)"));
  }
  return [name, { kind: "(", text: "(", start, end: start }, of, { kind: ")", text: ")", start: of.end, end: of.end }];
}

const codeOf = (letter: string): string => `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** A character that no formula has; what is not of the keyboard also by its number. */
const named = (letter: string): string => (letter <= "\x7f" ? quoted(letter) : `${quoted(letter)} (${codeOf(letter)})`);

/** What to write instead, after a semicolon; "" where that is not known. */
function hintOf(letter: string): string {
  const known = HINTS.get(letter);
  if (known !== undefined) return `; ${say(known)}`;
  const written = letter.normalize("NFKC").replace("⁄", "/");
  if (/^\d+\/\d+$/.test(written)) return `; ${say("write {what}", { what: `(${written})` })}`;
  return isModifier(letter) && written !== letter ? `; ${say("a power is written ^{power}", { power: written })}` : "";
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
  return refuse(at + 1, `${say("{what} is not allowed", { what: named(letter) })}${hintOf(letter)}; ${say(ALLOWED)}`);
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

const beginsName = (letter: string): boolean => letter === "_" || (/^\p{L}$/u.test(letter) && !isModifier(letter));
/** Raised letters such as ˣ of 2ˣ, which NFKC would make plain ones, and signs such as ˑ. */
const isModifier = (letter: string): boolean => /^[\u02b0-\u02ff\u1d2c-\u1d61\u1d78\u1d9b-\u1dbf\u2071\u207f\u2c7d\ua69c\ua69d\ua770\ua7f2-\ua7f4\ua7f8\ua7f9\uab5c-\uab5f\u00aa\u00ba\u2120\u2122]$/u.test(letter);
const isPi = (letter: string): boolean => letter.normalize("NFKC") === "π";
const continuesName = (letter: string): boolean =>
  beginsName(letter) || /[₀-₉]/u.test(letter) || /^[\p{Nd}\p{Mn}\p{Mc}]$/u.test(letter);

function readName(letters: readonly string[], at: number): Token {
  let end = at;
  while (end < letters.length && continuesName(letters[end] ?? "")) end += 1;
  // π stands for itself: πr is π·r, and only a number makes π₁ a name.
  const pi = letters.slice(at, end).findIndex(isPi);
  if (pi > 0) end = at + pi;
  else if (pi === 0 && /^\p{L}$/u.test(letters[at + 1] ?? "")) end = at + 1;
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

