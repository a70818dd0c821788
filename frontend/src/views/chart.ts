/** A picture that the engine computed, drawn from its data: curves by step, or a path on its ground. */

import { draggable } from "../controls/drag";
import { element, refill, svg } from "../dom";
import type { Range } from "../formula/stationary";
import { shown } from "../numbers";
import type { AxisData, ChartData, GroundData, Numbers, SeriesData } from "../sheet";
import { text } from "../words";
import { along, arrow, bands } from "./contour";
import { frame, margins, padded, words, type Frame } from "./frame";
import type { Axis, Scale } from "./scale";
import { coarser, type Grid } from "./grid";
import { clamped, lineThrough, pathMarks, RUN_COLOURS, stationaryMark } from "./marks";
import { decades } from "./objective";
import { drawRelief, restful, type Relief } from "./surface";

export interface ChartView {
  readonly root: HTMLElement;
  resize(width: number): void;
  /** Draw as far as a step; null: all of it. */
  show(step: number | null): void;
}

const TANGENT = 40; // pixels to both sides
const SHAPE = 4 / 3; // of what has one scale on both axes
const NAME = 24; // pixels of height for each name
const LETTER = 6.8; // pixels
const SHADES = 12;
const FULL = 0.55; // opacity of a full box: text on it has a contrast of 4.5 in both themes

export function chartView(chart: ChartData): ChartView {
  const picture = frame(chart.heading);
  const legend = (chart.series ?? []).filter((one) => one.name);
  const root = element(
    "figure",
    { class: "chart" },
    picture.root,
    legend.length > 0 ? element("ul", { class: "legend" }, ...legend.map(legendItem)) : null,
    chart.note ? element("figcaption", {}, chart.note) : null,
  );
  if (!chart.series?.length) picture.root.remove();
  return {
    root,
    resize: (width) => picture.resize(width, heightOf(chart, width)),
    show: (step) => draw(picture, chart, step),
  };
}

function heightOf(chart: ChartData, width: number): number {
  const { left, right, top, bottom } = margins(chart.x?.names, chart.y?.names, width);
  if (chart.ground?.equal || chart.square) return Math.round((width - left - right) / (chart.square ? 1 : SHAPE) + top + bottom);
  const names = chart.y?.names?.length ?? 0;
  if (names > 0) return Math.max(chart.x?.names ? 300 : 120, NAME * names + top + bottom);
  return Math.round(Math.max(220, Math.min(0.62 * width, 360)));
}

const look = (one: SeriesData): string => one.look ?? "line";
const finite = (values: Numbers): number[] => values.filter((value) => value !== null);
const filled = (values: Numbers): number[] => values.map((value) => value ?? NaN);

function draw(picture: Frame, chart: ChartData, step: number | null): void {
  const series = chart.series ?? [];
  if (series.length === 0) return;
  const { x, y, layer, above } = picture.draw(axisOf(chart.x, series, "x"), axisOf(chart.y, series, "y"));
  const { ground } = chart;
  if (ground) {
    const paths = series.filter((one) => look(one) === "path").map((one) => pixelsOf(one, x, y));
    const written = (level: number): string => shown(Number((level + ground.base).toPrecision(3)), 6);
    picture.background("", () => bands(gridOf(chart, ground), ground.levels, x, y, paths.flatMap(along), written));
  }
  const [[bottom = 0, top = 0], [left = 0, right = 0]] = [y.range(), x.range()];
  for (const one of series) {
    // Ends at the edge are drawn whole; what lies outside is not.
    const inside = ["start", "last"].includes(look(one)) && pixelsOf(one, x, y).every(([a, b]) => a >= left - 1 && a <= right + 1 && b >= top - 1 && b <= bottom + 1);
    (inside ? above : layer).append(...marksOf(one, x, y, step, chart.y?.kind === "log"));
  }
  if (step !== null && chart.x?.steps) above.append(svg("line", { class: "now", x1: x(step), x2: x(step), y1: top, y2: bottom }));
}

function pixelsOf(one: SeriesData, x: Scale, y: Scale): [number, number][] {
  const heights = filled(one.y);
  return filled(one.x).map((place, k) => [x(place), y(heights[k] ?? NaN)]);
}

