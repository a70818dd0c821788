/** Small dense matrices, as rows of numbers. */

export type Matrix = readonly (readonly number[])[];

export const identity = (size: number): number[][] => Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => Number(i === j)));
export const transposed = (a: Matrix): number[][] => (a[0] ?? []).map((_, j) => a.map((row) => row[j] ?? NaN));
export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, one, i) => sum + one * (b[i] ?? NaN), 0);
export const applied = (a: Matrix, v: readonly number[]): number[] => a.map((row) => dot(row, v));
export function product(a: Matrix, b: Matrix): number[][] {
  const columns = transposed(b);
  return a.map((row) => columns.map((column) => dot(row, column)));
}
export const kron = (a: Matrix, b: Matrix): number[][] => a.flatMap((row) => b.map((other) => row.flatMap((x) => other.map((y) => x * y))));
export const minus = (a: Matrix, b: Matrix): number[][] => a.map((row, i) => row.map((x, j) => x - (b[i]?.[j] ?? NaN)));

export function power(a: Matrix, exponent: number): Matrix {
  let [base, result]: [Matrix, Matrix] = [a, identity(a.length)];
  for (let rest = exponent; rest >= 1; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = product(result, base);
    if (rest >= 2) base = product(base, base);
  }
  return result;
}

/** x of Ax = b, by elimination with pivots. */
export function solved(a: Matrix, b: readonly number[]): number[] {
  const rows = a.map((row, i) => [...row, b[i] ?? NaN]);
  const size = rows.length;
  for (let k = 0; k < size; k++) {
    let pivot = k;
    for (let i = k + 1; i < size; i++) if (Math.abs(rows[i]?.[k] ?? 0) > Math.abs(rows[pivot]?.[k] ?? 0)) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot] ?? [], rows[k] ?? []];
    const top = rows[k] ?? [];
    for (let i = k + 1; i < size; i++) {
      const row = rows[i] ?? [];
      const factor = (row[k] ?? NaN) / (top[k] ?? NaN);
      if (factor !== 0) for (let j = k; j <= size; j++) row[j] = (row[j] ?? NaN) - factor * (top[j] ?? NaN);
    }
  }
  const x = new Array<number>(size).fill(0);
  for (let i = size - 1; i >= 0; i--) {
    const row = rows[i] ?? [];
    const rest = row.slice(i + 1, size).reduce((sum, one, j) => sum + one * (x[i + 1 + j] ?? 0), 0);
    x[i] = ((row[size] ?? NaN) - rest) / (row[i] ?? NaN);
  }
  return x;
}

/**
 * The upper triangle R of RᵀR = A for a positive semidefinite A; null where a pivot is less than `least` of its
 * entry, as it is where a column follows from those before it. With `least` 0 such a row is 0.
 */
export function triangle(a: Matrix, least: number): number[][] | null {
  const size = a.length;
  const r = identity(size).map((row) => row.map(() => 0));
  for (let i = 0; i < size; i++) {
    const row = r[i] ?? [];
    const above = (j: number): number => r.slice(0, i).reduce((sum, one) => sum + (one[i] ?? 0) * (one[j] ?? 0), 0);
    const whole = a[i]?.[i] ?? NaN;
    const pivot = whole - above(i);
    if (least > 0 && !(pivot > least * whole)) return null;
    row[i] = Math.sqrt(Math.max(pivot, 0));
    for (let j = i + 1; j < size && (row[i] ?? 0) > 0; j++) row[j] = ((a[i]?.[j] ?? NaN) - above(j)) / (row[i] ?? NaN);
  }
  return r;
}

/**
 * The squared singular values of a matrix, the smallest first, and its right singular vectors: by Jacobi's rotations
 * of its columns, which keep the digits of small ones that products of the columns would lose.
 */
export function singular(a: Matrix): { square: number; vector: number[] }[] {
  const size = a[0]?.length ?? 0;
  const columns = transposed(a);
  const vectors = identity(size);
  for (let sweep = 0, turned = true; sweep < 60 && turned; sweep++) {
    turned = false;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        const [u, v] = [columns[p] ?? [], columns[q] ?? []];
        const [uu, vv, uv] = [dot(u, u), dot(v, v), dot(u, v)];
        if (!(Math.abs(uv) > 1e-16 * Math.sqrt(uu * vv))) continue;
        turned = true;
        const angle = 0.5 * Math.atan2(2 * uv, uu - vv);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (const pair of [columns, vectors]) {
          const [left, right] = [pair[p] ?? [], pair[q] ?? []];
          pair[p] = left.map((one, i) => c * one + s * (right[i] ?? NaN));
          pair[q] = left.map((one, i) => c * (right[i] ?? NaN) - s * one);
        }
      }
    }
  }
  return columns.map((column, i) => ({ square: dot(column, column), vector: vectors[i] ?? [] })).sort((x, y) => x.square - y.square);
}
