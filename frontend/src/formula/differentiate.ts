/** The derivative of a tree as a tree, with the plainest simplifications: what a book would print beside the formula. */

import { scalar } from "./instructions";
import type { Node } from "./tree";

/** ∂f/∂name, or null where a function has none that a formula can say (abs, min, max, relu, norm of several). */
export function differentiate(node: Node, name: string): Node | null {
  try {
    return slope(node, name);
  } catch (error) {
    if (error instanceof NoDerivative) return null;
    throw error;
  }
}

class NoDerivative extends Error {}

function slope(node: Node, name: string): Node {
  if (node.kind !== "apply") return number(node.kind === "variable" && node.name === name ? 1 : 0);
  const [f, g] = node.arguments as [Node, Node];
  const inner = (one: Node): Node => slope(one, name);
  if (node.arguments.every((one) => isNumber(inner(one), 0))) return number(0);
  switch (node.name) {
    case "add":
      return add(inner(f), inner(g));
    case "sub":
      return subtract(inner(f), inner(g));
    case "mul":
      return add(multiply(inner(f), g), multiply(f, inner(g)));
    case "div":
      if (isNumber(inner(g), 0)) return divide(inner(f), g);
      return divide(subtract(multiply(inner(f), g), multiply(f, inner(g))), raise(g, number(2)));
    case "pow":
      return power(node, f, g, name);
    case "neg":
      return negate(inner(f));
    default:
      return multiply(outer(node.name, f, node), inner(f));
  }
}

function power(node: Node, base: Node, exponent: Node, name: string): Node {
  const [byBase, byExponent] = [slope(base, name), slope(exponent, name)];
  const first = multiply(multiply(exponent, raise(base, subtract(exponent, number(1)))), byBase);
  const logarithm = base.kind === "constant" && base.name === "e" ? number(1) : call("log", base);
  const second = multiply(multiply(node, logarithm), byExponent);
  if (isNumber(byExponent, 0)) return first;
  return isNumber(byBase, 0) ? second : add(first, second);
}

/** The derivative of a function at its argument. */
function outer(name: string, argument: Node, whole: Node): Node {
  const square = raise(argument, number(2));
  const reciprocal = (of: Node): Node => divide(number(1), of);
  switch (name) {
    case "sin":
      return call("cos", argument);
    case "cos":
      return negate(call("sin", argument));
    case "tan":
      return add(number(1), raise(whole, number(2)));
    case "asin":
      return reciprocal(call("sqrt", subtract(number(1), square)));
    case "acos":
      return negate(reciprocal(call("sqrt", subtract(number(1), square))));
    case "atan":
      return reciprocal(add(number(1), square));
    case "sinh":
      return call("cosh", argument);
    case "cosh":
      return call("sinh", argument);
    case "tanh":
      return subtract(number(1), raise(whole, number(2)));
    case "exp":
      return whole;
    case "log":
      return reciprocal(argument);
    case "log2":
      return reciprocal(multiply(argument, call("log", number(2))));
    case "log10":
      return reciprocal(multiply(argument, call("log", number(10))));
    case "sqrt":
      return reciprocal(multiply(number(2), whole));
    case "erf":
      return multiply(divide(number(2), call("sqrt", { kind: "constant", name: "pi" })), call("exp", negate(square)));
    case "sigmoid":
      return multiply(whole, subtract(number(1), whole));
    case "softplus":
      return call("sigmoid", argument);
    default:
      throw new NoDerivative();
  }
}

const number = (value: number): Node =>
  value < 0
    ? { kind: "apply", name: "neg", arguments: [number(-value)] }
    : { kind: "number", value, text: String(value) };
const call = (name: string, ...given: Node[]): Node => ({ kind: "apply", name, arguments: given });

