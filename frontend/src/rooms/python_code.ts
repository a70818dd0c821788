/** The Python that gives the same run, graph or descent of a table. */

import type { RunSettings, State } from "../state";
import { startOf } from "./scene";
import type { AskedFit } from "./table_scene";
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

/** The Python that makes the same descents of the same rows. */
export function tableCode(asked: AskedFit): string {
  const [intercept = 0, ...slopes] = asked.start;
  const [features, target] = [asked.names.slice(0, -1), asked.names.at(-1) ?? ""];
  const start = [...features, "intercept"].map((name, i) => `${pythonText(name)}: ${slopes[i] ?? intercept}`);
  const rows = asked.target.map((value, row) => `[${[...asked.features.map((column) => column[row]), value].join(", ")}]`);
  const options = [
    `start={${start.join(", ")}}`,
    `lr=${asked.learningRate}`,
    ...(asked.standardize ? [] : ["standardize=False"]),
    ...(asked.momentum > 0 ? [`momentum=${asked.momentum}`] : []),
    ...(asked.holdout > 0 ? [`validation=${asked.holdout}`] : []),
    ...(asked.holdout > 0 || asked.batch > 0 ? [`seed=${asked.seed}`] : []),
  ].join(", ");
  const fit = (name: string, more: string): string => `${name} = steepest.fit(\n    table, ${pythonText(target)}, ${options}, ${more}\n)\n`;
  return [
    "import steepest\n",
    `table = steepest.read(\n    [${rows.join(", ")}], names=[${asked.names.map(pythonText).join(", ")}]\n)`,
    fit("fit", `epochs=${asked.epochs}`).trimEnd(),
    ...(asked.batch === 0 ? [] : [fit("batches", `epochs=${asked.batchEpochs}, batch_size=${asked.batch}`).trimEnd()]),
    // A fit that holds rows out keeps the epoch that is best on them, and its path goes to the one that is drawn.
    ...(asked.holdout === 0 ? [] : ["line = fit.path.last", ...(asked.batch === 0 ? [] : ["batch_line = batches.path.last"])]),
    'fit.plot("contour")\n',
  ].join("\n");
}

const pythonText = (text: string): string => JSON.stringify(text);
