import { expect, test } from "vitest";
import { bestRate, eigenvalues, largestStableRate } from "../src/curvature/rates";
import { descend } from "../src/descent/descend";
import { readFormula } from "../src/formula/formula";
import { shown } from "../src/numbers";
import { decode, DEFAULTS, encode, type State } from "../src/state";

test("an address holds the whole state", () => {
  const state: State = {
    room: "table",
    graph: { formula: "a*b", inputs: [2, -3.5], step: 4 },
    table: { data: "a,b\n1,2\n3,4;5 & 6", features: [1, 3], target: 0, standardize: true, start: [-1.5, 2e-9, 4], rate: 0.25, momentum: 0.5, epoch: 1e9, others: ["huber", "logistic"], batch: 8, noise: 0.5, holdout: 0.2, seed: 7, axes: [2, 1] },
    formula: "sin(x)·y + 1 & <b>",
    run: { start: [-1.5, 2e-7], optimizer: "Adam", learningRate: 0.05, momentum: 0.9, nesterov: true },
    kept: [{ start: [1, 2], optimizer: "SGD", learningRate: 1e-3, momentum: 0, nesterov: false }],
    steps: 250,
    at: 17,
    view: "surface",
    window: [-1, 2, 0, 3.5],
    turn: [12, 40],
    lesson: { number: 3, part: 2 },
    theme: "dark",
    language: "zh",
  };
  expect(decode(`#${encode(state)}`)).toEqual(state);
  expect(encode(DEFAULTS)).toBe("");
});

test.each(["#run=zzz", "#steps=1e9", "#at=-3", "#view=evil", "#run=1+SGD+nan+0", "#run=1+SGD+0+0", "#run=1e308+SGD+0.1+0", "#kept=;;", "#theme=<script>", "#lesson=1.x", "#language=de"])(
  "what makes no sense in %s is the default",
  (hash) => expect(decode(hash)).toEqual(DEFAULTS),
);

test("rates of a quadratic with eigenvalues 2 and 20", () => {
  expect(eigenvalues(Float64Array.of(2, 0, 0, 20))).toEqual([2, 20]);
  expect(largestStableRate(20, 0, false)).toBeCloseTo(0.1, 15);
  expect(largestStableRate(20, 0.9, false)).toBeCloseTo(0.19, 15);
  expect(largestStableRate(20, 0.9, true)).toBeCloseTo(3.8 / 2.8 / 20, 15);
  expect(bestRate([2, 20])).toBeCloseTo(1 / 11, 15);
  expect(largestStableRate(-1, 0, false)).toBeNull();
});

test("five learning rates on x² − 4x + 5 from 7", () => {
  const plan = { optimizer: "SGD", momentum: 0, nesterov: false, steps: 4 } as const;
  const points = (learningRate: number): number[] =>
    descend(readFormula("x^2 - 4x + 5"), [7], { ...plan, learningRate }).steps.map((step) => Number((step.point[0] ?? NaN).toFixed(8)));
  expect(points(0.1)).toEqual([7, 6, 5.2, 4.56, 4.048]);
  expect(points(0.01).slice(0, 4)).toEqual([7, 6.9, 6.802, 6.70596]);
  expect(points(0.7)).toEqual([7, 0, 2.8, 1.68, 2.128]);
  expect(points(1)).toEqual([7, -3, 7, -3, 7]);
  expect(points(1.1).slice(0, 4)).toEqual([7, -4, 9.2, -6.64]);
});

test("a run that leaves the numbers ends there", () => {
  const plan = { optimizer: "SGD", learningRate: 1e200, momentum: 0, nesterov: false, steps: 10 } as const;
  expect(descend(readFormula("x^4"), [1], plan).brokeAt).toBe(1);
});

test("a number is never rounded to look exact", () => {
  expect(shown(1.0000383124, 5)).toBe("1.00004");
  expect(shown(1)).toBe("1");
  expect(shown(-0.5)).toBe("−0.5");
  expect(shown(162.864975, 3)).toBe("162.9");
  expect(shown(3.4e-7, 3)).toBe("3.4·10⁻⁷");
  expect(shown(NaN)).toBe("nan");
  expect(shown(343.0000000000001)).toBe("343");
  expect(shown(1.000000000001)).toBe("1.000000000001");
});
