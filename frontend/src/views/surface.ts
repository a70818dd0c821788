/** A formula of two variables as a surface that can be turned: painted from the back to the front. */

import { element } from "../dom";
import type { Range } from "../formula/stationary";
import type { Scene } from "../rooms/scene";
import { text } from "../words";
import { coarser, gridOf, levelsOf, type Grid } from "./grid";
import type { View } from "./view";

const CELLS = 45; // values along an axis; while it moves every second
const LEVELS = 14;
const HEIGHT = 0.7; // of the surface, beside 1 of the floor
const FLOOR = -0.06;
const [MOVING, STILL] = [250, 300]; // milliseconds between two redraws of a motion, and after the last

type Point = readonly [x: number, y: number];

/** `turn` is asked for at each drawing: azimuth and height of the eye, in degrees. */
export function surfaceView(turn: () => readonly [number, number]): View {
  const root = element("canvas", { class: "surface", role: "img", "aria-label": text("The surface of the formula, and the steps on it") });
  let [width, height] = [480, 320];
  let [relief, at]: [Relief | null, number] = [null, 0];
  const redraw = restful((isMoving) => drawRelief(root, [width, height], turn(), relief, at, isMoving));
  return {
    root,
    resize(newWidth, newHeight) {
      [width, height] = [newWidth, newHeight];
      const ratio = globalThis.devicePixelRatio || 1;
      root.width = Math.round(width * ratio);
      root.height = Math.round(height * ratio);
      root.style.width = `${width}px`;
      root.style.height = `${height}px`;
    },
    draw(scene, step) {
      [relief, at] = [reliefOf(scene), step];
      redraw();
    },
    pointAt: () => null,
    pixelStep: () => [0, 0],
  };
}

/** From the unit cube (floor x, y and height z) to pixels, and how far from the eye. */
interface Projection {
  project(x: number, y: number, z: number): Point;
  depth(x: number, y: number): number;
}

function projection([width, height]: Point, [azimuth, elevation]: readonly [number, number]): Projection {
  const [a, e] = [(azimuth * Math.PI) / 180, (elevation * Math.PI) / 180];
  const turned = (x: number, y: number): Point => {
    const [u, v] = [x - 0.5, y - 0.5];
    return [u * Math.cos(a) - v * Math.sin(a), u * Math.sin(a) + v * Math.cos(a)];
  };
  const flat = (x: number, y: number, z: number): Point => {
    const [right, away] = turned(x, y);
    return [right, away * Math.sin(e) + z * HEIGHT * Math.cos(e)];
  };
  // The box about the surface, with the names of its axes, fills the picture.
  const corners = [-0.1, 1.1].flatMap((x) => [-0.1, 1.1].flatMap((y) => [FLOOR, 1.05].map((z) => flat(x, y, z))));
  const [rights, ups] = [corners.map((one) => one[0]), corners.map((one) => one[1])];
  const [left, right, down, up] = [Math.min(...rights), Math.max(...rights), Math.min(...ups), Math.max(...ups)];
  const size = Math.min(width / (right - left), height / (up - down));
  return {
    project(x, y, z) {
      const [across, above] = flat(x, y, z);
      return [width / 2 + size * (across - (left + right) / 2), height / 2 - size * (above - (up + down) / 2)];
    },
    depth: (x, y) => turned(x, y)[1],
  };
}

/** What a surface is drawn from: values on a grid, the names of its axes, and points of the runs with their objectives. */
export interface Relief {
  readonly grid: Grid;
  readonly names: readonly [string, string];
  readonly runs: readonly (readonly (readonly [x: number, y: number, objective: number])[])[];
}

function reliefOf(scene: Scene): Relief | null {
  const [x, y] = scene.window;
  if (x === undefined || y === undefined) return null;
  const [first = "x", second = "y"] = scene.formula.names;
  const runs = scene.runs.map((run) => run.path.steps.map((step) => [step.point[0] ?? NaN, step.point[1] ?? NaN, step.objective] as const));
  return { grid: gridOf(scene.formula, x, y, CELLS, CELLS), names: [first, second], runs };
}

/** Drawn coarse while it moves, and fine once it rests. */
export function restful(draw: (isMoving: boolean) => void): () => void {
  let before = -MOVING;
  let rest: ReturnType<typeof setTimeout> | undefined;
  return () => {
    const isMoving = performance.now() - before < MOVING;
    before = performance.now();
    clearTimeout(rest);
    draw(isMoving);
    if (isMoving) rest = setTimeout(() => draw(false), STILL);
  };
}

