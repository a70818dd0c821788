// Runs descents of the committed bundle: JSON in, JSON out. The tests of Python compare them with the engine's.
import { stdin, stdout } from "node:process";

const [bundle] = process.argv.slice(2);
const page = await import(bundle);
const { decode, descend, pythonCode, readFormula } = page;
const chunks = [];
for await (const chunk of stdin) chunks.push(chunk);
const finite = (value) => (Number.isFinite(value) ? value : null);

/** What a table room shows of rows: the path at some epochs, on held-out rows too, mini-batches and their floor. */
function tableNumbers({ features, y, standardize, start, rate, momentum, epochs, seed, batch, holdout }) {
  const held = y.map((_, row) => holdout > 0 && page.isHeldOut(row, holdout, seed));
  const part = (wanted) => [features.map((one) => one.filter((_, i) => held[i] === wanted)), y.filter((_, i) => held[i] === wanted)];
  const [[columns, target], [others, their]] = [part(false), part(true)];
  const quadratic = page.quadraticOf(columns, target, standardize);
  const validation = their.length > 0 ? page.objectiveOn(others, their, quadratic) : () => null;
  const path = epochs.map((k) => {
    const { parameters, excess } = page.pointAt(quadratic, start, rate, momentum, k);
    return [...parameters, quadratic.least + excess, validation(parameters)];
  });
  if (!batch) return { path };
  const rows = page.rowsOf(columns, target, quadratic);
  const { ends } = page.minibatchPath(rows, start, { batch, rate, momentum, seed, epochs: 30 });
  const floor = page.noiseFloor(page.rowNoise(quadratic, rows), rate, { rows: rows.count, batch, momentum });
  return { path, ends: ends.map((theta) => [...theta, quadratic.least + page.excessAt(quadratic, theta)]), floor };
}

const answers = JSON.parse(Buffer.concat(chunks).toString("utf8")).map((asked) => {
  if (asked.address !== undefined) {
    const { table } = decode(asked.address);
    const scene = page.tableSceneOf(table);
    const line = page.lineOf(scene.fitting, scene.now.parameters);
    return { code: page.tableCode(page.askedOf(scene, table)), line };
  }
  if (asked.table !== undefined) return page.readTable(asked.table).notes;
  if (asked.delta !== undefined) return page.huberLine(asked.features, asked.y, asked.delta);
  if (asked.classes !== undefined) return page.logisticPath(asked.features, asked.classes);
  if (asked.features !== undefined) return tableNumbers(asked);
  try {
    const formula = readFormula(asked.formula);
    if (asked.start === undefined) return { instructions: formula.instructions };
    const { steps } = descend(formula, asked.start, asked);
    return {
      points: steps.map((step) => Array.from(step.point, finite)),
      objectives: steps.map((step) => finite(step.objective)),
      gradients: steps.map((step) => Array.from(step.gradient, finite)),
      code: pythonCode(formula, { ...decode(""), run: asked, steps: asked.steps }),
    };
  } catch (error) {
    if (error.column === undefined) throw error;
    return { error: `formula, column ${error.column}: ${error.message}` };
  }
});
stdout.write(JSON.stringify(answers));
