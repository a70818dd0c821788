/** The objective over the epochs: linear up to the epoch that is shown, and logarithmic on both axes to 10⁹. */

import { pointAt } from "../descent/closed_form";
import { svg } from "../dom";
import type { TableScene } from "../rooms/table_scene";
import { LAST_EPOCH, type TableState } from "../state";
import { text } from "../words";
import { frame, padded } from "./frame";
import type { Axis } from "./scale";
import { lineThrough } from "./marks";

const POINTS = 240;

export interface EpochsView {
  readonly root: SVGSVGElement;
  resize(width: number, height: number): void;
  draw(scene: TableScene, state: TableState): void;
}

interface Curve {
  readonly kind: string;
  readonly epochs: readonly number[];
  readonly values: readonly number[];
}

/** Above the minimum where logarithmic; as it is where held-out rows, which have another minimum, are drawn beside. */
export function epochsView(logarithmic: boolean): EpochsView {
  const picture = frame(logarithmic ? text("The objective by epoch, logarithmic") : text("The objective by epoch"));
  return {
    root: picture.root,
    resize: picture.resize,
    draw(scene, state) {
      const { quadratic, validation } = scene.fitting;
      const isAbove = logarithmic && validation === null;
      const base = isAbove ? 0 : quadratic.least;
      const epochs = logarithmic ? SPACED : even(Math.max(20, state.epoch));
      const curves = curvesOf(scene, state, epochs, base);
      const floor = scene.batches?.floor == null ? null : base + scene.batches.floor.shuffled;
      const visible = (value: number): boolean => Number.isFinite(value) && (!logarithmic || value > 0);
      const top = curves[0]?.values[0] ?? 1;
      const seen = [...curves.flatMap((curve) => curve.values), ...(floor === null ? [] : [floor])].filter((value) => visible(value) && value <= Math.max(top, 1e-300) * 1e6);
      const { x, y, layer, above } = picture.draw(...axes(logarithmic, isAbove, epochs[epochs.length - 1] ?? 1, seen, top));
      if (floor !== null && visible(floor)) {
        const [left, right] = x.range() as [number, number];
        layer.append(svg("line", { class: "floor", x1: left, x2: right, y1: y(floor), y2: y(floor) }));
      }
      for (const { kind, epochs: along, values } of [...curves].reverse()) layer.append(svg("path", { class: `objective ${kind}`, d: lineThrough(along, values, x, y, logarithmic) }));
      const at = logarithmic ? Math.max(1, state.epoch) : state.epoch;
      const here = scene.now.excess + base;
      if (visible(here)) layer.append(svg("circle", { class: "step run-0", cx: x(at), cy: Math.max(-1e5, y(here)), r: 4.5 }));
      above.append(svg("line", { class: "now", x1: x(at), x2: x(at), y1: y.range()[1] ?? 0, y2: y.range()[0] ?? 0 }));
    },
  };
}

/** The descent by all rows, the same on rows held out, and mini-batches, as far as each goes. */
function curvesOf(scene: TableScene, state: TableState, epochs: readonly number[], base: number): Curve[] {
  const { quadratic, validation } = scene.fitting;
  const points = epochs.map((k) => pointAt(quadratic, scene.start, scene.rate, state.momentum, k));
  const ends = scene.batches?.excess ?? [];
  const made = epochs.filter((k) => k < ends.length);
  return [
    { kind: "run-0", epochs, values: points.map((point) => point.excess + base) },
    ...(validation === null ? [] : [{ kind: "held", epochs, values: points.map((point) => validation(point.parameters)) }]),
    ...(made.length === 0 ? [] : [{ kind: "run-1", epochs: made, values: made.map((k) => base + (ends[k] ?? NaN)) }]),
  ];
}

function axes(logarithmic: boolean, isAbove: boolean, last: number, seen: readonly number[], top: number): [Axis, Axis] {
  const label = isAbove ? text("above minimum") : text("mean squared error");
  const epoch = text("epoch: all rows seen once");
  if (!logarithmic) return [{ range: [0, last], label: epoch }, { range: padded(seen.length > 0 ? seen : [0, 1]), label }];
  const high = Math.ceil(Math.log10(Math.max(top, ...seen, 1e-300)) + 1e-9);
  const least = seen.length > 0 ? Math.min(...seen) : 10 ** (high - 1);
  const low = Math.max(Math.floor(Math.log10(least)), high - 20);
  return [
    { range: [1, LAST_EPOCH], label: epoch, logarithmic },
    { range: [10 ** Math.min(low, high - 1), 10 ** high], label, logarithmic },
  ];
}

const even = (last: number): number[] =>
  Array.from(new Set(Array.from({ length: POINTS + 1 }, (_, i) => Math.round((last * i) / POINTS))));
/** Epochs 1 to 10⁹, evenly on a logarithmic axis. */
const SPACED = Array.from(new Set(Array.from({ length: POINTS + 1 }, (_, i) => Math.round(LAST_EPOCH ** (i / POINTS)))));