/** What one series consists of. */
function marksOf(one: SeriesData, x: Scale, y: Scale, step: number | null, logarithmic: boolean): SVGElement[] {
  const colour = colourOf(one);
  const pixels = pixelsOf(one, x, y).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
  const at = (make: (a: number, b: number, k: number) => SVGElement[]): SVGElement[] => pixels.flatMap(([a, b], k) => make(clamped(a), clamped(b), k));
  const [left = 0, right = 0] = x.range();
  switch (look(one)) {
    case "line":
    case "dashes":
      return [svg("path", { class: `objective ${look(one)} ${colour}`, d: lineThrough(filled(one.x), filled(one.y), x, y, logarithmic) })];
    case "level": {
      const place = one.x[0] ?? null;
      if (place !== null) return [svg("line", { class: `level-line ${colour}`, x1: x(place), x2: x(place), y1: y.range()[0] ?? 0, y2: y.range()[1] ?? 0 })];
      const height = clamped(y(one.y[0] ?? NaN));
      return [svg("line", { class: `level-line ${colour}`, x1: left, x2: right, y1: height, y2: height })];
    }
    case "path": {
      const reached = step === null ? pixels.length - 1 : (one.steps ?? []).filter((k) => k <= step).length - 1;
      return pathMarks(pixels, Math.max(0, Math.min(reached, pixels.length - 1)), one.colour ?? 0, new Set(one.off ?? []));
    }
    case "start":
      return at((a, b) => [svg("rect", { class: `start-mark ${colour}`, x: a - 5.5, y: b - 5.5, width: 11, height: 11 })]);
    case "last":
      return at((a, b) => [svg("path", { class: `last-mark ${colour}`, d: `M${a},${b - 7}l7,7l-7,7l-7,-7z` })]);
    case "minimum":
      return at((a, b) => [stationaryMark("minimum", a, b, one.name ?? "")]);
    case "cross":
      return at((a, b) => [svg("path", { class: `cross-mark ${colour}`, d: `M${a - 5},${b - 5}l10,10M${a - 5},${b + 5}l10,-10` })]);
    case "dots":
      return at((a, b, k) => [svg("circle", { class: `dot ${colour}`, cx: a, cy: b, r: one.sizes?.length ? 2 + 4 * (one.sizes[k] ?? 0) : dotSize(pixels.length) })]);
    case "area":
      return [svg("polygon", { class: `area ${colour}`, points: pixels.map(([a, b]) => `${clamped(a)},${clamped(b)}`).join(" ") })];
    case "boxes":
      return opposite(one, x, y).flatMap(([[a, b], [c, d]], k) => boxOf([Math.min(a, c), Math.min(b, d)], [Math.abs(c - a), Math.abs(d - b)], one, k));
    case "shades":
      return shadesOf(one, x, y);
    case "spans":
      return opposite(one, x, y).map(([[a, b], [c, d]]) => svg("line", { class: `span ${colour}`, x1: a, y1: b, x2: c, y2: d }));
    default:
      return filled(one.x).flatMap((a, k) => {
        const [b, way] = [one.y[k] ?? NaN, one.ends?.[k] ?? ([0, 0] as const)];
        return look(one) === "arrow" ? arrow([a, b], way, x, y) : tangent([a, b], way, x, y);
      });
  }
}

const dotSize = (count: number): number => (count <= 40 ? 4 : count <= 400 ? 3 : 2);

/** Points and the corners opposite, in pixels. */
function opposite(one: SeriesData, x: Scale, y: Scale): [readonly [number, number], readonly [number, number]][] {
  const heights = filled(one.y);
  return filled(one.x).map((a, k) => {
    const [b, [right, up]] = [heights[k] ?? NaN, one.ends?.[k] ?? ([0, 0] as const)];
    return [[clamped(x(a)), clamped(y(b))], [clamped(x(a + right)), clamped(y(b + up))]];
  });
}

/** A box, as full of its colour as it is told, with its text where that has room. */
function boxOf([left, top]: readonly [number, number], [width, height]: readonly [number, number], one: SeriesData, k: number): SVGElement[] {
  const [full, text] = [one.sizes?.[k] ?? null, one.texts?.[k]];
  const box = svg("rect", { class: `box ${colourOf(one)}`, x: left, y: top, width, height, "fill-opacity": FULL * (full ?? 1) });
  if (text === undefined) return [box];
  box.append(svg("title", {}, text.replace("\n", ", ")));
  const lines = text.split("\n").filter((line, place) => LETTER * line.length <= width && 17 * (place + 1) <= height);
  return [box, ...lines.map((line, place) => words("box-text", left + width / 2, top + height / 2 + 4 + 17 * (place - (lines.length - 1) / 2), "middle", line))];
}

