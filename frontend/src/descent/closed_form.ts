/**
 * Squared loss of a line, J(b, w) = mean (b + w·x − y)², descended in closed form: any epoch costs the same.
 *
 * J(θ) = J* + ½ (θ − θ*)ᵀ H (θ − θ*), H = 2/n XᵀX. Along each eigenvector of H the error e obeys (e, v) ← M (e, v),
 * M = [[1 − lr·λ, −lr·μ], [λ, μ]] with torch's momentum μ; epoch k is M^k, by repeated squaring.
 */

export interface Mode {
  readonly eigenvalue: number;
  readonly vector: readonly [number, number]; // unit, in (b, w)
}

export interface Quadratic {
  readonly minimum: readonly [b: number, w: number];
  readonly least: number; // J*
  readonly modes: readonly [slow: Mode, fast: Mode];
  readonly hessian: readonly [bb: number, bw: number, ww: number];
  readonly shift: number; // the feature is (x − shift) / scale
  readonly scale: number;
}

/** Centred sums keep the digits; null where x does not vary. */
export function quadraticOf(x: readonly number[], y: readonly number[], standardized: boolean): Quadratic | null {
  const n = x.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  const sum = (one: (i: number) => number): number => x.reduce((total, _, i) => total + one(i), 0);
  const xx = sum((i) => ((x[i] ?? 0) - meanX) ** 2) / n;
  const xy = sum((i) => ((x[i] ?? 0) - meanX) * ((y[i] ?? 0) - meanY)) / n;
  if (!(xx > 0) || !Number.isFinite(xx)) return null;
  const [shift, scale] = standardized ? [meanX, Math.sqrt(xx)] : [0, 1];
  const slope = xy / xx;
  const least = sum((i) => ((y[i] ?? 0) - meanY - slope * ((x[i] ?? 0) - meanX)) ** 2) / n;
  const middle = (meanX - shift) / scale;
  const w = slope * scale;
  const hessian = [2, 2 * middle, 2 * (xx / (scale * scale) + middle * middle)] as const;
  return { minimum: [meanY - w * middle, w], least, modes: modesOf(hessian, (4 * xx) / (scale * scale)), hessian, shift, scale };
}

/** The determinant is handed in: taken from the entries it would lose its digits. */
function modesOf([a, b, d]: readonly [number, number, number], determinant: number): readonly [Mode, Mode] {
  const large = (a + d) / 2 + Math.hypot((a - d) / 2, b);
  const small = determinant / large;
  const angle = 0.5 * Math.atan2(2 * b, a - d);
  const fast: Mode = { eigenvalue: large, vector: [Math.cos(angle), Math.sin(angle)] };
  return [{ eigenvalue: small, vector: [-Math.sin(angle), Math.cos(angle)] }, fast];
}

/** What is left of an error of 1 along a mode after `epochs` epochs. */
export function errorLeft(eigenvalue: number, rate: number, momentum: number, epochs: number): number {
  if (momentum === 0) return Math.pow(1 - rate * eigenvalue, epochs);
  let power: Matrix = [1 - rate * eigenvalue, -rate * momentum, eigenvalue, momentum];
  let result: Matrix = [1, 0, 0, 1];
  for (let rest = epochs; rest >= 1; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = product(power, result);
    power = product(power, power);
  }
  return result[0];
}

type Matrix = readonly [number, number, number, number];

function product([a, b, c, d]: Matrix, [e, f, g, h]: Matrix): Matrix {
  return [a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h];
}

export interface Point {
  readonly parameters: readonly [b: number, w: number];
  readonly excess: number; // J − J*
  readonly shares: readonly [slow: number, fast: number]; // of the error along each mode that are left
}

/** The point after so many epochs from a start. */
export function pointAt(quadratic: Quadratic, start: readonly [number, number], rate: number, momentum: number, epochs: number): Point {
  const [b, w] = quadratic.minimum;
  const error = [start[0] - b, start[1] - w] as const;
  let [atB, atW, excess] = [b, w, 0];
  const shares = quadratic.modes.map((mode) => {
    const first = error[0] * mode.vector[0] + error[1] * mode.vector[1];
    const left = errorLeft(mode.eigenvalue, rate, momentum, epochs);
    // Nothing of nothing is left, also where what would be left has run out of the numbers.
    const now = first === 0 ? 0 : first * left;
    atB += now * mode.vector[0];
    atW += now * mode.vector[1];
    excess += 0.5 * mode.eigenvalue * now * now;
    return Math.abs(left);
  });
  // The start itself, and not what rounding makes of the way through the eigenvectors.
  return { parameters: epochs === 0 ? start : [atB, atW], excess, shares: shares as [number, number] };
}

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
