/** A descent in the browser: the same steps as `steepest.minimize` takes with a fixed learning rate. */

import type { Formula } from "../formula/formula";
import { directions, type OptimizerName } from "./optimizers";

export interface Plan {
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly steps: number;
}

/** Parameters, objective and gradient of one point, and the update that was made there (null at the last). */
export interface Step {
  readonly point: Float64Array;
  readonly objective: number;
  readonly gradient: Float64Array;
  readonly direction: Float64Array; // d of the update θ − lr·d that leads to the next step
}

export interface Path {
  readonly steps: readonly Step[];
  /** The first step at which a number is not finite; null where all are. The path ends with it. */
  readonly brokeAt: number | null;
}

/** 100 updates give 101 steps; a path ends early where a number is no longer finite. */
export function descend(formula: Formula, start: readonly number[], plan: Plan): Path {
  const direction = directions(plan.optimizer, start.length, plan.momentum, plan.nesterov);
  const steps: Step[] = [];
  let point = Float64Array.from(start);
  for (let k = 0; k <= plan.steps; k++) {
    const { value, gradient } = formula.slope(point);
    const finite = Number.isFinite(value) && gradient.every(Number.isFinite) && point.every(Number.isFinite);
    const way = finite ? direction(gradient) : gradient;
    steps.push({ point, objective: value, gradient, direction: way });
    if (!finite) return { steps, brokeAt: k };
    point = point.map((coordinate, i) => coordinate - plan.learningRate * (way[i] ?? NaN));
  }
  return { steps, brokeAt: null };
}
