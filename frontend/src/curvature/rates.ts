/** What the curvature says of learning rates, as in `steepest.curvature.rates`. */

/** Eigenvalues of a symmetric second derivative (1 × 1 or 2 × 2, by rows), the smallest first. */
export function eigenvalues(curvature: Float64Array): number[] {
  if (curvature.length === 1) return [curvature[0] ?? NaN];
  const [a = NaN, b = NaN, , d = NaN] = curvature;
  const middle = (a + d) / 2;
  const half = Math.hypot((a - d) / 2, b);
  return [middle - half, middle + half];
}

/**
 * The rates below which descent on a quadratic of this largest eigenvalue is stable: 2/λ plain, 2(1 + μ)/λ with
 * momentum μ, 2(1 + μ)/((1 + 2μ)λ) with Nesterov's; null where the curvature is not positive.
 */
export function largestStableRate(largest: number, momentum: number, nesterov: boolean): number | null {
  if (!(largest > 0)) return null;
  return nesterov ? (2 * (1 + momentum)) / ((1 + 2 * momentum) * largest) : (2 * (1 + momentum)) / largest;
}

/** 2/(λmin + λmax), the best rate without momentum; null where a curvature is not positive. */
export function bestRate(values: readonly number[]): number | null {
  const [least = NaN, largest = NaN] = [values[0], values[values.length - 1]];
  return least > 0 ? 2 / (least + largest) : null;
}
