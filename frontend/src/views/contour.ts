/** A formula of two variables from above: its contours, the paths on them, the gradient at the step that is shown. */

import { contours } from "d3-contour";
import { svg } from "../dom";
import { shown } from "../numbers";
import type { Scene } from "../rooms/scene";
import { text } from "../words";
import { frame, words, type Frame } from "./frame";
import type { Scale } from "./scale";
import { gridOf, levelsOf, type Grid } from "./grid";
import { pathMarks, stationaryMark } from "./marks";
import type { View } from "./view";

const CELLS = 110;
const LEVELS = 14;
const ARROW = 46; // pixels

export function contourView(): View {
  const picture = frame(text("The contours of the formula, and the steps on them"));
  let scales: { x: Scale; y: Scale } | null = null;
  return {
    root: picture.root,
    resize: (width, height) => picture.resize(width, height),
    draw: (scene, at) => void (scales = draw(picture, scene, at)),
    pointAt: (x, y) => (scales === null ? null : [scales.x.invert(x), scales.y.invert(y)]),
    pixelStep: () =>
      scales === null ? [0, 0] : [scales.x, scales.y].map((scale) => Math.abs(scale.invert(10) - scale.invert(0))),
  };
}

function draw(picture: Frame, scene: Scene, at: number): { x: Scale; y: Scale } {
  const [first = "x", second = "y"] = scene.formula.names;
  const [xRange = [0, 1] as const, yRange = [0, 1] as const] = scene.window;
  const { x, y, layer, above } = picture.draw({ range: xRange, label: first }, { range: yRange, label: second });
  const pixels = scene.runs.map((run) =>
    run.path.steps.map((step) => [x(step.point[0] ?? NaN), y(step.point[1] ?? NaN)] as const),
  );
  const key = [scene.formula.text, ...xRange, ...yRange, scene.runs.length].join(" ");
  picture.background(key, () => {
    const grid = gridOf(scene.formula, xRange, yRange, CELLS, CELLS);
    return bands(grid, levelsOf(grid, LEVELS), x, y, pixels.flatMap(along), rounded);
  });
  pixels.forEach((path, colour) => layer.append(...pathMarks(path, Math.min(at, path.length - 1), colour)));
  layer.append(...gradientArrow(scene, at, x, y));
  for (const one of scene.stationary) {
    const [a = NaN, b = NaN] = one.point;
    const title = text("{kind} at ({x}, {y}), f = {value}", {
      kind: text(one.kind),
      x: shown(a),
      y: shown(b),
      value: shown(one.value),
    });
    layer.append(stationaryMark(one.kind, x(a), y(b), title));
  }
  const start = scene.runs[0].path.steps[0];
  if (start !== undefined) {
    const [a = 0, b = 0] = start.point;
    picture.handle(x(a), y(b), text("Start"), `${first} = ${shown(a)}, ${second} = ${shown(b)}`);
    const side = x(a) > picture.width - 90 ? "end" : "start";
    above.append(words("note", x(a) + (side === "end" ? -14 : 14), y(b) + 4, side, text("start")));
  }
  return { x, y };
}

/** Places all along a path, no further apart than a label is high. */
export function along(path: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  return path.slice(0, 400).flatMap(([x, y], k) => {
    const [toX, toY] = path[k + 1] ?? [x, y];
    const parts = Math.min(40, Math.max(1, Math.ceil(Math.hypot(toX - x, toY - y) / 15)));
    return Array.from({ length: parts }, (_, i) => [x + ((toX - x) * i) / parts, y + ((toY - y) * i) / parts] as const);
  });
}

