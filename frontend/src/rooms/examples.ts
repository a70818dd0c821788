/** Formulas to begin with, each with a start and a rate that show what it is for. */

import type { RunSettings } from "../state";

export interface Example {
  readonly name: string;
  readonly formula: string;
  readonly run: Partial<RunSettings> & { readonly start: readonly number[] };
  readonly steps: number;
}

export const EXAMPLES: readonly Example[] = [
  { name: "Parabola", formula: "x^2 - 4x + 5", run: { start: [7], learningRate: 0.1 }, steps: 30 },
  { name: "One weight, three points", formula: "14/3*(w - 2)^2", run: { start: [1], learningRate: 0.01 }, steps: 100 },
  { name: "Two valleys", formula: "x^4 - 3x^2 + x", run: { start: [2.2], learningRate: 0.02 }, steps: 60 },
  { name: "Waves", formula: "sin(3x) + x^2/8", run: { start: [3.4], learningRate: 0.05 }, steps: 60 },
  { name: "Ellipses", formula: "x^2 + 10y^2", run: { start: [9, 2], learningRate: 0.09 }, steps: 60 },
  { name: "Rosenbrock's valley", formula: "(1 - x)^2 + 100(y - x^2)^2", run: { start: [-1.5, 2], learningRate: 0.0008 }, steps: 2000 },
  { name: "Himmelblau's four minima", formula: "(x^2 + y - 11)^2 + (x + y^2 - 7)^2", run: { start: [0, 0], learningRate: 0.01 }, steps: 60 },
  { name: "Saddle", formula: "x^2 - y^2 + y^4/4", run: { start: [1.5, 0.001], learningRate: 0.1 }, steps: 80 },
];
