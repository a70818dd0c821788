/** The objective over the epochs: linear up to the epoch that is shown, and logarithmic on both axes to 10⁹. */

import { pointAt } from "../descent/closed_form";
import { svg } from "../dom";
import type { TableScene } from "../rooms/table_scene";
import { LAST_EPOCH } from "../state";
import { text } from "../words";
import { frame, padded, type Axis } from "./frame";

const POINTS = 240;

export interface EpochsView {
  readonly root: SVGSVGElement;
  resize(width: number, height: number): void;
  draw(scene: TableScene, momentum: number, epoch: number): void;
}

export function epochsView(logarithmic: boolean): EpochsView {
  const picture = frame(logarithmic ? text("The objective above its minimum, logarithmic") : text("The objective by epoch"));
  return {
    root: picture.root,
    resize: picture.resize,
    draw(scene, momentum, epoch) {
      const epochs = logarithmic ? spaced() : even(Math.max(20, epoch));
      const values = epochs.map((k) => pointAt(scene.quadratic, scene.start, scene.rate, momentum, k).excess + (logarithmic ? 0 : scene.quadratic.least));
      const top = values[0] ?? 1;
      const seen = values.filter((value) => Number.isFinite(value) && (!logarithmic || value > 0) && value <= Math.max(top, 1e-300) * 1e6);
      const [x, y] = axes(logarithmic, epochs[epochs.length - 1] ?? 1, seen, top);
      const drawn = picture.draw(x, y);
      let [d, pen] = ["", "M"];
      epochs.forEach((k, i) => {
        const value = values[i] ?? NaN;
        if (!Number.isFinite(value) || (logarithmic && value <= 0)) pen = "M";
        else {
          d += `${pen}${drawn.x(k).toFixed(1)},${Math.max(-1e5, Math.min(1e5, drawn.y(value))).toFixed(1)}`;
          pen = "L";
        }
      });
      drawn.layer.append(svg("path", { class: "objective run-0", d }));
      const at = logarithmic ? Math.max(1, epoch) : epoch;
      const here = scene.now.excess + (logarithmic ? 0 : scene.quadratic.least);
      if (Number.isFinite(here) && (!logarithmic || here > 0)) drawn.layer.append(svg("circle", { class: "step run-0", cx: drawn.x(at), cy: Math.max(-1e5, drawn.y(here)), r: 4.5 }));
      drawn.above.append(svg("line", { class: "now", x1: drawn.x(at), x2: drawn.x(at), y1: drawn.y.range()[1] ?? 0, y2: drawn.y.range()[0] ?? 0 }));
    },
  };
}

function axes(logarithmic: boolean, last: number, seen: readonly number[], top: number): [Axis, Axis] {
  if (!logarithmic) return [{ range: [0, last], label: text("epoch") }, { range: padded(seen.length > 0 ? seen : [0, 1]), label: text("mean squared error") }];
  const high = Math.ceil(Math.log10(Math.max(top, ...seen, 1e-300)) + 1e-9);
  const least = seen.length > 0 ? Math.min(...seen) : 10 ** (high - 1);
  const low = Math.max(Math.floor(Math.log10(least)), high - 20);
  return [
    { range: [1, LAST_EPOCH], label: text("epoch"), logarithmic },
    { range: [10 ** Math.min(low, high - 1), 10 ** high], label: text("above minimum"), logarithmic },
  ];
}

const even = (last: number): number[] =>
  Array.from(new Set(Array.from({ length: POINTS + 1 }, (_, i) => Math.round((last * i) / POINTS))));
/** Epochs 1 to 10⁹, evenly on a logarithmic axis. */
const spaced = (): number[] =>
  Array.from(new Set(Array.from({ length: POINTS + 1 }, (_, i) => Math.round(LAST_EPOCH ** (i / POINTS)))));
