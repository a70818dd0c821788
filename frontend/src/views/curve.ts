/** A formula of one variable: its curve, the paths on it, the tangent at the step that is shown. */

import { svg } from "../dom";
import { shown } from "../numbers";
import type { Scene } from "../rooms/scene";
import { text } from "../words";
import { frame, padded, words, type Frame } from "./frame";
import type { Scale } from "./scale";
import { pathMarks, stationaryMark } from "./marks";
import type { View } from "./view";

const POINTS = 401;
const POINTS_OF_WAVES = 3_201; // of formulas that go up and down
const LONGEST_TANGENT = 90; // pixels to either side

export function curveView(): View {
  const picture = frame(text("The curve of the formula, and the steps on it"));
  let scale: Scale | null = null;
  return {
    root: picture.root,
    resize: (width, height) => picture.resize(width, height),
    draw: (scene, at) => void (scale = draw(picture, scene, at)),
    pointAt: (x) => (scale === null ? null : [scale.invert(x)]),
    pixelStep: () => (scale === null ? [0] : [Math.abs(scale.invert(10) - scale.invert(0))]),
  };
}

function draw(picture: Frame, scene: Scene, at: number): Scale {
  const [low = 0, high = 1] = scene.window[0] ?? [];
  const name = scene.formula.names[0] ?? "x";
  const waves = scene.formula.instructions.some(([operation]) => ["sin", "cos", "tan"].includes(operation));
  const count = waves ? POINTS_OF_WAVES : POINTS;
  const curve = Array.from({ length: count }, (_, k) => {
    const x = low + ((high - low) * k) / (count - 1);
    return [x, scene.formula.value([x])] as const;
  });
  const { x, y, layer, above } = picture.draw(
    { range: [low, high], label: name },
    { range: heights(curve, scene), label: `f(${name})` },
  );
  layer.append(svg("path", { class: "curve", d: outline(curve, x, y) }));
  layer.append(...tangent(scene, at, x, y));
  scene.runs.forEach((run, colour) => {
    const pixels = run.path.steps.map((step) => [x(step.point[0] ?? NaN), y(step.objective)] as const);
    layer.append(...pathMarks(pixels, Math.min(at, pixels.length - 1), colour));
  });
  for (const one of scene.stationary) {
    const title = text("{kind} at {name} = {x}, f = {value}", {
      kind: text(one.kind),
      name,
      x: shown(one.point[0] ?? NaN),
      value: shown(one.value),
    });
    layer.append(stationaryMark(one.kind, x(one.point[0] ?? NaN), y(one.value), title));
  }
  const start = scene.runs[0].path.steps[0];
  if (start !== undefined) {
    const value = `${name} = ${shown(start.point[0] ?? NaN)}`;
    const [left, top] = [x(start.point[0] ?? 0), Number.isFinite(start.objective) ? y(start.objective) : y.range()[0] ?? 0];
    picture.handle(left, top, text("Start"), value);
    const side = left > picture.width - 90 ? "end" : "start";
    above.append(words("note", left + (side === "end" ? -14 : 14), Math.max(20, top + 4), side, text("start")));
  }
  return x;
}

/** The heights of the curve without the highest ones where it shoots up, and of the steps that lie on it. */
function heights(curve: readonly (readonly [number, number])[], scene: Scene): readonly [number, number] {
  const finite = curve.map(([, value]) => value).filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  const sorted = [...finite].sort((a, b) => a - b);
  const [low = 0, high = 1] = scene.window[0] ?? [];
  const steps = scene.runs
    .flatMap((run) => run.path.steps)
    .filter((step) => (step.point[0] ?? NaN) >= low && (step.point[0] ?? NaN) <= high)
    .map((step) => step.objective)
    .filter(Number.isFinite);
  const steep = sorted[Math.floor(0.97 * (sorted.length - 1))] ?? 1;
  const least = sorted[0] ?? 0;
  const top = Math.max(...finite) - least > 6 * (steep - least) ? steep + 0.2 * (steep - least) : Math.max(...finite);
  return padded([least, Math.max(top, ...steps), ...steps]);
}

/** The curve, interrupted where the formula has no value. */
function outline(curve: readonly (readonly [number, number])[], x: Scale, y: Scale): string {
  let drawn = "";
  let pen = "M";
  for (const [at, value] of curve) {
    if (!Number.isFinite(value)) pen = "M";
    else {
      drawn += `${pen}${x(at).toFixed(1)},${Math.max(-1e5, Math.min(1e5, y(value))).toFixed(1)}`;
      pen = "L";
    }
  }
  return drawn;
}

function tangent(scene: Scene, at: number, x: Scale, y: Scale): SVGElement[] {
  const steps = scene.runs[0].path.steps;
  const step = steps[Math.min(at, steps.length - 1)];
  const slope = step?.gradient[0] ?? NaN;
  if (step === undefined || !Number.isFinite(slope) || !Number.isFinite(step.objective)) return [];
  const [left, top] = [x(step.point[0] ?? 0), y(step.objective)];
  const unit = x.invert(1) - x.invert(0);
  const rise = y(step.objective + slope * unit) - top; // pixels down a pixel to the right
  const run = LONGEST_TANGENT / Math.hypot(1, rise);
  return [svg("line", { class: "tangent", x1: left - run, y1: top - rise * run, x2: left + run, y2: top + rise * run })];
}
