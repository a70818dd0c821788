/** The lines of other losses on the same points: least absolute errors, and Huber's. */

import { mean } from "../descent/closed_form";

export type Line = readonly [intercept: number, slope: number];

const MOST_PAIRS = 400; // points of which every pair is tried

/**
 * The line of least absolute errors goes through two of the points: all pairs are tried. Null for more points than
 * that is done for.
 */
export function absoluteLine(x: readonly number[], y: readonly number[]): Line | null {
  if (x.length > MOST_PAIRS) return null;
  let [best, least]: [Line | null, number] = [null, Infinity];
  for (let i = 0; i < x.length; i++) {
    // Through point i, the best slope is the weighted median of the slopes to the others.
    const slopes = x.flatMap((there, j) => {
      const across = there - (x[i] ?? 0);
      return across === 0 ? [] : [{ slope: ((y[j] ?? 0) - (y[i] ?? 0)) / across, weight: Math.abs(across) }];
    });
    if (slopes.length === 0) continue;
    const slope = weightedMedian(slopes);
    const line: Line = [(y[i] ?? 0) - slope * (x[i] ?? 0), slope];
    const sum = x.reduce((total, there, j) => total + Math.abs(line[0] + line[1] * there - (y[j] ?? 0)), 0);
    if (sum < least) [best, least] = [line, sum];
  }
  return best;
}

function weightedMedian(values: { slope: number; weight: number }[]): number {
  values.sort((a, b) => a.slope - b.slope);
  const half = values.reduce((sum, one) => sum + one.weight, 0) / 2;
  let sum = 0;
  for (const one of values) {
    sum += one.weight;
    if (sum >= half) return one.slope;
  }
  return NaN;
}

/** The minimum of mean h(r), h(r) = r² up to δ and 2δ|r| − δ² beyond, by Newton's method with halved steps. */
export function huberLine(x: readonly number[], y: readonly number[], delta: number): Line | null {
  const [meanX, meanY] = [mean(x), mean(y)];
  let [a, w] = [meanY, 0]; // about the mean of x
  const objective = (a: number, w: number): number =>
    mean(x.map((there, i) => huber(a + w * (there - meanX) - (y[i] ?? 0), delta)));
  for (let k = 0; k < 200; k++) {
    let [ga, gw, aa, aw, ww] = [0, 0, 0, 0, 0];
    x.forEach((there, i) => {
      const [u, r] = [there - meanX, a + w * (there - meanX) - (y[i] ?? 0)];
      const slope = Math.max(-delta, Math.min(delta, r));
      // Beyond δ the second derivative is 0: the weight δ/|r| keeps the step finite, and goes downhill.
      const weight = Math.abs(r) <= delta ? 1 : delta / Math.abs(r);
      [ga, gw, aa, aw, ww] = [ga + slope, gw + slope * u, aa + weight, aw + weight * u, ww + weight * u * u];
    });
    const determinant = aa * ww - aw * aw;
    if (!(determinant > 0)) return null;
    const [da, dw] = [(ga * ww - gw * aw) / determinant, (aa * gw - aw * ga) / determinant];
    const before = objective(a, w);
    let share = 1;
    while (share > 1e-10 && objective(a - share * da, w - share * dw) > before) share /= 2;
    [a, w] = [a - share * da, w - share * dw];
    if (Math.abs(da) + Math.abs(dw) <= 1e-13 * (Math.abs(a) + Math.abs(w) + 1e-300)) break;
  }
  return [a - w * meanX, w];
}

export function huber(r: number, delta: number): number {
  return Math.abs(r) <= delta ? r * r : 2 * delta * Math.abs(r) - delta * delta;
}
