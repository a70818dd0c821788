/** How a run ended, as facts that its numbers show; what it means in general is the engine's to say. */

import { shown } from "../numbers";
import type { Rates, Run } from "../rooms/scene";
import { text } from "../words";

/** Sentences: where the run stands after its last step, and what the rate is beside the stable limit. */
export function outcomeOf(run: Run, names: readonly string[], rates: Rates | null): string[] {
  const { steps, brokeAt } = run.path;
  const [first, last] = [steps[0], steps[steps.length - 1]];
  if (first === undefined || last === undefined) return [];
  const said: string[] = [];
  if (brokeAt !== null) {
    said.push(text("At step {step} a number is no longer finite, and the run ends.", { step: brokeAt }));
  } else {
    const where = names.map((name, i) => `${name} = ${shown(last.point[i] ?? NaN)}`).join(", ");
    said.push(text("After {steps} steps: {where}, f = {value}.", { steps: steps.length - 1, where, value: shown(last.objective) }));
    const [before, now] = [norm(first.gradient), norm(last.gradient)];
    if (before > 0) {
      said.push(text("The gradient went from {before} to {now}.", { before: shown(before, 3), now: shown(now, 3) }));
    }
  }
  const sentence = repeats(run) ? text("The last steps go back and forth between the same two points: a cycle.") : null;
  if (sentence !== null) said.push(sentence);
  if (rates?.stable != null) said.push(rateSentence(run.settings.learningRate, rates.stable, rates.atMinimum));
  return said;
}

function rateSentence(rate: number, stable: number, atMinimum: boolean): string {
  const values = { rate: shown(rate), stable: shown(stable) };
  if (!atMinimum) return text("By the curvature at the step shown, rates up to {stable} are stable; this one is {rate}.", values);
  const near = Math.abs(rate / stable - 1) < 1e-9;
  if (near) return text("The rate {rate} is the largest stable one at the minimum: near it, no step comes nearer.", values);
  return rate < stable
    ? text("The rate {rate} is below {stable}, the largest stable one at the minimum.", values)
    : text("The rate {rate} is above {stable}, the largest stable one at the minimum: near it, errors grow.", values);
}

/** Whether the last six steps are two points in turn, to rounding. */
function repeats(run: Run): boolean {
  const last = run.path.steps.slice(-6);
  if (last.length < 6 || run.path.brokeAt !== null) return false;
  const same = (a: Float64Array, b: Float64Array): boolean =>
    a.every((one, i) => Math.abs(one - (b[i] ?? NaN)) <= 1e-12 * (1 + Math.abs(one)));
  const points = last.map((step) => step.point);
  const turns = points.slice(2).every((point, k) => same(point, points[k] as Float64Array));
  return turns && !same(points[0] as Float64Array, points[1] as Float64Array);
}

const norm = (vector: Float64Array): number => Math.hypot(...vector);
