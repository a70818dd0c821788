/**
 * From text to a tree, by the grammar of `steepest.formula.parse`. Nothing is evaluated but numbers; nothing is
 * looked up but the table.
 *
 * Operators, loosest first: `+ -`, then `* /` and products without a sign, then the sign `-x`, then `^` (or `**`),
 * from right to left.
 */

import { text as say } from "../words";
import { ALIASES, CONSTANTS, FUNCTIONS, FUNCTION_WORDS, power, strength } from "./functions";
import { nearest } from "./nearest";
import { general, quoted } from "./quoting";
import { ALLOWED, refuse, tokens, type Token } from "./tokens";
import type { Node } from "./tree";
import { scalar } from "./instructions";

const MOST_BRACKETS = 100;
const MOST_DEPTH = 200;
const MOST_NODES = 2_000;
const GREATEST_EXPONENT = 1_000;

const BINARY = new Map([["+", "add"], ["-", "sub"], ["*", "mul"], ["/", "div"], ["^", "pow"]]);
const SPELLED = new Map([["pow", "x^y"], ["exp2", "2^x"], ["square", "x^2"], ["cbrt", "x^(1/3)"]]);

/** A part that was read: its node, its slice of the text, and its value if it is constant. */
interface Operand {
  readonly node: Node;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  readonly value: number | null;
}

/** An operator whose right side, or a bracket whose end, is still to come. */
interface Pending {
  readonly name: string; // "" for plain parentheses
  readonly start: number;
  readonly operands: number; // how many operands stood before it
  readonly bracket: boolean;
}

/** The tree of a formula. Throws FormulaError with the column and what is wrong. */
export function parse(text: string): Node {
  return new Parser([...text]).tree();
}

/** Precedence by two stacks, not by recursion: no text can exhaust the stack. */
class Parser {
  private readonly tokens: readonly Token[];
  private at = 0;
  private operands: Operand[] = [];
  private readonly pending: Pending[] = [];
  private brackets = 0;
  private nodes = 0;

  constructor(private readonly letters: readonly string[]) {
    this.tokens = tokens(letters);
  }

  tree(): Node {
    if (this.next().kind === "end") refuse(1, `${say("the formula is empty")}; ${say(ALLOWED)}`);
    let complete = false;
    for (;;) {
      const token = this.next();
      this.at += 1;
      if (!complete) complete = this.operand(token);
      else if (token.kind === "end") return this.finish();
      else complete = this.afterOperand(token);
    }
  }

  private next(): Token {
    return this.tokens[this.at] ?? this.last();
  }

  private last(): Token {
    const token = this.tokens[this.tokens.length - 1];
    if (token === undefined) throw new Error("tokens end with one of kind 'end'");
    return token;
  }

  private before(): Token {
    return this.tokens[this.at - 2] ?? this.last();
  }

  private top(): Operand {
    return this.nth(1);
  }

  private nth(fromEnd: number): Operand {
    const operand = this.operands[this.operands.length - fromEnd];
    if (operand === undefined) throw new Error("an operator has its operands");
    return operand;
  }

  // Where an operand is expected. Each answers whether one is now complete.

  private operand(token: Token): boolean {
    if (token.kind === "number") {
      const value = Number(token.text);
      this.push({ node: { kind: "number", text: token.text, value }, start: token.start, end: token.end, depth: 1, value });
      return true;
    }
    if (token.kind === "name") return this.name(token);
    if (token.kind === "(") return this.open("", token.start);
    if (token.text === "-") {
      this.pending.push({ name: "neg", start: token.start, operands: this.operands.length, bracket: false });
      return false;
    }
    if (token.text === "+" && token.kind === "operator") return false;
    return this.missing(token);
  }

  private name(token: Token): boolean {
    const name = token.text;
    if (this.next().kind === "(") {
      const called = this.called(token);
      this.at += 1;
      return this.open(called, token.start);
    }
    if (FUNCTION_WORDS.includes(name)) {
      refuse(token.start + 1, say("{name} needs its argument in parentheses: {name}(x)", { name }));
    }
    const value = CONSTANTS.get(name) ?? null;
    const node: Node = value === null ? { kind: "variable", name } : { kind: "constant", name };
    this.push({ node, start: token.start, end: token.end, depth: 1, value });
    return true;
  }

