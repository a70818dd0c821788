/** The contours of squared loss over intercept and slope, which are ellipses, with the path on them. */

import { pointAt } from "../descent/closed_form";
import { svg } from "../dom";
import { shown } from "../numbers";
import type { TableScene } from "../rooms/table_scene";
import { text } from "../words";
import { frame, padded, words, type Scale } from "./frame";
import { handle, pathMarks, stationaryMark } from "./marks";

const LEVELS = 9;
const CORNERS = 72;

export interface EllipsesView {
  readonly root: SVGSVGElement;
  resize(width: number, height: number): void;
  draw(scene: TableScene, momentum: number, epoch: number, standardized: boolean, held: EllipsesWindow | null): EllipsesWindow;
  pointAt(x: number, y: number): readonly [number, number] | null;
  pixelStep(): readonly [number, number];
}

export type EllipsesWindow = readonly [b: readonly [number, number], w: readonly [number, number]];

export function ellipsesView(): EllipsesView {
  const picture = frame(text("The contours of the loss over intercept and slope, and the path"));
  let scales: { x: Scale; y: Scale } | null = null;
  return {
    root: picture.root,
    resize: picture.resize,
    draw(scene, momentum, epoch, standardized, held) {
      const { quadratic, start, rate } = scene;
      const shownEpochs = epochsShown(epoch);
      const path = shownEpochs.map((k) => pointAt(quadratic, start, rate, momentum, k).parameters);
      const window = held ?? windowOf(scene, path);
      const unit = standardized ? text("{name}, standardised", { name: scene.names[0] }) : scene.names[0];
      const { x, y, layer, above } = picture.draw(
        { range: window[0], label: text("intercept b") },
        { range: window[1], label: text("slope w of {name}", { name: unit }) },
      );
      scales = { x, y };
      const highest = Math.max(...[window[0][0], window[0][1]].flatMap((b) => [window[1][0], window[1][1]].map((w) => excess(scene, b, w))));
      for (let level = LEVELS; level >= 1; level--) {
        const height = highest * (level / LEVELS) ** 2.2;
        const kind = `band band-${Math.round((14 * level) / LEVELS)}`;
        layer.append(svg("path", { class: kind, d: ellipse(scene, height, x, y) }));
      }
      const pixels = path.map(([b, w]) => [x(b), y(w)] as const);
      layer.append(...pathMarks(pixels, pixels.length - 1, 0));
      layer.append(stationaryMark("minimum", x(quadratic.minimum[0]), y(quadratic.minimum[1]), text("least squares")));
      const [left, top] = [x(start[0]), y(start[1])];
      above.append(handle(left, top, text("Start"), `b = ${shown(start[0])}, w = ${shown(start[1])}`));
      above.append(words("note", left + 14, top + 4, "start", text("start")));
      return window;
    },
    pointAt: (px, py) => (scales === null ? null : [scales.x.invert(px), scales.y.invert(py)]),
    pixelStep: () => (scales === null ? [0, 0] : ([scales.x, scales.y].map((one) => Math.abs(one.invert(10) - one.invert(0))) as [number, number])),
  };
}

/** The first hundred epochs one by one, later ones ever further apart, up to the one that is shown. */
function epochsShown(epoch: number): number[] {
  const found: number[] = [];
  for (let k = 0; k <= epoch; k = k < 100 ? k + 1 : Math.ceil(k * 1.04)) found.push(k);
  if (found[found.length - 1] !== epoch) found.push(epoch);
  return found;
}

/** Start, minimum, and the path as far as it does not run away. */
function windowOf(scene: TableScene, path: readonly (readonly [number, number])[]): EllipsesWindow {
  const ranges = [0, 1].map((axis) => {
    const core = [scene.start[axis] ?? 0, scene.quadratic.minimum[axis] ?? 0];
    const middle = core[1] ?? 0;
    const reach = Math.max(Math.abs((core[0] ?? 0) - middle), 0.05 * Math.abs(middle), 1e-9) * 1.6;
    const seen = path.map((point) => point[axis] ?? 0).filter((one) => Math.abs(one - middle) <= 3 * reach);
    return padded([...core, middle - reach, middle + reach, ...seen], 0.05);
  });
  return ranges as unknown as EllipsesWindow;
}

function excess(scene: TableScene, b: number, w: number): number {
  const [db, dw] = [b - scene.quadratic.minimum[0], w - scene.quadratic.minimum[1]];
  const [bb, bw, ww] = scene.quadratic.hessian;
  return 0.5 * (bb * db * db + 2 * bw * db * dw + ww * dw * dw);
}

/** Where the loss is `height` above its minimum: ½ Σ λᵢ eᵢ² = height. */
function ellipse(scene: TableScene, height: number, x: Scale, y: Scale): string {
  const { minimum, modes } = scene.quadratic;
  const corners = Array.from({ length: CORNERS }, (_, k) => {
    const angle = (2 * Math.PI * k) / CORNERS;
    const along = modes.map((mode, i) => Math.sqrt((2 * height) / mode.eigenvalue) * (i === 0 ? Math.cos(angle) : Math.sin(angle)));
    const coordinate = (axis: 0 | 1): number => (minimum[axis] ?? 0) + modes.reduce((sum, mode, i) => sum + (along[i] ?? 0) * mode.vector[axis], 0);
    const clamped = (pixel: number): string => Math.max(-1e5, Math.min(1e5, pixel)).toFixed(1);
    return `${clamped(x(coordinate(0)))},${clamped(y(coordinate(1)))}`;
  });
  return `M${corners.join("L")}Z`;
}
