/** A picture with two axes: its size, its scales, its grid, ticks and labels. */

import { element, refill, svg } from "../dom";
import type { Range } from "../formula/stationary";
import { shown } from "../numbers";
import { clamped } from "./marks";
import { scale, ticksOf, type Axis, type Scale } from "./scale";

export interface Frame {
  readonly root: SVGSVGElement;
  readonly width: number;
  readonly height: number;
  /** New axes; what is drawn on them goes into the layer that comes back, and is clipped to the axes. */
  draw(x: Axis, y: Axis): { x: Scale; y: Scale; layer: SVGGElement; above: SVGGElement };
  /**
   * What lies below everything else is made anew only where `key`, or the size, is another than before. While it is drawn
   * over again and again its many corners are a picture of themselves: to paint them takes longer than all above them.
   */
  background(key: string, make: () => Element[]): void;
  resize(width: number, height: number): void;
  /** The start, which can be dragged and moved by the arrow keys: one element that moves, so that it keeps the focus. */
  handle(x: number, y: number, label: string, value: string): void;
}

const LETTER = 6.8; // pixels
const [MOVING, STILL] = [250, 300]; // milliseconds between two redraws of a motion, and after the last
const SLOPE = 35; // degrees, of names that have no room beside each other
let made = 0;

/** The room about the axes: names take as much as they need, up to a third of the width. */
export function margins(x: readonly string[] | undefined, y: readonly string[] | undefined, width: number): { left: number; right: number; top: number; bottom: number } {
  const longest = (names: readonly string[] | undefined): number => LETTER * Math.max(0, ...(names ?? []).map((name) => name.length));
  const left = y === undefined ? 70 : Math.min(34 + longest(y), Math.max(70, width / 3));
  const across = (width - left - 16) / Math.max(1, x?.length ?? 1);
  return { left, right: 16, top: 14, bottom: longest(x) > across ? 44 + Math.min(60, 0.6 * longest(x)) : 44 };
}

export function frame(label: string): Frame {
  const clip = `clip-${(made += 1)}`;
  const clipped = { "clip-path": `url(#${clip})` };
  const [back, grid, layer, axes, above] = [svg("g", clipped), svg("g"), svg("g", clipped), svg("g"), svg("g")];
  let [backKey, axesKey] = ["", ""];
  const cut = svg("rect");
  const root = svg("svg", { class: "frame", role: "group", "aria-label": label });
  const grip = svg(
    "g",
    { class: "handle", tabindex: 0, role: "slider", "aria-valuenow": 0 },
    svg("circle", { class: "reach", r: 18 }),
    svg("rect", { x: -7, y: -7, width: 14, height: 14, rx: 2 }),
  );
  root.append(svg("defs", {}, svg("clipPath", { id: clip }, cut)), grid, back, layer, axes, above);
  let [width, height] = [480, 320];
  let drawnAt = -MOVING;
  let rest: ReturnType<typeof setTimeout> | undefined;
  return {
    root,
    get width() {
      return width;
    },
    get height() {
      return height;
    },
    resize(newWidth, newHeight) {
      [width, height] = [newWidth, newHeight];
      root.setAttribute("viewBox", `0 0 ${width} ${height}`);
      root.setAttribute("width", String(width));
      root.setAttribute("height", String(height));
    },
    handle(x, y, label, value) {
      grip.setAttribute("aria-label", label);
      grip.setAttribute("aria-valuetext", value);
      grip.setAttribute("transform", `translate(${clamped(x)} ${clamped(y)})`);
      if (grip.parentNode === null) root.append(grip);
    },
    background(key, make) {
      const [now, before] = [`${width} ${height} ${key}`, drawnAt];
      drawnAt = performance.now();
      if (now !== backKey) refill(back, ...make());
      else if (drawnAt - before < MOVING && back.querySelector("image") === null) back.prepend(...pictureOf(back, width, height));
      backKey = now;
      clearTimeout(rest);
      rest = setTimeout(() => back.querySelector("image")?.remove(), STILL);
    },
    draw(xAxis, yAxis) {
      const margin = margins(xAxis.names, yAxis.names, width);
      const x = scale(xAxis, [margin.left, width - margin.right]);
      const y = scale(yAxis, [height - margin.bottom, margin.top]);
      const [left, right] = x.range() as [number, number];
      const [bottom, top] = y.range() as [number, number];
      for (const [name, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top })) {
        cut.setAttribute(name, String(Math.max(0, value)));
      }
      refill(layer);
      refill(above);
      const key = JSON.stringify([width, height, xAxis, yAxis]);
      if (key === axesKey) return { x, y, layer, above };
      axesKey = key;
      const xTicks = ticksOf(x, xAxis, Math.max(2, Math.floor(width / 90)));
      const yTicks = ticksOf(y, yAxis, Math.max(2, Math.floor(height / 60)));
      refill(
        grid,
        ...xTicks.map((tick) => svg("line", { class: "grid", x1: x(tick), x2: x(tick), y1: top, y2: bottom })),
        ...yTicks.map((tick) => svg("line", { class: "grid", x1: left, x2: right, y1: y(tick), y2: y(tick) })),
      );
      refill(
        axes,
        svg("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }),
        svg("line", { class: "axis", x1: left, x2: left, y1: top, y2: bottom }),
        ...xTicks.map((tick) => under(x(tick), bottom, tickText(tick, xTicks, xAxis), margin.bottom, xAxis)),
        ...yTicks.map((tick) => beside(words("tick", left - 8, y(tick) + 4, "end", tickText(tick, yTicks, yAxis)), left, yAxis)),
        fitting(words("label", (left + right) / 2, height - 6, "middle", xAxis.label), right - left),
        fitting(turned(13, (top + bottom) / 2, yAxis.label), bottom - top + 2 * margin.top),
      );
      return { x, y, layer, above };
    },
  };
}