  private called(token: Token): string {
    const name = token.text;
    if (FUNCTION_WORDS.includes(name)) return ALIASES.get(name) ?? name;
    if (CONSTANTS.has(name)) {
      const power = name === "e" ? say(", for its power exp(…)") : "";
      refuse(token.start + 1, `${say("{name} is a number, not a function; for a product write {name}*(…)", { name })}${power}`);
    }
    const spelled = SPELLED.get(name);
    const offer = spelled ? ` ${say("Write {spelled}.", { spelled })}` : nearest(name, FUNCTION_WORDS);
    const rest = say("For a product write {name}*(…); the functions are {functions}", {
      name,
      functions: FUNCTION_WORDS.join(", "),
    });
    return refuse(token.start + 1, `${say("{what} is not a function.", { what: quoted(name) })}${offer} ${rest}`);
  }

  private open(name: string, start: number): boolean {
    this.brackets += 1;
    if (this.brackets > MOST_BRACKETS) {
      refuse(start + 1, say("more than {most} parentheses are open at once", { most: MOST_BRACKETS }));
    }
    this.pending.push({ name, start, operands: this.operands.length, bracket: true });
    if (this.next().kind === ")") {
      const inside = name ? say("{name} needs an argument", { name }) : say("it is empty");
      refuse(this.next().start + 1, `${say("nothing stands before ')'")}: ${inside}`);
    }
    return false;
  }

  private missing(token: Token): never {
    const wanted = say("a number, a name or '(' is expected");
    const typed = this.typed(token);
    const before = this.at > 1 ? this.typed(this.before()) : null;
    if (before === null) {
      refuse(token.start + 1, `${say("the formula starts with {what}", { what: quoted(typed) })}; ${wanted}`);
    }
    const values = { what: quoted(typed), before: quoted(before), wanted };
    const said = token.kind === "end" ? say("the formula ends after {before}, where {wanted}", values) : say("{what} stands after {before}, where {wanted}", values);
    return refuse(token.start + 1, `${said}${before + typed === "//" ? `; ${say("'//' is not allowed")}` : ""}`);
  }

  private typed(token: Token): string {
    return this.letters.slice(token.start, token.end).join("");
  }

  // Where an operator is expected.

  private afterOperand(token: Token): boolean {
    if (token.kind === "operator") {
      this.operator(BINARY.get(token.text) ?? "", token.start);
      return false;
    }
    if (token.kind === "superscript") return this.superscript(token);
    if (token.kind === ")") return this.close(token);
    if (token.kind === ",") return this.comma(token);
    if (token.kind === "number") {
      const values = { number: this.typed(token), before: quoted(this.typed(this.before())) };
      refuse(
        token.start + 1,
        say("the number {number} stands after {before}; write an operator between them, such as * or ^", values),
      );
    }
    this.refuseTwoReadings(token);
    this.operator("mul", token.start);
    this.at -= 1;
    return false;
  }

  private operator(name: string, start: number): void {
    this.reduce(strength(name) + (name === "pow" ? 1 : 0));
    this.pending.push({ name, start, operands: this.operands.length, bracket: false });
  }

  /** A power written as ² belongs to the operand just before it. */
  private superscript(token: Token): boolean {
    const follows = this.next();
    const base = this.short(this.top().start, this.top().end);
    if (follows.kind === "superscript" || follows.text === "^") {
      const [first, second] = [`(${base}^${token.text})^…`, `${base}^(${token.text}^…)`];
      refuse(follows.start + 1, say("this can be read in two ways; write {first} or {second}", { first, second }));
    }
    const negative = token.text.startsWith("-");
    const digits = token.text.replace(/^-+/, "");
    const written: Node = { kind: "number", text: digits, value: Number(digits) };
    const node: Node = negative ? { kind: "apply", name: "neg", arguments: [written] } : written;
    this.push({ node, start: token.start, end: token.end, depth: negative ? 2 : 1, value: Number(token.text) });
    this.apply("pow", 2, token.start);
    return true;
  }

  private close(token: Token): boolean {
    this.reduce(0);
    const bracket = this.pending.pop();
    if (bracket === undefined) return refuse(token.start + 1, say("')' has no '(' before it"));
    this.brackets -= 1;
    if (bracket.name) {
      const given = this.operands.length - bracket.operands;
      this.checkNumber(bracket, given);
      this.apply(bracket.name, given, bracket.start);
    }
    const inside = this.top();
    this.operands[this.operands.length - 1] = { ...inside, start: bracket.start, end: token.end };
    return true;
  }

  private checkNumber(bracket: Pending, given: number): void {
    const most = FUNCTIONS.get(bracket.name)?.most ?? 1;
    if (given <= most) return;
    const values = { name: bracket.name, most, given };
    refuse(bracket.start + 1, most === 1 ? say("{name} takes 1 argument, and {given} are given", values) : say("{name} takes {most} arguments, and {given} are given", values));
  }