export function drawRelief(canvas: HTMLCanvasElement, size: Point, turn: readonly [number, number], relief: Relief | null, at: number, isMoving = false): void {
  const context = canvas.getContext("2d");
  if (context === null || relief === null) return;
  const { grid } = relief;
  const ratio = canvas.width / size[0];
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, ...size);
  const style = getComputedStyle(canvas);
  const colours = Array.from({ length: LEVELS + 1 }, (_, k) => style.getPropertyValue(`--band-${k}`).trim());
  const levels = levelsOf(grid, LEVELS);
  const view = projection(size, turn);
  const heightOf = heightScale(grid, levels);
  floor(context, view, relief.names, style);
  patches(context, view, isMoving ? coarser(grid, 2) : grid, heightOf, levels, colours, style.getPropertyValue("--mesh"));
  relief.runs.forEach((run, colour) => {
    const points = run.map(([x, y, objective]) => {
      const [u, v] = [unit(x, grid.x), unit(y, grid.y)];
      const inside = u >= 0 && u <= 1 && v >= 0 && v <= 1;
      return inside ? view.project(u, v, heightOf(objective)) : null;
    });
    path(context, points, Math.min(at, points.length - 1), style.getPropertyValue(`--run-${colour}`), style.getPropertyValue("--paper"));
  });
}

const unit = (value: number, [low, high]: Range): number => (value - low) / (high - low);

/** Heights from 0 to 1: by rank where the objective shoots up, so that the bowl is seen; what is above is cut. */
function heightScale(grid: Grid, levels: readonly number[]): (value: number) => number {
  const low = Math.min(...grid.values.filter(Number.isFinite));
  const top = levels[levels.length - 1] ?? low + 1;
  const middle = levels[Math.floor(levels.length / 2)] ?? top;
  const steep = top - low > 0 ? Math.min(1, Math.max(0.25, Math.log(0.5) / Math.log(Math.max(1e-6, (middle - low) / (top - low))))) : 1;
  return (value) => Math.max(0, Math.min(1.02, (value - low) / (top - low || 1))) ** steep;
}

function floor(context: CanvasRenderingContext2D, view: Projection, [first, second]: readonly [string, string], style: CSSStyleDeclaration): void {
  const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([x = 0, y = 0]) => view.project(x, y, FLOOR));
  outline(context, corners);
  context.fillStyle = style.getPropertyValue("--card");
  context.strokeStyle = style.getPropertyValue("--line");
  context.fill();
  context.stroke();
  context.fillStyle = style.getPropertyValue("--ink");
  context.font = "13px system-ui, sans-serif";
  context.textAlign = "center";
  // Each name stands at the edge that is nearer to the eye.
  const nearX = view.depth(0.5, 0) < view.depth(0.5, 1) ? 0 : 1;
  const nearY = view.depth(0, 0.5) < view.depth(1, 0.5) ? 0 : 1;
  const away = (near: number): number => (near === 0 ? -0.09 : 1.09);
  context.fillText(first, ...view.project(0.5, away(nearX), FLOOR));
  context.fillText(second, ...view.project(away(nearY), 0.5, FLOOR));
}

function patches(
  context: CanvasRenderingContext2D,
  view: Projection,
  grid: Grid,
  heightOf: (value: number) => number,
  levels: readonly number[],
  colours: readonly string[],
  mesh: string,
): void {
  const [columns, rows] = [grid.columns, grid.rows];
  const top = levels[levels.length - 1] ?? Infinity;
  const cells: { depth: number; corners: Point[]; band: number }[] = [];
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([i = 0, j = 0]) => {
        const value = grid.values[(row + j) * columns + column + i] ?? NaN;
        return [(column + i) / (columns - 1), (row + j) / (rows - 1), value] as const;
      });
      const values = corners.map(([, , value]) => value);
      if (!values.every(Number.isFinite) || Math.min(...values) > top) continue;
      const mean = values.reduce((sum, value) => sum + value, 0) / 4;
      cells.push({
        depth: view.depth((column + 0.5) / (columns - 1), (row + 0.5) / (rows - 1)),
        corners: corners.map(([x, y, value]) => view.project(x, y, heightOf(value))),
        band: levels.filter((level) => level <= mean).length,
      });
    }
  }
  cells.sort((a, b) => b.depth - a.depth);
  context.lineWidth = 0.6;
  context.strokeStyle = mesh;
  for (const cell of cells) {
    outline(context, cell.corners);
    context.fillStyle = colours[Math.min(cell.band, colours.length - 1)] ?? "";
    context.fill();
    context.stroke();
  }
}

function outline(context: CanvasRenderingContext2D, corners: readonly Point[]): void {
  context.beginPath();
  corners.forEach((corner, k) => (k === 0 ? context.moveTo(...corner) : context.lineTo(...corner)));
  context.closePath();
}

function path(context: CanvasRenderingContext2D, points: readonly (Point | null)[], at: number, colour: string, halo: string): void {
  for (const [stroke, width] of [[halo, 5], [colour, 2.2]] as const) {
    context.beginPath();
    context.lineWidth = width;
    context.strokeStyle = stroke;
    let pen = false;
    for (const point of points.slice(0, at + 1)) {
      if (point === null) pen = false;
      else if (pen) context.lineTo(...point);
      else {
        context.moveTo(...point);
        pen = true;
      }
    }
    context.stroke();
  }
  const here = points[at];
  if (!here) return;
  context.beginPath();
  context.arc(...here, 5.5, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.strokeStyle = halo;
  context.lineWidth = 2;
  context.fill();
  context.stroke();
}
