/** The table of what a formula may call, as in `steepest.formula.functions`. Nothing outside it is ever called. */

/** A function of one number with its first and second derivative there. */
export type Jet = readonly [value: number, slope: number, curvature: number];

export interface FormulaFunction {
  readonly symbol: string; // how an operator is written; "" for a function
  readonly strength: number; // how strongly an operator binds, from 1 (`+`) to 4 (`^`); a call holds best
  readonly most: number; // how many arguments it takes at most
}

const operator = (symbol: string, strength: number, most: number): FormulaFunction => ({ symbol, strength, most });
const call = (most = 1): FormulaFunction => ({ symbol: "", strength: 5, most });

export const FUNCTIONS: ReadonlyMap<string, FormulaFunction> = new Map([
  ["add", operator("+", 1, 2)],
  ["sub", operator("-", 1, 2)],
  ["mul", operator("*", 2, 2)],
  ["div", operator("/", 2, 2)],
  ["pow", operator("^", 4, 2)],
  ["neg", operator("-", 3, 1)],
  ...["sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "exp", "log", "log2", "log10"].map(
    (name) => [name, call()] as const,
  ),
  ...["sqrt", "abs", "erf", "sigmoid", "relu", "softplus"].map((name) => [name, call()] as const),
  ...["min", "max", "norm"].map((name) => [name, call(Infinity)] as const),
]);

/** Other words for the same; the tree holds only the name in the table. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ["ln", "log"],
  ["arcsin", "asin"],
  ["arccos", "acos"],
  ["arctan", "atan"],
]);

export const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ["pi", Math.PI],
  ["e", Math.E],
]);

/** The names that can be called in the text of a formula. */
export const FUNCTION_WORDS: readonly string[] = [
  ...[...FUNCTIONS].filter(([, one]) => one.symbol === "").map(([name]) => name),
  ...ALIASES.keys(),
];

export function strength(name: string): number {
  return FUNCTIONS.get(name)?.strength ?? 5;
}

/** a ** b; nan where the answer would be complex. */
export function power(a: number, b: number): number {
  // JavaScript gives nan for 1 to the power of ±inf or nan, and IEEE 754 gives 1.
  return a === 1 ? 1 : Math.pow(a, b);
}

/** erf(a): a series without cancellation near 0, a continued fraction further out. */
export function erf(a: number): number {
  const size = Math.abs(a);
  if (Number.isNaN(a)) return NaN;
  if (size > 6) return Math.sign(a);
  const weight = Math.exp(-size * size);
  if (size < 2.5) {
    let term = size;
    let sum = size;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * size * size) / (2 * n + 1);
      sum += term;
    }
    return (Math.sign(a) * 2 * weight * sum) / Math.sqrt(Math.PI);
  }
  let tail = 0;
  for (let n = 60; n > 0; n--) tail = n / 2 / (size + tail);
  return Math.sign(a) * (1 - weight / (Math.sqrt(Math.PI) * (size + tail)));
}

export function sigmoid(a: number): number {
  const small = Math.exp(-Math.abs(a));
  return (a >= 0 ? 1 : small) / (1 + small);
}

const LN2 = Math.log(2);
const LN10 = Math.log(10);
const logarithmJet =
  (value: (a: number) => number, base: number) =>
  (a: number): Jet => [value(a), 1 / (a * base), -1 / (a * a * base)];

/** Each function of one argument as a jet; where there is no derivative it is torch's choice (0 at a kink). */
export const JETS: ReadonlyMap<string, (a: number) => Jet> = new Map<string, (a: number) => Jet>([
  ["neg", (a) => [-a, -1, 0]],
  ["sin", (a) => [Math.sin(a), Math.cos(a), -Math.sin(a)]],
  ["cos", (a) => [Math.cos(a), -Math.sin(a), -Math.cos(a)]],
  [
    "tan",
    (a) => {
      const value = Math.tan(a);
      return [value, 1 + value * value, 2 * value * (1 + value * value)];
    },
  ],
  ["asin", (a) => [Math.asin(a), 1 / Math.sqrt(1 - a * a), a / Math.pow(1 - a * a, 1.5)]],
  ["acos", (a) => [Math.acos(a), -1 / Math.sqrt(1 - a * a), -a / Math.pow(1 - a * a, 1.5)]],
  ["atan", (a) => [Math.atan(a), 1 / (1 + a * a), (-2 * a) / ((1 + a * a) * (1 + a * a))]],
  ["sinh", (a) => [Math.sinh(a), Math.cosh(a), Math.sinh(a)]],
  ["cosh", (a) => [Math.cosh(a), Math.sinh(a), Math.cosh(a)]],
  [
    "tanh",
    (a) => {
      const value = Math.tanh(a);
      return [value, 1 - value * value, -2 * value * (1 - value * value)];
    },
  ],
  [
    "exp",
    (a) => {
      const value = Math.exp(a);
      return [value, value, value];
    },
  ],
  ["log", logarithmJet(Math.log, 1)],
  ["log2", logarithmJet(Math.log2, LN2)],
  ["log10", logarithmJet(Math.log10, LN10)],
  [
    "sqrt",
    (a) => {
      const value = Math.sqrt(a);
      return [value, 0.5 / value, -0.25 / (value * a)];
    },
  ],
  ["abs", (a) => [Math.abs(a), Number.isNaN(a) ? NaN : Math.sign(a), 0]],
  [
    "erf",
    (a) => {
      const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a);
      return [erf(a), slope, -2 * a * slope];
    },
  ],
  [
    "sigmoid",
    (a) => {
      const value = sigmoid(a);
      const slope = value * sigmoid(-a);
      return [value, slope, slope * (1 - 2 * value)];
    },
  ],
  ["relu", (a) => [a <= 0 ? 0 : a, a > 0 ? 1 : 0, 0]],
  [
    "softplus",
    (a) => {
      const slope = sigmoid(a);
      return [Math.log1p(Math.exp(-Math.abs(a))) + (a <= 0 ? 0 : a), slope, slope * sigmoid(-a)];
    },
  ],
]);