/** Areas between levels, the lower the darker, their edges, and every other level's value on its edge. */
export function bands(
  grid: Grid,
  levels: readonly number[],
  x: Scale,
  y: Scale,
  occupied: readonly (readonly [number, number])[],
  written: (level: number) => string,
): SVGElement[] {
  // What is not finite counts as high, so that no area is drawn over it.
  const values = Array.from(grid.values, (value) => (Number.isFinite(value) ? value : Number.MAX_VALUE));
  const lowest = levels[0] ?? 0;
  const made = contours().size([grid.columns, grid.rows]).thresholds([...levels])(values.map((value) => Math.min(value, 1e300)));
  const toX = (column: number): number => x(grid.x[0] + ((grid.x[1] - grid.x[0]) * (column - 0.5)) / (grid.columns - 1));
  const toY = (row: number): number => y(grid.y[0] + ((grid.y[1] - grid.y[0]) * (row - 0.5)) / (grid.rows - 1));
  const [left = 0, right = 1] = x.range();
  const [bottom = 1, top = 0] = y.range();
  const taken: (readonly [number, number])[] = [...occupied];
  const shapes = [svg("path", { class: "band band-0", d: `M${left},${top}H${right}V${bottom}H${left}Z` })] as SVGElement[];
  const labels: SVGElement[] = [];
  made.forEach((area, k) => {
    const rings = area.coordinates.flatMap((polygon) =>
      polygon.map((ring) => ring.map((corner) => [toX(corner[0] ?? 0), toY(corner[1] ?? 0)] as const)),
    );
    const d = rings.map((ring) => `M${ring.map((corner) => corner.map((one) => one.toFixed(1)).join(",")).join("L")}Z`).join("");
    shapes.push(svg("path", { class: `band band-${k + 1}`, d, "fill-rule": "evenodd" }));
    if (k % 2 === 1 && area.value !== lowest) labels.push(...levelLabel(written(area.value), rings, taken, [left, right, top, bottom]));
  });
  return [...shapes, ...labels];
}

const rounded = (level: number): string => shown(Number(level.toPrecision(2)), 5);

/** The value of a level at a place of its edge where nothing else is; none where there is no room. */
function levelLabel(
  value: string,
  rings: readonly (readonly (readonly [number, number])[])[],
  taken: (readonly [number, number])[],
  [left, right, top, bottom]: readonly [number, number, number, number],
): SVGElement[] {
  const free = ([a, b]: readonly [number, number]): boolean =>
    a > left + 24 && a < right - 24 && b > top + 14 && b < bottom - 14 && taken.every(([c, d]) => Math.abs(a - c) > 40 || Math.abs(b - d) > 18);
  const place = rings.flat().find(free);
  if (place === undefined) return [];
  taken.push(place);
  return [words("level", place[0], place[1] + 4, "middle", value)];
}

/** Against the gradient, from the step that is shown: at right angles to the contour where both axes have one scale. */
function gradientArrow(scene: Scene, at: number, x: Scale, y: Scale): SVGElement[] {
  const steps = scene.runs[0].path.steps;
  const step = steps[Math.min(at, steps.length - 1)];
  const [a = NaN, b = NaN] = step?.point ?? [];
  const [g = NaN, h = NaN] = step?.gradient ?? [];
  return arrow([a, b], [-g, -h], x, y);
}

/** An arrow of one length from a point in a direction, both in units of the axes; none where there is no direction. */
export function arrow([a, b]: readonly [number, number], [right, up]: readonly [number, number], x: Scale, y: Scale): SVGElement[] {
  const [across, down] = [right / (x.invert(1) - x.invert(0)), up / (y.invert(1) - y.invert(0))];
  const size = Math.hypot(across, down);
  if (!Number.isFinite(size) || size === 0) return [];
  const [fromX, fromY] = [x(a), y(b)];
  const [toX, toY] = [fromX + (ARROW * across) / size, fromY + (ARROW * down) / size];
  const angle = Math.atan2(toY - fromY, toX - fromX);
  const barb = (turn: number): string => `L${toX - 9 * Math.cos(angle + turn)},${toY - 9 * Math.sin(angle + turn)}`;
  return [svg("path", { class: "gradient", d: `M${fromX},${fromY}L${toX},${toY}${barb(0.45)}M${toX},${toY}${barb(-0.45)}` })];
}