/** Fields of a grid, as full of its colour as they are told: those of one shade are one element. */
function shadesOf(one: SeriesData, x: Scale, y: Scale): SVGElement[] {
  const [across, up] = [filled(one.x).map((side) => clamped(x(side)).toFixed(1)), filled(one.y).map((side) => clamped(y(side)).toFixed(1))];
  const columns = across.length - 1;
  const shadeAt = (row: number, column: number): number => Math.ceil(SHADES * (one.sizes?.[row * columns + column] ?? 0));
  const shapes = Array.from({ length: SHADES + 1 }, () => "");
  for (let row = 0; row + 1 < up.length; row++) {
    for (let column = 0, end = 0; column < columns; column = end) {
      const shade = shadeAt(row, column);
      for (end = column + 1; end < columns && shadeAt(row, end) === shade; ) end++;
      shapes[shade] += `M${across[column]},${up[row]}H${across[end]}V${up[row + 1]}H${across[column]}Z`;
    }
  }
  return shapes.slice(1).map((d, k) => svg("path", { class: `box ${colourOf(one)}`, d, "fill-opacity": (k + 1) / SHADES, "shape-rendering": "crispEdges" }));
}

function tangent([a, b]: readonly [number, number], [right, up]: readonly [number, number], x: Scale, y: Scale): SVGElement[] {
  const [across, down] = [x(a + right) - x(a), y(b + up) - y(b)];
  const share = TANGENT / Math.hypot(across, down);
  if (!Number.isFinite(share)) return [];
  const [dx, dy] = [share * across, share * down];
  return [svg("line", { class: "tangent", x1: x(a) - dx, x2: x(a) + dx, y1: y(b) - dy, y2: y(b) + dy })];
}

const colourOf = (one: SeriesData): string => ((one.colour ?? 0) < 0 ? (one.colour === -2 ? "faint" : "plain") : `run-${(one.colour ?? 0) % RUN_COLOURS}`);

/** An axis as the engine asks for it; without limits as far as the curves reach. */
function axisOf(axis: AxisData | undefined, series: readonly SeriesData[], of: "x" | "y"): Axis {
  const { label = "", kind = "linear", low = null, high = null, threshold = 1 } = axis ?? {};
  const values = series.filter((one) => !["tangent", "arrow"].includes(look(one))).flatMap((one) => [...finite(one[of]), ...ended(one, of)]);
  const looks = { label, logarithmic: kind === "log", ...(axis?.names ? { names: axis.names } : {}), ...(kind === "symlog" ? { linearUpTo: threshold } : {}) };
  if (low !== null && high !== null) return { ...looks, range: low !== high ? [low, high] : padded([low, high]) };
  const seen = kind === "log" ? values.filter((value) => value > 0) : values;
  if (seen.length === 0) return { ...looks, range: [kind === "log" ? 0.1 : 0, 1] };
  return { ...looks, range: kind === "log" ? (decades(seen) as Range) : padded(seen) };
}

/** Where boxes and spans end. */
function ended(one: SeriesData, of: "x" | "y"): number[] {
  if (!["boxes", "spans"].includes(look(one))) return [];
  return one[of].flatMap((value, k) => (value === null ? [] : [value + (one.ends?.[k]?.[of === "x" ? 0 : 1] ?? 0)]));
}

function gridOf(chart: ChartData, ground: GroundData): Grid {
  const range = (axis: AxisData | undefined): Range => [axis?.low ?? 0, axis?.high ?? 1];
  return { columns: ground.columns, rows: ground.rows, values: Float64Array.from(ground.excess, (one) => one ?? NaN), x: range(chart.x), y: range(chart.y) };
}

const PIECES: Partial<Record<string, readonly [Numbers, Numbers]>> = {
  line: [[0, 22], [7, 7]],
  dashes: [[0, 22], [7, 7]],
  level: [[null, null], [7, 7]],
  spans: [[0], [7]],
  boxes: [[2], [2]],
  area: [[2, 20, 20, 2], [2, 2, 12, 12]],
};