  private comma(token: Token): boolean {
    this.reduce(0);
    const bracket = this.pending[this.pending.length - 1];
    if (!bracket?.name) {
      refuse(
        token.start + 1,
        say("',' stands only between the arguments of min, max and norm; decimals are written with a point"),
      );
    }
    return false;
  }

  /** A division whose denominator goes on without a sign: does 1/2x mean (1/2)*x? */
  private refuseTwoReadings(token: Token): void {
    this.reduce(strength("div") + 1);
    const sign = this.pending[this.pending.length - 1];
    if (sign?.name !== "div" || sign.bracket) return;
    const below = this.top();
    const above = this.short(this.nth(2).start, sign.start);
    const denominator = this.short(below.start, below.end);
    const further = this.short(token.start, this.factorEnd(this.at - 1));
    const [first, second] = [`(${above}/${denominator})*${further}`, `${above}/(${denominator}*${further})`];
    refuse(token.start + 1, say("this can be read in two ways; write {first} or {second}", { first, second }));
  }

  /** Where the factor ends that starts at a token: brackets and powers belong to it. */
  private factorEnd(start: number): number {
    let depth = 0;
    let at = start;
    for (;;) {
      const token = this.tokens[at] ?? this.last();
      if (token.kind === "end") return token.end;
      depth += Number(token.kind === "(") - Number(token.kind === ")");
      const follows = this.tokens[at + 1] ?? this.last();
      const joined =
        follows.kind === "(" || follows.kind === "superscript" || follows.text === "^" || token.kind === "operator";
      if (depth <= 0 && !joined) return token.end;
      at += 1;
    }
  }

  private short(start: number, end: number): string {
    const letters = [...this.letters.slice(start, end).join("").trim()];
    return letters.length <= 24 ? letters.join("") : `${letters.slice(0, 10).join("")}…${letters.slice(-10).join("")}`;
  }

  // What has been read becomes a tree.

  /** Apply the pending operators that bind at least so strongly, up to the open bracket. */
  private reduce(least: number): void {
    for (;;) {
      const operator = this.pending[this.pending.length - 1];
      if (operator === undefined || operator.bracket || strength(operator.name) < least) return;
      this.pending.pop();
      this.apply(operator.name, operator.name === "neg" ? 1 : 2, operator.start);
    }
  }

  private apply(name: string, count: number, start: number): void {
    const given = this.operands.splice(this.operands.length - count, count);
    const depth = 1 + Math.max(...given.map((one) => one.depth));
    if (depth > MOST_DEPTH) {
      refuse(
        start + 1,
        say(
          "more than {most} operations lie within each other; put parentheses around parts of a long sum or product",
          { most: MOST_DEPTH },
        ),
      );
    }
    const known = given.map((one) => one.value).filter((value) => value !== null);
    const [base, exponent] = given;
    if (name === "pow" && base && exponent && exponent.value !== null) this.checkPower(base, exponent.value, start);
    const value = known.length === count ? scalar(name, known) : null;
    const node: Node = { kind: "apply", name, arguments: given.map((one) => one.node) };
    const [first, last] = [given[0], given[count - 1]];
    this.push({ node, start: Math.min(start, first?.start ?? start), end: last?.end ?? start, depth, value });
  }

  private checkPower(base: Operand, exponent: number, start: number): void {
    if (Math.abs(exponent) > GREATEST_EXPONENT) {
      const values = { exponent: general(exponent), least: -GREATEST_EXPONENT, most: GREATEST_EXPONENT };
      refuse(start + 1, say("the exponent is {exponent}; exponents go from {least} to {most}", values));
    }
    const finite = base.value !== null && base.value !== 0 && Number.isFinite(base.value);
    if (finite && Math.abs(power(base.value ?? 0, exponent)) === Infinity) {
      const values = { base: general(base.value ?? 0), exponent: general(exponent) };
      refuse(start + 1, say("{base}^{exponent} is too large: numbers go to 1.8e308", values));
    }
  }

  private push(operand: Operand): void {
    this.nodes += 1;
    if (this.nodes > MOST_NODES) {
      refuse(operand.start + 1, say("more than {most} numbers, names and operations", { most: MOST_NODES }));
    }
    this.operands.push(operand);
  }

  private finish(): Node {
    this.reduce(0);
    const open = this.pending[this.pending.length - 1];
    if (open !== undefined) {
      refuse(open.start + 1, open.name ? say("'(' of {name} is not closed; add ')'", { name: open.name }) : say("'(' is not closed; add ')'"));
    }
    return this.top().node;
  }
}
