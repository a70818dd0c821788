/** The values of a formula of two variables on a grid, and levels that show them well. */

import type { Formula } from "../formula/formula";
import type { Range } from "../formula/stationary";

export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly values: Float64Array; // by rows; row 0 is the lowest y
  readonly x: Range;
  readonly y: Range;
}

let last: { formula: Formula; key: string; grid: Grid } | null = null;

/** Computed anew only where formula or window changed. */
export function gridOf(formula: Formula, x: Range, y: Range, columns: number, rows: number): Grid {
  const key = [...x, ...y, columns, rows].join(" ");
  if (last?.formula.text === formula.text && last.key === key) return last.grid;
  const values = new Float64Array(columns * rows);
  const point = [0, 0];
  for (let row = 0; row < rows; row++) {
    point[1] = y[0] + ((y[1] - y[0]) * row) / (rows - 1);
    for (let column = 0; column < columns; column++) {
      point[0] = x[0] + ((x[1] - x[0]) * column) / (columns - 1);
      values[row * columns + column] = formula.value(point);
    }
  }
  const grid = { columns, rows, values, x, y };
  last = { formula, key, grid };
  return grid;
}

/** Every so manieth value along both axes. */
export function coarser(grid: Grid, every: number): Grid {
  const [columns, rows] = [Math.floor((grid.columns - 1) / every) + 1, Math.floor((grid.rows - 1) / every) + 1];
  const values = Float64Array.from({ length: columns * rows }, (_, k) => grid.values[every * Math.floor(k / columns) * grid.columns + every * (k % columns)] ?? NaN);
  return { ...grid, columns, rows, values };
}

/** Levels that part the area evenly, nearer to each other about the lowest values. */
export function levelsOf(grid: Grid, count: number): number[] {
  const sorted = grid.values.filter(Number.isFinite).sort();
  if (sorted.length === 0) return [];
  const levels = Array.from({ length: count }, (_, k) => {
    const share = ((k + 0.6) / count) ** 1.7;
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  });
  return [...new Set(levels)].filter(Number.isFinite).sort((a, b) => a - b);
}