/** The name of a series after a small piece of it. */
function legendItem(one: SeriesData): Element {
  const unit = Object.assign((value: number) => value, { range: () => [0, 22], invert: (value: number) => value }) as unknown as Scale;
  const kind = look(one);
  const [x, y] = PIECES[kind] ?? [[11], [7]];
  const piece: SeriesData = { ...one, x, y, name: "", steps: [0], ends: [kind === "boxes" ? [18, 10] : [22, 0]], sizes: [] };
  const marks = kind === "tangent" ? [svg("line", { class: "tangent", x1: 0, x2: 22, y1: 7, y2: 7 })] : kind === "arrow" ? [svg("path", { class: "gradient", d: "M1,7H20M14,3L20,7L14,11" })] : marksOf(piece, unit, unit, null, false);
  return element("li", {}, svg("svg", { viewBox: "0 0 22 14", width: 22, height: 14, "aria-hidden": "true" }, ...marks), one.name ?? "");
}

/** The ground of a picture as a surface, which is turned by dragging or the arrow keys. */
export function reliefView(chart: ChartData, ground: GroundData): ChartView {
  const canvas = element("canvas", { class: "surface", role: "img", tabindex: 0, "aria-label": `${ground.surface ?? chart.heading}: ${text("arrow keys turn it")}` });
  let [turn, size, at]: [[number, number], [number, number], number | null] = [[-50, 35], [480, 320], null];
  const relief = reliefOf(chart, ground);
  const redraw = restful((isMoving): void => {
    const steps = (chart.series ?? []).find((one) => look(one) === "path")?.steps ?? [];
    drawRelief(canvas, size, turn, relief, at === null ? steps.length - 1 : Math.max(0, steps.filter((k) => k <= (at ?? 0)).length - 1), isMoving);
  });
  const turned = (right: number, down: number, from = turn): void => {
    turn = [Math.round(from[0] - 0.4 * right) % 360, Math.max(5, Math.min(88, Math.round(from[1] + 0.3 * down)))];
    redraw();
  };
  let from = { x: 0, y: 0, turn };
  draggable(canvas, {
    begin: (x, y) => ((from = { x, y, turn }), true),
    move: (x, y) => turned(x - from.x, y - from.y, from.turn),
    end: () => undefined,
  });
  canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-20, 0], ArrowRight: [20, 0], ArrowUp: [0, -20], ArrowDown: [0, 20] }[event.key];
    if (way === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    turned(way[0] ?? 0, way[1] ?? 0);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  return {
    root: element("figure", { class: "chart" }, canvas, element("figcaption", {}, text("Drag to turn it. Height: {objective}; what is far higher than the path is cut off.", { objective: ground.label }))),
    resize(width) {
      size = [width, Math.round(Math.max(240, Math.min(0.66 * width, 400)))];
      const ratio = globalThis.devicePixelRatio || 1;
      [canvas.width, canvas.height] = [Math.round(size[0] * ratio), Math.round(size[1] * ratio)];
      [canvas.style.width, canvas.style.height] = [`${size[0]}px`, `${size[1]}px`];
    },
    show(step) {
      at = step;
      redraw();
    },
  };
}

function reliefOf(chart: ChartData, ground: GroundData): Relief {
  const runs = (chart.series ?? [])
    .filter((one) => look(one) === "path")
    .map((one) => one.x.map((a, k) => [a ?? NaN, one.y[k] ?? NaN, (one.objectives?.[k] ?? NaN) - ground.base] as const));
  return { grid: coarser(gridOf(chart, ground), 3), // a surface has fewer cells than contours need
     names: [chart.x?.label ?? "", chart.y?.label ?? ""], runs };
}

/** Pictures beside each other in a place, drawn anew at its width. */
export function pictured(place: HTMLElement, charts: readonly ChartData[], least = 370): { show(step: number | null): void } {
  const views: ChartView[] = [];
  const add = (heading: string, view: ChartView): Element => (views.push(view), element("section", { class: "picture" }, element("h3", {}, heading), view.root));
  refill(
    place,
    ...charts.flatMap((chart) => [
      add(chart.heading, chartView(chart)),
      ...(chart.ground?.surface ? [add(chart.ground.surface, reliefView(chart, chart.ground))] : []),
    ]),
  );
  let at: number | null = null;
  const size = (): void => {
    const width = place.clientWidth;
    if (width === 0) return;
    const each = Math.floor(width >= 2 * least ? (width - 18) / 2 : width);
    for (const view of views) {
      view.root.style.width = `${each}px`;
      view.resize(each);
      view.show(at);
    }
  };
  new ResizeObserver(size).observe(place);
  return {
    show(step) {
      at = step;
      for (const view of views) view.show(at);
    },
  };
}
