/** Marks that all pictures share: the steps of a path, its start, its minima. */

import { svg } from "../dom";
import type { Kind } from "../formula/stationary";
import type { Scale } from "./scale";

/** Okabe and Ito's colours, which people with any colour vision can tell apart; the style sheet holds them. */
export const RUN_COLOURS = 7;

/** Marks of one path at pixels; those after `at` are faint, those of `off` hollow. A path of many or near steps shows fewer dots, its line all. */
export function pathMarks(pixels: readonly (readonly [number, number])[], at: number, colour: number, off: ReadonlySet<number> = new Set()): SVGElement[] {
  const within = pixels.map(([x, y]) => [clamped(x), clamped(y)] as const);
  const done = within.slice(0, at + 1);
  const line = (points: readonly (readonly [number, number])[], kind: string): SVGElement =>
    svg("polyline", { class: `path ${kind} run-${colour}`, points: thinned(points).map((one) => one.join(",")).join(" ") });
  // All dots of a kind are one element: hundreds of them follow a hand.
  const dots = new Map<string, string>();
  let [lastX, lastY] = [NaN, NaN];
  within.forEach(([x, y], k) => {
    if (!drawn(k, within.length, at) || (k !== at && Math.hypot(x - lastX, y - lastY) < NEAREST)) return;
    [lastX, lastY] = [x, y];
    const kind = `step ${k > at ? "later" : ""} ${off.has(k) ? "off" : ""} run-${colour}`;
    dots.set(kind, (dots.get(kind) ?? "") + dot(x, y, k === at ? 5.5 : within.length > 80 ? 2 : 3));
  });
  return [line(within.slice(at), "later"), line(done, ""), ...Array.from(dots, ([kind, d]) => svg("path", { class: kind, d }))];
}

const dot = (x: number, y: number, r: number): string => `M${(x - r).toFixed(1)},${y.toFixed(1)}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`;

/** SVG takes coordinates far outside the picture, but not any. */
export const clamped = (pixel: number | undefined): number => (pixel !== undefined && pixel <= 1e5 ? Math.max(-1e5, pixel) : 1e5);

const MOST_DOTS = 200;
const NEAREST = 4; // pixels between two dots: nearer ones would be a bar of their halos

function drawn(k: number, count: number, at: number): boolean {
  return k === at || k < 40 || k % Math.ceil(count / MOST_DOTS) === 0;
}

/** A line through points, broken where a value is no number, or on a logarithmic axis not above 0; a ring where it is a single one. */
export function lineThrough(xs: readonly number[], ys: readonly number[], x: Scale, y: Scale, logarithmic: boolean): string {
  const isDrawn = (k: number): boolean => Number.isFinite(ys[k]) && !(logarithmic && (ys[k] ?? 0) <= 0);
  let drawn = "";
  xs.forEach((place, k) => {
    if (!isDrawn(k)) return;
    const [across, down] = [clamped(x(place)), clamped(y(ys[k] ?? 0))];
    if (isDrawn(k - 1)) drawn += `L${across.toFixed(1)},${down.toFixed(1)}`;
    else drawn += isDrawn(k + 1) ? `M${across.toFixed(1)},${down.toFixed(1)}` : dot(across, down, 2.5);
  });
  return drawn;
}

/** Points less than half a pixel from the one before are left out: zigzags that nobody can see. */
function thinned(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const kept: (readonly [number, number])[] = [];
  for (const point of points) {
    const last = kept[kept.length - 1];
    if (last === undefined || Math.hypot(point[0] - last[0], point[1] - last[1]) >= 0.5) kept.push(point);
  }
  const end = points[points.length - 1];
  return end !== undefined && kept[kept.length - 1] !== end ? [...kept, end] : kept;
}

/** A plus at a minimum, a minus at a maximum, a cross at a saddle. */
export function stationaryMark(kind: Kind, x: number, y: number, title: string): SVGElement {
  const arms: Record<Kind, string> = {
    minimum: `M${x - 6},${y}h12M${x},${y - 6}v12`,
    maximum: `M${x - 6},${y}h12`,
    saddle: `M${x - 5},${y - 5}l10,10M${x - 5},${y + 5}l10,-10`,
    flat: `M${x - 5},${y - 3}h10M${x - 5},${y + 3}h10`,
  };
  return svg(
    "g",
    { class: `stationary ${kind}` },
    svg("path", { class: "halo", d: arms[kind] }),
    svg("path", { d: arms[kind] }),
    svg("title", {}, title),
  );
}
