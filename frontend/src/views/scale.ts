/** Scales of axes, and their ticks. */

import { scaleLinear, scaleLog, scaleSymlog, type ScaleContinuousNumeric } from "d3-scale";
import type { Range } from "../formula/stationary";

export type Scale = ScaleContinuousNumeric<number, number>;

export interface Axis {
  readonly range: Range;
  readonly label: string;
  readonly logarithmic?: boolean;
  readonly linearUpTo?: number; // logarithmic beyond this on both sides of 0
  readonly names?: readonly string[]; // in the place of the numbers 0, 1, 2, …
}

export function scale(axis: Axis, pixels: [number, number]): Scale {
  if (axis.linearUpTo !== undefined) return scaleSymlog().constant(axis.linearUpTo).domain([...axis.range]).range(pixels) as unknown as Scale;
  return (axis.logarithmic ? scaleLog() : scaleLinear()).domain([...axis.range]).range(pixels);
}

/** Ticks of a logarithmic axis are powers of ten only, thinned to fit. */
export function ticksOf(made: Scale, axis: Axis, count: number): number[] {
  if (axis.names !== undefined) return axis.names.map((_, place) => place);
  if (axis.linearUpTo !== undefined) return bothSides(axis.range, axis.linearUpTo, count);
  if (!axis.logarithmic) return made.ticks(count);
  const [low, high] = axis.range.map(Math.log10).sort((a, b) => a - b) as [number, number];
  const every = Math.max(1, Math.ceil((high - low) / count));
  const first = Math.ceil(low / every) * every;
  const powers = [];
  for (let power = first; power <= high; power += every) powers.push(10 ** power);
  return powers.length >= 2 ? powers : made.ticks(count);
}

/** 0 and powers of ten on both sides of it, beyond what is linear. */
function bothSides([low, high]: Range, linear: number, count: number): number[] {
  const first = Math.ceil(Math.log10(linear) - 1e-9);
  const last = Math.floor(Math.log10(Math.max(Math.abs(low), Math.abs(high))) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first + 1) / Math.max(1, low < 0 && high > 0 ? count / 2 : count)));
  const powers: number[] = [];
  for (let power = last; power >= first; power -= every) powers.unshift(10 ** power);
  return [...powers.map((one) => -one).reverse(), 0, ...powers].filter((tick) => tick >= low && tick <= high);
}
