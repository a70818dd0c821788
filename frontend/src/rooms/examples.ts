/** Formulas to begin with: descents with a start and a rate that show what each is for, and graphs with their inputs. */

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

/** A graph to walk through. A torch module is written out in numbers, each of its parameters a variable. */
export interface GraphExample {
  readonly name: string;
  readonly formula: string;
  readonly inputs: readonly number[]; // in the order in which the variables first stand in the formula
  readonly module?: string; // what the formula writes out, as torch code
}

const TWO_LAYERS = (activation: string): string =>
  `(v1*${activation}(w1*x + b1) + v2*${activation}(w2*x + b2) + c - y)^2`;
const twoLayersInTorch = (activation: string): string =>
  `model = nn.Sequential(nn.Linear(1, 2), nn.${activation}(), nn.Linear(2, 1))\nJ = nn.MSELoss()(model(x), y)`;

export const GRAPHS: readonly GraphExample[] = [
  { name: "A product and a sum", formula: "3*(a + b*c)", inputs: [5, 3, 2] },
  { name: "A variable used twice", formula: "x*y + sin(x)", inputs: [2, 5] },
  { name: "One linear layer, squared loss", formula: "(w*x + b - y)^2", inputs: [1, 2, 0.5, 4], module: "model = nn.Linear(1, 1)\nJ = nn.MSELoss()(model(x), y)" },
  { name: "A logistic unit, cross entropy, a row of class 1", formula: "-log(sigmoid(w1*x1 + w2*x2 + b))", inputs: [0.5, 2, -1, 0.5, 0.1], module: "model = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())\nJ = nn.BCELoss()(model(x), torch.ones(1, 1))" },
  { name: "Two layers with tanh", formula: TWO_LAYERS("tanh"), inputs: [0.8, 0.5, 1.5, 0.1, -0.6, -1, 0.2, 0.3, 1], module: twoLayersInTorch("Tanh") },
  { name: "Two layers with ReLU, one unit of which is dead", formula: TWO_LAYERS("relu"), inputs: [0.8, 0.5, 1.5, 0.1, -0.6, -1, 0.2, 0.3, 1], module: twoLayersInTorch("ReLU") },
];
