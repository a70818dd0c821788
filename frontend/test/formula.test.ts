import { describe, expect, test } from "vitest";
import { readFormula } from "../src/formula/formula";
import { erf } from "../src/formula/functions";
import { instructions, valueOf } from "../src/formula/instructions";
import { differentiate } from "../src/formula/differentiate";
import type { Node } from "../src/formula/tree";
import { FormulaError } from "../src/formula/tokens";
import { newton, stationaryPoints } from "../src/formula/stationary";

const SMOOTH = [
  "x^2 - 4x + 5",
  "(1 - x)^2 + 100(y - x^2)^2",
  "sin(x) cos(y) + tan(x/4)",
  "exp(-x^2/9) log(y^2 + 1) + log2(x^2 + 2) - log10(y^2 + 3)",
  "sqrt(x^2 + y^2 + 1)/sigmoid(y)",
  "tanh(x) + sinh(x/3) cosh(y/3) + softplus(x y)",
  "asin(x/9) + acos(y/9) + atan(x y)",
  "erf(x) + 2^y + (x^2 + 1)^y",
];

/** The slope of a central difference, whose error is about h². */
function difference(value: (point: number[]) => number, point: number[], axis: number, h: number): number {
  const moved = (by: number): number[] => point.map((one, i) => (i === axis ? one + by : one));
  return (value(moved(h)) - value(moved(-h))) / (2 * h);
}

describe.each(SMOOTH)("%s", (text) => {
  const formula = readFormula(text);
  const point = [0.7, -1.3].slice(0, formula.names.length);

  test("has the gradient and the curvature of its differences", () => {
    const { gradient, curvature } = formula.expand(point);
    formula.names.forEach((_, i) => {
      expect(gradient[i]).toBeCloseTo(difference((there) => formula.value(there), point, i, 1e-5), 6);
      formula.names.forEach((_, j) => {
        const slope = (there: number[]): number => formula.expand(there).gradient[j] ?? NaN;
        expect(curvature[i * formula.names.length + j]).toBeCloseTo(difference(slope, point, i, 1e-5), 5);
      });
    });
  });

  test("has a derivative whose value is the gradient", () => {
    formula.names.forEach((name, i) => {
      const tree = differentiate(formula.tree, name);
      expect(tree).not.toBeNull();
      if (tree === null) return;
      const value = valueOf(instructions(tree, formula.names))(point);
      expect(value).toBeCloseTo(formula.expand(point).gradient[i] ?? NaN, 10);
    });
  });
});

test.each([...SMOOTH, "norm(x, y, 1) + max(x, 2y, 1) - min(x, y)/3", "abs(x) + relu(y)", "x^y", "x^0 + 0^y", "sqrt(x)/y", "max(x, x, y)", "x", "1/x - 1/x", "norm(x)", "log(x y)"])("the slope of %s is that of its expansion, also where there is none", (text) => {
  const formula = readFormula(text);
  for (const x of [-1.5, 0, 0.7, 2, Infinity, NaN]) {
    for (const y of [-2, 0, 0.7, 3, -Infinity]) {
      const [point, whole] = [[x, y].slice(0, formula.names.length), formula.expand([x, y])];
      expect(formula.slope(point)).toEqual({ value: whole.value, gradient: whole.gradient });
    }
  }
});

test("a derivative is printed as a book would", () => {
  const printed = (text: string): unknown => {
    const show = (node: Node | null): unknown => (node === null ? null : node.kind === "apply" ? [node.name, ...node.arguments.map(show)] : node.kind === "number" ? node.value : node.name);
    return show(differentiate(readFormula(text).tree, "x"));
  };
  expect(printed("x^2/8")).toEqual(["div", "x", 4]);
  expect(printed("x^2 - 4x + 5")).toEqual(["sub", ["mul", 2, "x"], 4]);
  expect(printed("100(y - x^2)^2")).toEqual(["neg", ["mul", 400, ["mul", "x", ["sub", "y", ["pow", "x", 2]]]]]);
  expect(printed("abs(x)")).toBeNull();
});

test("erf is that of tables (Abramowitz and Stegun 7.1)", () => {
  expect(erf(0.5)).toBeCloseTo(0.5204998778130465, 15);
  expect(erf(1)).toBeCloseTo(0.8427007929497149, 15);
  expect(erf(2)).toBeCloseTo(0.9953222650189527, 15);
  expect(erf(-3)).toBeCloseTo(-0.9999779095030014, 15);
});

test("a formula that cannot be read has the column of its fault", () => {
  expect(() => readFormula("x^2 - 4y[0]")).toThrow(FormulaError);
  try {
    readFormula("x^2 - 4y[0]");
  } catch (error) {
    expect((error as FormulaError).column).toBe(9);
  }
});

test("stationary points in a window: Himmelblau's nine", () => {
  const points = stationaryPoints(readFormula("(x^2 + y - 11)^2 + (x + y^2 - 7)^2"), [[-5, 5], [-5, 5]]);
  const count = (kind: string): number => points.filter((one) => one.kind === kind).length;
  expect([count("minimum"), count("saddle"), count("maximum")]).toEqual([4, 4, 1]);
});

test.each([
  ["x^3", [[-9, 9]], 1, "flat"],
  ["sin(50x)", [[-8, 8]], 254, "minimum"],
  ["x^4 + y^4", [[-3, 2], [-2, 3]], 1, "flat"],
  ["x^4 - x^2", [[-2, 2]], 3, "maximum"],
] as const)("%s in a window", (text, window, count, kind) => {
  const points = stationaryPoints(readFormula(text), window);
  expect(points.length).toBeGreaterThanOrEqual(count);
  expect(points.length).toBeLessThanOrEqual(count + 2);
  expect(points.map((one) => one.kind)).toContain(kind);
});

test("only a simple minimum gives rates", () => {
  expect(newton(readFormula("x^3"), [1])).toBeNull();
  expect(newton(readFormula("x^4"), [1])).toBeNull();
  expect(newton(readFormula("x^2 + 1000000y^2"), [1, 1])).toEqual(Float64Array.of(0, 0));
});

test("a pole and a kink are no stationary points", () => {
  expect(stationaryPoints(readFormula("1/x"), [[-1, 2]])).toEqual([]);
  expect(stationaryPoints(readFormula("abs(x - 1/3)"), [[-1, 2]])).toEqual([]);
});

test("where the derivative runs out of the numbers there is no stationary point", () => {
  expect(stationaryPoints(readFormula("1e308 x x x"), [[-10, 10]]).map((one) => [one.kind, one.point[0]])).toEqual([["flat", 0]]);
  expect(stationaryPoints(readFormula("1e308 x x x"), [[1, 10]])).toEqual([]);
});
