/** The contours of squared loss over two parameters through the minimum, which are ellipses, with the path on them. */

import { excessAt, pointAt } from "../descent/closed_form";
import { dot } from "../curvature/small_matrices";
import { svg } from "../dom";
import { shown } from "../numbers";
import type { TableScene } from "../rooms/table_scene";
import type { TableState } from "../state";
import { text } from "../words";
import { frame, padded, words } from "./frame";
import type { Scale } from "./scale";
import { clamped, pathMarks, stationaryMark } from "./marks";

const LEVELS = 9;
const CORNERS = 72;
const MOST_UPDATES = 120; // of mini-batches that are drawn one by one

export type EllipsesWindow = readonly [first: readonly [number, number], second: readonly [number, number]];

export interface EllipsesView {
  readonly root: SVGSVGElement;
  resize(width: number, height: number): void;
  draw(scene: TableScene, state: TableState, held: EllipsesWindow | null): EllipsesWindow;
  pointAt(x: number, y: number): readonly [number, number] | null;
  pixelStep(): readonly [number, number];
}

/** "b" for the intercept, "w" for the slope, or the slope's column where there are several. */
export function parameterName({ fitting }: TableScene, place: number): string {
  return place === 0 ? "b" : fitting.names.length === 1 ? "w" : (fitting.names[place - 1] ?? "w");
}

function labelOf(scene: TableScene, place: number, standardized: boolean): string {
  const name = scene.fitting.names[place - 1] ?? "";
  return place === 0 ? text("intercept b") : text("slope w of {name}", { name: standardized ? text("{name}, standardised", { name }) : name });
}

export function ellipsesView(): EllipsesView {
  const picture = frame(text("The contours of the loss over two parameters, and the path"));
  let scales: { x: Scale; y: Scale } | null = null;
  return {
    root: picture.root,
    resize: picture.resize,
    draw(scene, state, held) {
      const { fitting, start, rate, axes } = scene;
      const { quadratic } = fitting;
      const flat = (parameters: readonly number[]): readonly [number, number] => [parameters[axes[0]] ?? NaN, parameters[axes[1]] ?? NaN];
      const path = epochsShown(state.epoch).map((k) => flat(pointAt(quadratic, start, rate, state.momentum, k).parameters));
      const window = held ?? windowOf(scene, path);
      const { x, y, layer, above } = picture.draw(
        { range: window[0], label: labelOf(scene, axes[0], state.standardize) },
        { range: window[1], label: labelOf(scene, axes[1], state.standardize) },
      );
      scales = { x, y };
      picture.background(JSON.stringify([axes, quadratic.root, window]), () => bands(scene, window, x, y));
      const pixels = path.map(([first, second]) => [x(first), y(second)] as const);
      const batches = batchPath(scene, state.epoch).map(flat).map(([first, second]) => [x(first), y(second)] as const);
      const points = batches.map((pixel) => pixel.map((one) => clamped(one).toFixed(1)).join(","));
      if (points.length > 0) layer.append(svg("polyline", { class: "path batch-path run-1", points: points.join(" ") }), ...pathMarks(batches.slice(-1), 0, 1));
      layer.append(...pathMarks(pixels, pixels.length - 1, 0));
      const [first, second] = flat(quadratic.minimum);
      layer.append(stationaryMark("minimum", x(first), y(second), text("least squares")));
      const [from, to] = flat(start);
      const value = `${parameterName(scene, axes[0])} = ${shown(from)}, ${parameterName(scene, axes[1])} = ${shown(to)}`;
      picture.handle(x(from), y(to), text("Start"), value);
      above.append(words("note", x(from) + 14, y(to) + 4, "start", text("start")));
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

/** The first updates one by one, then the ends of epochs, up to the epoch that is shown. */
function batchPath({ batches, fitting }: TableScene, epoch: number): (readonly number[])[] {
  if (batches === null) return [];
  const updates = Math.ceil(fitting.rows.count / batches.size);
  const single = batches.first.slice(0, Math.min(MOST_UPDATES, updates * epoch) + 1);
  const followed = Math.floor((single.length - 1) / updates);
  return [...single, ...epochsShown(Math.min(epoch, batches.ends.length - 1)).filter((k) => k > followed).map((k) => batches.ends[k] ?? [])];
}

/**
 * Start, minimum, and the path as far as it does not run away. Where a parameter starts at its minimum, a tenth of what it
 * alone would be off at the start's loss.
 */
function windowOf({ start, axes, fitting }: TableScene, path: readonly (readonly [number, number])[]): EllipsesWindow {
  const { minimum, root } = fitting.quadratic;
  const excess = excessAt(fitting.quadratic, start);
  const ranges = axes.map((axis, place) => {
    const [from, middle] = [start[axis] ?? 0, minimum[axis] ?? 0];
    const alone = Math.sqrt((2 * excess) / Math.max(root.reduce((sum, row) => sum + (row[axis] ?? 0) ** 2, 0), Number.MIN_VALUE));
    const reach = Math.max(Math.abs(from - middle), 0.05 * Math.abs(middle), 0.1 * alone) * 1.6 || 1;
    const seen = path.map((point) => point[place] ?? 0).filter((one) => Math.abs(one - middle) <= 3 * reach);
    return padded([from, middle, middle - reach, middle + reach, ...seen], 0.05);
  });
  return ranges as unknown as EllipsesWindow;
}

/** Where the loss is so high above its minimum that ½ |R e|² is the level, other parameters being at the minimum. */
function bands({ fitting, axes }: TableScene, window: EllipsesWindow, x: Scale, y: Scale): Element[] {
  const { minimum, root } = fitting.quadratic;
  const at = (first: number, second: number): number[] => minimum.map((one, i) => (i === axes[0] ? first : i === axes[1] ? second : one));
  const highest = Math.max(...window[0].flatMap((first) => window[1].map((second) => excessAt(fitting.quadratic, at(first, second)))));
  const [left, right] = axes.map((axis) => root.map((row) => row[axis] ?? 0)) as [number[], number[]];
  const first = Math.sqrt(dot(left, left));
  const between = dot(left, right) / first;
  const rest = right.map((one, i) => one - (between / first) * (left[i] ?? 0));
  const second = Math.sqrt(dot(rest, rest));
  const clamped = (pixel: number): string => Math.max(-1e5, Math.min(1e5, pixel)).toFixed(1);
  return Array.from({ length: LEVELS }, (_, place) => {
    const level = LEVELS - place;
    const radius = Math.sqrt(2 * highest * (level / LEVELS) ** 2.2);
    const corners = Array.from({ length: CORNERS }, (_, k) => {
      const angle = (2 * Math.PI * k) / CORNERS;
      const up = (radius * Math.sin(angle)) / second;
      const across = (radius * Math.cos(angle) - between * up) / first;
      return `${clamped(x((minimum[axes[0]] ?? 0) + across))},${clamped(y((minimum[axes[1]] ?? 0) + up))}`;
    });
    return svg("path", { class: `band band-${Math.round((14 * level) / LEVELS)}`, d: `M${corners.join("L")}Z` });
  });
}
