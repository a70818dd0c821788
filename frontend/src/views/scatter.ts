/** The points, the fitted line at the epoch that is shown, where it started and where it will end. */

import { svg } from "../dom";
import { lineOf, type TableScene } from "../rooms/table_scene";
import { shown } from "../numbers";
import { text } from "../words";
import { frame, padded, words, type Scale } from "./frame";

const MOST_POINTS = 5_000; // drawn; of more every so manieth

export interface ScatterView {
  readonly root: SVGSVGElement;
  resize(width: number, height: number): void;
  draw(scene: TableScene, chosen: number | null): void;
  /** The data under a pixel. */
  pointAt(x: number, y: number): readonly [number, number] | null;
  /** The row whose point is within reach of a pixel; null where none is. */
  rowAt(x: number, y: number, scene: TableScene): number | null;
}

export function scatterView(): ScatterView {
  const picture = frame(text("The points of the table, and the fitted line"));
  let scales: { x: Scale; y: Scale } | null = null;
  return {
    root: picture.root,
    resize: picture.resize,
    draw(scene, chosen) {
      const { x, y, layer, above } = picture.draw(
        { range: padded(scene.x, 0.08), label: scene.names[0] },
        { range: padded(scene.y, 0.12), label: scene.names[1] },
      );
      scales = { x, y };
      const every = Math.ceil(scene.x.length / MOST_POINTS);
      const size = scene.x.length <= 30 ? 5.5 : scene.x.length <= 400 ? 4 : 2.5;
      scene.x.forEach((there, i) => {
        if (i % every !== 0) return;
        const row = scene.rows[i] ?? 0;
        layer.append(svg("circle", { class: row === chosen ? "point chosen" : "point", cx: x(there), cy: y(scene.y[i] ?? NaN), r: size }));
      });
      const draw = ([intercept, slope]: readonly [number, number], kind: string): void => {
        const ends = x.domain() as [number, number];
        const [left, right] = ends.map((end) => Math.max(-1e5, Math.min(1e5, y(intercept + slope * end)))) as [number, number];
        if (Number.isFinite(intercept + slope)) layer.append(svg("line", { class: `fit ${kind}`, x1: x(ends[0]), x2: x(ends[1]), y1: left, y2: right }));
      };
      draw(lineOf(scene.quadratic, scene.start), "started");
      draw(lineOf(scene.quadratic, scene.quadratic.minimum), "least");
      scene.others.forEach((one) => draw(one.line, one.name));
      draw(lineOf(scene.quadratic, scene.now.parameters), "now");
      if (every > 1) above.append(words("note", picture.width - 20, 26, "end", text("every {every}th of {count} points is drawn", { every, count: shown(scene.x.length) })));
    },
    pointAt: (px, py) => (scales === null ? null : [scales.x.invert(px), scales.y.invert(py)]),
    rowAt(px, py, scene) {
      if (scales === null) return null;
      const { x, y } = scales;
      let [best, least]: [number | null, number] = [null, 14];
      scene.x.forEach((there, i) => {
        const far = Math.hypot(x(there) - px, y(scene.y[i] ?? NaN) - py);
        if (far < least) [best, least] = [scene.rows[i] ?? null, far];
      });
      return best;
    },
  };
}
