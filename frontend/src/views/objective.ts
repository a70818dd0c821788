/** The objective at every step, linear or logarithmic. A click goes to the step. */

import { svg } from "../dom";
import type { Scene } from "../rooms/scene";
import { text } from "../words";
import { clamped, lineThrough } from "./marks";
import { frame, padded, type Frame } from "./frame";
import type { Scale } from "./scale";

const MOST = 800; // points of a curve

export interface ObjectiveView {
  readonly root: SVGSVGElement;
  resize(width: number, height: number): void;
  draw(scene: Scene, at: number): void;
  stepAt(x: number): number | null;
}

/** What is drawn on a logarithmic axis: the objective above the lowest known, or as it is where it is positive. */
export function objectiveView(logarithmic: boolean): ObjectiveView {
  const picture = frame(logarithmic ? text("The objective at each step, logarithmic") : text("The objective at each step"));
  let scale: Scale | null = null;
  let drawn: { scene: Scene; at: number } | null = null; // nothing of it changes while a surface is turned
  return {
    root: picture.root,
    resize(width, height) {
      drawn = null;
      picture.resize(width, height);
    },
    draw(scene, at) {
      if (drawn?.scene !== scene || drawn.at !== at) scale = draw(picture, scene, at, logarithmic);
      drawn = { scene, at };
    },
    stepAt: (x) => (scale === null ? null : Math.round(scale.invert(x))),
  };
}

function draw(picture: Frame, scene: Scene, at: number, logarithmic: boolean): Scale {
  const base = logarithmic ? lowest(scene) : 0;
  const curves = scene.runs.map((run) => run.path.steps.map((step) => step.objective - base));
  const last = Math.max(1, ...curves.map((curve) => curve.length - 1));
  const seen = curves.flat().filter((value) => Number.isFinite(value) && (!logarithmic || value > 0));
  const label = !logarithmic ? text("objective f") : base === 0 ? "f" : text("f − its minimum");
  const { x, y, layer, above } = picture.draw(
    { range: [0, last], label: text("step") },
    { range: seen.length === 0 ? [0.1, 1] : logarithmic ? decades(seen) : padded(seen), label, logarithmic },
  );
  curves.forEach((curve, colour) => {
    const d = line(curve, x, y, logarithmic);
    layer.append(svg("path", { class: `objective run-${colour}`, d }));
    const here = Math.min(at, curve.length - 1);
    const value = curve[here] ?? NaN;
    if (Number.isFinite(value) && (!logarithmic || value > 0)) {
      layer.append(svg("circle", { class: `step run-${colour}`, cx: x(here), cy: clamped(y(value)), r: 4.5 }));
    }
  });
  above.append(svg("line", { class: "now", x1: x(Math.min(at, last)), x2: x(Math.min(at, last)), y1: y.range()[1] ?? 0, y2: y.range()[0] ?? 0 }));
  return x;
}

/** The lowest minimum that was found, if no step lies below it; else 0. */
function lowest(scene: Scene): number {
  const minima = scene.stationary.filter((one) => one.kind === "minimum").map((one) => one.value);
  const steps = scene.runs.flatMap((run) => run.path.steps.map((step) => step.objective)).filter(Number.isFinite);
  const least = Math.min(...minima);
  return minima.length > 0 && Math.min(...steps) >= least - 1e-12 * Math.abs(least) ? least : 0;
}

/** Whole decades, at most 16 below the first value: what lies lower is rounding. */
export function decades(values: readonly number[]): readonly [number, number] {
  const high = Math.ceil(Math.log10(Math.max(...values)) + 1e-9);
  const low = Math.max(Math.floor(Math.log10(Math.min(...values))), Math.min(high, Math.ceil(Math.log10(values[0] ?? 1))) - 16);
  return [10 ** Math.max(-300, Math.min(low, high - 1)), 10 ** Math.min(300, high)];
}

/** The places that are drawn: all, or of each of many stretches its lowest and its highest. */
function telling(curve: readonly number[]): number[] {
  const places = curve.map((_, k) => k);
  const length = Math.ceil((2 * curve.length) / MOST);
  if (length <= 2) return places;
  const at = (k: number): number => curve[k] ?? NaN;
  return places.filter((first) => first % length === 0).flatMap((first) => {
    let [low, high] = [first, first];
    for (let k = first; k < Math.min(first + length, curve.length); k++) {
      if (at(k) < at(low)) low = k;
      if (!(at(k) <= at(high))) high = k; // also what is no number
    }
    return low === high ? [low] : [Math.min(low, high), Math.max(low, high)];
  });
}

function line(curve: readonly number[], x: Scale, y: Scale, logarithmic: boolean): string {
  const kept = telling(curve);
  return lineThrough(kept, kept.map((k) => curve[k] ?? NaN), x, y, logarithmic);
}
