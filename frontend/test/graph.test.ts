import { expect, test } from "vitest";
import { readFormula } from "../src/formula/formula";
import { graphOf, lastStep, layout, stageOf } from "../src/formula/graph";
import { GRAPHS } from "../src/rooms/examples";

test("J = 3(a + bc) at a = 5, b = 3, c = 2", () => {
  const formula = readFormula("3*(a + b*c)");
  const graph = graphOf(formula, [5, 3, 2]);
  const last = stageOf(graph, lastStep(graph));
  const by = Object.fromEntries(graph.nodes.map((node, place) => [node.name, [node.value, last.gradients[place]]]));
  expect(by["mul"]).toEqual([33, 1]);
  expect(graph.nodes.map((node) => node.value)).toEqual(expect.arrayContaining([6, 11, 33]));
  expect([by["a"], by["b"], by["c"]]).toEqual([[5, 3], [3, 6], [2, 9]]);
  expect(by["add"]).toEqual([11, 3]);
});

test("nothing has come back before it is walked, and values are computed first", () => {
  const graph = graphOf(readFormula("3*(a + b*c)"), [5, 3, 2]);
  expect(stageOf(graph, 0)).toEqual({ known: 0, gradients: graph.nodes.map(() => null), edge: null });
  const before = stageOf(graph, graph.nodes.length);
  expect([before.known, before.edge]).toEqual([graph.nodes.length, null]);
  expect(before.gradients.every((one) => one === null)).toBe(true);
});

test.each(["x^2 + x*y", "sin(x)*exp(y)/x", "max(x, y)*norm(x, y)", "(x + y)^3 - x", "x*x"])("gradients of %s sum to the formula's own", (text) => {
  const formula = readFormula(text);
  const point = [1.3, 0.4].slice(0, formula.names.length);
  const graph = graphOf(formula, point);
  const last = stageOf(graph, lastStep(graph));
  formula.names.forEach((name, i) => {
    const place = graph.nodes.findIndex((node) => node.kind === "variable" && node.name === name);
    expect(last.gradients[place]).toBeCloseTo(formula.expand(point).gradient[i] ?? NaN, 12);
  });
});

test("no two nodes stand at one place, and edges go to later layers", () => {
  const graph = graphOf(readFormula("(a + b)^2/(a b) - sin(a) + 2c"), [1, 2, 3]);
  const places = layout(graph);
  expect(new Set(places.map((one) => `${one.layer} ${one.row}`)).size).toBe(places.length);
  for (const edge of graph.edges) expect(places[edge.to]?.layer).toBeGreaterThan(places[edge.from]?.layer ?? Infinity);
});

/** Objective and gradient that torch.autograd gives for the module, in float64; variables in the formula's order. */
const FROM_TORCH: readonly (readonly [start: string, objective: number, gradient: readonly number[]])[] = [
  ["One linear", 2.25, [-6, -3, -3, 3]],
  ["A logistic", 0.43748795048588573, [-0.7086873875484091, -0.17717184688710227, -0.17717184688710227, 0.35434369377420455, -0.35434369377420455]],
  ["Two layers with tanh", 0.1368182210927624, [0.5112386418694512, 0.46377303085659316, 0.2688572051614978, 0.3091820205710621, -0.6374846478767058, -0.1713992923139501, -0.11426619487596673, 0.7397789429086568, -0.7397789429086568]],
  ["Two layers with ReLU", 0.0004, [-0.034, -0.048, -0.016, -0.032, 0, 0, 0, -0.04, 0.04]],
];

test.each(FROM_TORCH)("%s layer: the graph written out has the module's gradient", (start, objective, gradient) => {
  const example = GRAPHS.find((one) => one.name.startsWith(start));
  if (example === undefined) throw new Error(start);
  const formula = readFormula(example.formula);
  const graph = graphOf(formula, example.inputs);
  const { gradients } = stageOf(graph, lastStep(graph));
  const of = new Map(graph.nodes.map((node, place) => [node.name, gradients[place] ?? NaN]));
  expect(graph.nodes.at(-1)?.value).toBeCloseTo(objective, 12);
  gradient.forEach((slope, place) => expect(of.get(formula.names[place] ?? "")).toBeCloseTo(slope, 12));
});
