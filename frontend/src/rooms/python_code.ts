/** The Python that gives the same run or graph. */

import type { RunSettings, State } from "../state";
import { startOf } from "./scene";
import type { Formula } from "../formula/formula";

export function pythonCode(formula: Formula, state: State): string {
  const target = pythonText(formula.text);
  if (state.kept.length === 0) return `import steepest\n\nrun = steepest.minimize(${target}, ${call(formula, state.run, state.steps)})\nrun.plot()\n`;
  const runs = [state.run, ...state.kept].map((run) => `    steepest.minimize(${target}, ${call(formula, run, state.steps)}),\n`);
  return `import steepest\n\nruns = [\n${runs.join("")}]\n`;
}

function call(formula: Formula, run: RunSettings, steps: number): string {
  const start = startOf(formula, run.start);
  const where = start.length === 1 ? String(start[0]) : `(${start.join(", ")})`;
  const others = [
    ...(run.optimizer === "SGD" ? [] : [`optimizer="${run.optimizer.toLowerCase()}"`]),
    ...(run.optimizer === "SGD" && run.momentum > 0 ? [`momentum=${run.momentum}`] : []),
    ...(run.optimizer === "SGD" && run.momentum > 0 && run.nesterov ? ["nesterov=True"] : []),
  ];
  return [`start=${where}`, `lr=${run.learningRate}`, `epochs=${steps}`, ...others].join(", ");
}

/** The Python that makes the same graph and takes all of its steps. */
export function graphCode(formula: Formula, inputs: readonly number[]): string {
  const values = formula.names.map((name, place) => `${name}=${inputs[place] ?? 1}`);
  return `import steepest\n\ngraph = steepest.graph(${[pythonText(formula.text), ...values].join(", ")})\ngraph.forward(), graph.backward()\n`;
}

const pythonText = (text: string): string => JSON.stringify(text);
