/** Why a step went where it went: the arithmetic with its numbers, and what other rates would have done. */

import { eigenvalues } from "../curvature/rates";
import { element } from "../dom";
import { shown } from "../numbers";
import type { Scene } from "../rooms/scene";
import { text } from "../words";

export interface Reason {
  readonly lines: readonly string[]; // one update for each variable
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** Facts of step `at` of the first run; it is the last one where nothing is updated after it. */
export function reasonOf(scene: Scene, at: number): Reason {
  const { path, settings } = scene.runs[0];
  const place = Math.min(at, path.steps.length - 1);
  const [step, next] = [path.steps[place], path.steps[place + 1]];
  if (step === undefined) return { lines: [], facts: [] };
  const names = scene.formula.names;
  const rate = settings.learningRate;
  const moves = step.direction.map((one) => -rate * one);
  const at_ = (share: number): number => scene.formula.value(step.point.map((one, i) => one + share * (moves[i] ?? NaN)));
  const lines =
    next === undefined
      ? []
      : names.map((name, i) => {
          const [from, way, to] = [step.point[i] ?? NaN, step.direction[i] ?? NaN, next.point[i] ?? NaN];
          return `${name} ← ${shown(from)} − ${shown(rate)} · ${bracketed(way)} = ${shown(to)}`;
        });
  const facts: (readonly [string, string])[] = [[text("objective"), shown(step.objective, 8)]];
  facts.push([names.length === 1 ? text("slope") : text("gradient"), vector(step.gradient)]);
  if (settings.optimizer !== "SGD" || settings.momentum > 0) facts.push([text("direction"), vector(step.direction)]);
  if (names.length <= 2 && step.point.every(Number.isFinite)) {
    const values = eigenvalues(scene.formula.expand(step.point).curvature);
    facts.push([names.length === 1 ? text("curvature") : text("curvatures"), values.map((one) => shown(one)).join(", ")]);
  }
  if (next !== undefined) {
    facts.push([text("f with half the rate"), shown(at_(0.5))]);
    facts.push([text("f with this rate"), shown(next.objective)]);
    facts.push([text("f with twice the rate"), shown(at_(2))]);
  }
  return { lines, facts };
}

const bracketed = (value: number): string => (value < 0 ? `(${shown(value)})` : shown(value));
const vector = (values: Float64Array): string =>
  values.length === 1 ? shown(values[0] ?? NaN) : `(${Array.from(values, (one) => shown(one, 5)).join(", ")})`;

export function reasonElements(reason: Reason): Element[] {
  return [...reason.lines.map((line) => element("p", { class: "update" }, line)), factList(reason.facts)];
}

const opened = new Set<string>(); // they stay open while steps are gone through

/** What a verdict of such a kind means, to be unfolded; its first line names the kind. */
export function meaningOf(lines: readonly string[]): Element[] {
  const [first] = lines;
  if (first === undefined) return [];
  const unfolded = element("details", { class: "meaning" }, element("summary", {}, text("What does this verdict mean?")), ...lines.map((line) => element("p", {}, line))) as HTMLDetailsElement;
  unfolded.open = opened.has(first);
  unfolded.addEventListener("toggle", () => (unfolded.open ? opened.add(first) : opened.delete(first)));
  return [unfolded];
}

export function factList(facts: Reason["facts"]): Element {
  return element("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}