/** The value of a tree without variables; null where there are some. */
function constant(node: Node): number | null {
  if (node.kind === "number") return node.value;
  if (node.kind !== "apply") return null; // pi and e stay written as they are
  const values = node.arguments.map(constant);
  return values.includes(null) ? null : scalar(node.name, values as number[]);
}

const isNumber = (node: Node, value: number): boolean => constant(node) === value;

/** The number itself where two numbers meet and the result is short; else the operation. */
function folded(name: string, a: Node, b: Node): Node {
  const [first, second] = [constant(a), constant(b)];
  const value = first === null || second === null ? NaN : scalar(name, [first, second]);
  return Number.isFinite(value) && String(Math.abs(value)).length <= 8 ? number(value) : call(name, a, b);
}

function add(a: Node, b: Node): Node {
  if (isNumber(a, 0)) return b;
  if (isNumber(b, 0)) return a;
  if (b.kind === "apply" && b.name === "neg") return subtract(a, b.arguments[0] as Node);
  return folded("add", a, b);
}

function subtract(a: Node, b: Node): Node {
  if (isNumber(b, 0)) return a;
  if (isNumber(a, 0)) return negate(b);
  if (b.kind === "apply" && b.name === "neg") return add(a, b.arguments[0] as Node);
  return folded("sub", a, b);
}

function negate(a: Node): Node {
  if (isNumber(a, 0)) return a;
  return a.kind === "apply" && a.name === "neg" ? (a.arguments[0] as Node) : call("neg", a);
}

/** A product as its number times the rest; the rest is null where there is only a number. */
function factored(node: Node): [number, Node | null] {
  const value = constant(node);
  if (value !== null) return [value, null];
  if (node.kind !== "apply") return [1, node];
  const [a, b] = node.arguments as [Node, Node];
  if (node.name === "neg") {
    const [number_, rest] = factored(a);
    return [-number_, rest];
  }
  const first = node.name === "mul" ? constant(a) : null;
  return first === null ? [1, node] : [first, b];
}

/** Numbers meet and stand first, then a plain variable: 2(y − x²) times 2x is 4x(y − x²). */
function multiply(a: Node, b: Node): Node {
  const [[first, f], [second, g]] = [factored(a), factored(b)];
  const value = first * second;
  if (value === 0) return number(0);
  if (String(Math.abs(value)).length > 8) return call("mul", a, b);
  if (f === null || g === null) return scaled(value, f ?? g);
  if (f.kind === "apply" && f.name === "div" && isNumber(f.arguments[0] as Node, 1)) return scaled(value, divide(g, f.arguments[1] as Node));
  return scaled(value, g.kind === "variable" && f.kind !== "variable" ? call("mul", g, f) : call("mul", f, g));
}

function scaled(value: number, rest: Node | null): Node {
  if (rest === null) return number(value);
  if (value < 0) return negate(scaled(-value, rest));
  return value === 1 ? rest : call("mul", number(value), rest);
}

function divide(a: Node, b: Node): Node {
  if (isNumber(a, 0)) return a;
  if (isNumber(b, 1)) return a;
  if (a.kind === "apply" && a.name === "neg") return negate(divide(a.arguments[0] as Node, b));
  // Whole numbers are cancelled: 2x/8 is x/4.
  const [[above, rest], below] = [factored(a), constant(b)];
  const common = below === null ? 1 : divisor(above, below);
  if (rest === null || below === null || common === 1) return folded("div", a, b);
  return below === common ? scaled(above / common, rest) : call("div", scaled(above / common, rest), number(below / common));
}

/** The greatest common divisor of two whole numbers; 1 where one is none. */
function divisor(a: number, b: number): number {
  if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b) || b <= 0) return 1;
  let [first, second] = [Math.abs(a), b];
  while (second !== 0) [first, second] = [second, first % second];
  return first;
}

function raise(base: Node, exponent: Node): Node {
  if (isNumber(exponent, 0)) return number(1);
  return isNumber(exponent, 1) ? base : folded("pow", base, exponent);
}

