// Runs descents of the committed bundle: JSON in, JSON out. The tests of Python compare them with the engine's.
import { stdin, stdout } from "node:process";

const [bundle] = process.argv.slice(2);
const { decode, descend, pointAt, pythonCode, quadraticOf, readFormula } = await import(bundle);
const chunks = [];
for await (const chunk of stdin) chunks.push(chunk);
const finite = (value) => (Number.isFinite(value) ? value : null);

const answers = JSON.parse(Buffer.concat(chunks).toString("utf8")).map((asked) => {
  if (asked.x !== undefined) {
    const quadratic = quadraticOf(asked.x, asked.y, false);
    return asked.epochs.map((k) => {
      const { parameters, excess } = pointAt(quadratic, asked.start, asked.rate, asked.momentum, k);
      return [...parameters, quadratic.least + excess];
    });
  }
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
