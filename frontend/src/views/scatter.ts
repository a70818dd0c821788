/** The points with the fitted line at the epoch that is shown; of several features, what is predicted against what is true. */

import { svg } from "../dom";
import type { Range } from "../formula/stationary";
import { shown } from "../numbers";
import { lineOf, predicted, type TableScene } from "../rooms/table_scene";
import type { Part } from "../table/fitting";
import { chance, type Line } from "../table/other_lines";
import { text } from "../words";
import { frame, padded, words } from "./frame";
import type { Scale } from "./scale";

const MOST_POINTS = 5_000; // drawn; of more every so manieth
const MOST_CIRCLES = 400; // more are one line of dots
const CORNERS = 80; // of an S-curve

export interface ScatterView {
  readonly root: SVGSVGElement;
  resize(width: number, height: number): void;
  draw(scene: TableScene, chosen: number | null): void;
  /** The data under a pixel. */
  pointAt(x: number, y: number): readonly [number, number] | null;
  /** The row whose point is within reach of a pixel; null where none is. */
  rowAt(x: number, y: number, scene: TableScene): number | null;
}

interface Scales {
  readonly x: Scale;
  readonly y: Scale;
}

export function scatterView(): ScatterView {
  const picture = frame(text("The points of the table, and the fitted line"));
  let scales: Scales | null = null;
  let [last, generation]: [unknown, number] = [null, 0];
  let [xs, ys]: [Range, Range] = [[0, 1], [0, 1]];
  return {
    root: picture.root,
    resize: picture.resize,
    draw(scene, chosen) {
      const { fitting } = scene;
      const { training, heldOut } = fitting;
      const isLine = training.features.length === 1;
      if (last !== fitting) {
        [last, generation] = [fitting, generation + 1];
        ys = padded([...extent(training.y), ...extent(heldOut.y)], 0.12);
        xs = isLine ? padded([...extent(training.features[0] ?? []), ...extent(heldOut.features[0] ?? [])], 0.08) : ys;
      }
      const drawn = picture.draw(
        { range: xs, label: isLine ? (fitting.names[0] ?? "x") : text("{name}, predicted", { name: fitting.targetName }) },
        { range: ys, label: fitting.targetName },
      );
      scales = drawn;
      const now = lineOf(fitting, scene.now.parameters);
      const count = training.y.length + heldOut.y.length;
      const every = Math.ceil(count / MOST_POINTS);
      const across = (part: Part, i: number): number => (isLine ? (part.features[0]?.[i] ?? NaN) : predicted(now, part.features, i));
      const points = (): Element[] => [dots(training, "point", count, every, across, drawn, chosen), dots(heldOut, "point held", count, every, across, drawn, chosen)].flat();
      if (isLine) picture.background(`${generation} ${chosen}`, points);
      else {
        picture.background("", () => []);
        drawn.layer.append(...points(), svg("line", { class: "fit least", x1: drawn.x(ys[0]), x2: drawn.x(ys[1]), y1: drawn.y(ys[0]), y2: drawn.y(ys[1]) }));
      }
      if (isLine) lines(scene, now).forEach(([line, kind]) => drawn.layer.append(...straight(line, kind, drawn)));
      if (isLine) drawn.layer.append(...curves(scene, drawn));
      if (every > 1) drawn.above.append(words("note", picture.width - 20, 26, "end", text("every {every}th of {count} points is drawn", { every, count: shown(count) })));
    },
    pointAt: (px, py) => (scales === null ? null : [scales.x.invert(px), scales.y.invert(py)]),
    rowAt(px, py, { fitting }) {
      if (scales === null || fitting.features.length !== 1) return null;
      const { x, y } = scales;
      let [best, least]: [number | null, number] = [null, 14];
      for (const { features, y: values, rows } of [fitting.training, fitting.heldOut]) {
        values.forEach((value, i) => {
          const far = Math.hypot(x(features[0]?.[i] ?? NaN) - px, y(value) - py);
          if (far < least) [best, least] = [rows[i] ?? null, far];
        });
      }
      return best;
    },
  };
}

function extent(values: readonly number[]): number[] {
  if (values.length === 0) return [];
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

function dots(part: Part, kind: string, count: number, every: number, across: (part: Part, i: number) => number, { x, y }: Scales, chosen: number | null): Element[] {
  const size = count <= 30 ? 5.5 : count <= MOST_CIRCLES ? 4 : 2.5;
  const places = part.rows.map((_, i) => i).filter((i) => i % every === 0);
  const circle = (i: number, is: string): Element => svg("circle", { class: is, cx: x(across(part, i)), cy: y(part.y[i] ?? NaN), r: size });
  if (count <= MOST_CIRCLES) return places.map((i) => circle(i, part.rows[i] === chosen ? `${kind} chosen` : kind));
  if (places.length === 0) return [];
  const marked = part.rows.findIndex((row) => row === chosen);
  const d = places.map((i) => `M${x(across(part, i)).toFixed(1)},${y(part.y[i] ?? NaN).toFixed(1)}h0`).join("");
  return [svg("path", { class: `dots ${kind}`, d }), ...(marked < 0 ? [] : [circle(marked, "point chosen")])];
}

/** Every line of the picture, the one at this epoch on top. */
function lines(scene: TableScene, now: Line): [Line, string][] {
  const { fitting, batches } = scene;
  const atEpoch = batches === null ? undefined : batches.ends[Math.min(scene.epoch, batches.ends.length - 1)];
  return [
    [lineOf(fitting, scene.start), "started"],
    [lineOf(fitting, fitting.quadratic.minimum), "least"],
    ...scene.others.flatMap((one): [Line, string][] => (one.line === null || one.name === "logistic" ? [] : [[one.line, one.name]])),
    ...(atEpoch === undefined ? [] : ([[lineOf(fitting, atEpoch), "batches"]] as [Line, string][])),
    [now, "now"],
  ];
}

function straight([intercept = NaN, slope = NaN]: Line, kind: string, { x, y }: Scales): Element[] {
  const ends = x.domain() as [number, number];
  const [left, right] = ends.map((end) => Math.max(-1e5, Math.min(1e5, y(intercept + slope * end)))) as [number, number];
  return Number.isFinite(intercept + slope) ? [svg("line", { class: `fit ${kind}`, x1: x(ends[0]), x2: x(ends[1]), y1: left, y2: right })] : [];
}

/** The chance of the higher class, between the two: after each Newton step, faint, and at the minimum. */
function curves({ fitting, others }: TableScene, { x, y }: Scales): Element[] {
  const [low, high] = fitting.classes ?? [0, 1];
  const [from, to] = x.domain() as [number, number];
  const path = ([intercept = NaN, slope = NaN]: Line): string =>
    Array.from({ length: CORNERS + 1 }, (_, i) => {
      const there = from + ((to - from) * i) / CORNERS;
      return `${i === 0 ? "M" : "L"}${x(there).toFixed(1)},${y(low + (high - low) * chance(intercept + slope * there)).toFixed(1)}`;
    }).join("");
  return others.flatMap(({ logistic, line }) => {
    const steps = (logistic?.lines ?? []).filter((one) => one.every(Number.isFinite));
    return [...steps.map((one) => svg("path", { class: "fit logistic step-of", d: path(one) })), ...(line === null || logistic === undefined ? [] : [svg("path", { class: "fit logistic", d: path(line) })])];
  });
}
