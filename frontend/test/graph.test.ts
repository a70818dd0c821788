import { expect, test } from "vitest";
import { readFormula } from "../src/formula/formula";
import { graphOf, lastStep, layout, stageOf } from "../src/formula/graph";

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