/** Bands and dots on a canvas, as an image; none where there are none. */
function pictureOf(back: SVGGElement, width: number, height: number): SVGImageElement[] {
  const shapes = [...back.querySelectorAll(".band, .dots")];
  const dots = globalThis.devicePixelRatio || 1;
  const canvas = element("canvas", { width: Math.ceil(width * dots), height: Math.ceil(height * dots) });
  const context = canvas.getContext("2d");
  if (context === null || shapes.length === 0) return [];
  context.scale(dots, dots);
  for (const shape of shapes) {
    const [outline, looks] = [new Path2D(shape.getAttribute("d") ?? ""), getComputedStyle(shape)];
    [context.globalAlpha, context.lineWidth, context.lineCap] = [Number(looks.opacity), parseFloat(looks.strokeWidth), looks.strokeLinecap as CanvasLineCap];
    [context.fillStyle, context.strokeStyle] = [looks.fill, looks.stroke];
    if (looks.fill !== "none") context.fill(outline, "evenodd");
    if (looks.stroke !== "none") context.stroke(outline);
  }
  return [svg("image", { href: canvas.toDataURL(), width, height })];
}

/** One format for an axis: as many decimals as its ticks need, or powers of ten. */
function tickText(tick: number, ticks: readonly number[], axis: Axis): string {
  if (axis.names !== undefined) return axis.names[tick] ?? "";
  const exponent = Math.log10(Math.abs(tick));
  if ((axis.logarithmic || axis.linearUpTo !== undefined) && Math.abs(exponent - Math.round(exponent)) < 1e-9 && (exponent < -3 || exponent > 3)) return shown(tick, 1);
  const largest = Math.max(...ticks.map(Math.abs));
  const step = ticks.length > 1 ? Math.abs((ticks[1] ?? 0) - (ticks[0] ?? 0)) : largest;
  if (axis.logarithmic || axis.linearUpTo !== undefined || largest >= 1e5 || step < 1e-4) return shown(tick, 4);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return tick.toFixed(decimals).replace("-", "−");
}

/** A tick below the axis; names that have no room beside each other go down. */
function under(x: number, bottom: number, text: string, room: number, axis: Axis): SVGTextElement {
  if (axis.names === undefined || room <= 44) return words("tick", x, bottom + 17, "middle", text);
  const made = fitting(words("tick", 0, 0, "end", text), (room - 30) / Math.sin((SLOPE * Math.PI) / 180));
  made.setAttribute("transform", `translate(${x + 4} ${bottom + 14}) rotate(${-SLOPE})`);
  return made;
}

const beside = (tick: SVGTextElement, left: number, axis: Axis): SVGTextElement => (axis.names === undefined ? tick : fitting(tick, left - 28));

export function words(kind: string, x: number, y: number, anchor: "start" | "middle" | "end", text: string): SVGTextElement {
  return svg("text", { class: kind, x, y, "text-anchor": anchor }, text);
}

/** The text of an axis cut to about so many pixels; whole in its tooltip. A Chinese character is a square. */
function fitting(label: SVGTextElement, pixels: number): SVGTextElement {
  const whole = label.textContent ?? "";
  let room = pixels;
  const most = Array.from(whole).findIndex((letter) => (room -= letter > "\u2e7f" ? 13 : 7.4) < 0);
  if (most >= 0) refill(label, `${Array.from(whole).slice(0, Math.max(1, most - 1)).join("")}…`, svg("title", {}, whole));
  return label;
}

function turned(x: number, y: number, text: string): SVGTextElement {
  const made = words("label", 0, 0, "middle", text);
  made.setAttribute("transform", `translate(${x} ${y}) rotate(-90)`);
  return made;
}

/** A range with a little room at both ends; a single value gets some too. */
export function padded(values: readonly number[], share = 0.06): Range {
  // The width of a range must be a number too.
  const [low, high] = [Math.max(-4e307, Math.min(...values)), Math.min(4e307, Math.max(...values))];
  const room = share * (high - low || Math.abs(low) || 1);
  return [low - room, high + room];
}
