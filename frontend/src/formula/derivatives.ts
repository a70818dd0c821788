/**
 * Value, gradient and second derivative of a formula, carried forward through its instructions.
 *
 * A part f of the variables x is carried as f, ∂f/∂xᵢ and ∂²f/∂xᵢ∂xⱼ. Where torch has a convention (0 at a kink,
 * half and half where two arguments of min are equal) it is torch's, so that both sides take the same path.
 */

import { JETS, power } from "./functions";
import { scalar, type Instruction } from "./instructions";

/** Value, gradient (d) and second derivative (d × d, by rows) of an objective at one point. */
export interface Expansion {
  readonly value: number;
  readonly gradient: Float64Array;
  readonly curvature: Float64Array;
}

const NONE = new Float64Array(0);

interface Part extends Expansion {
  readonly depends: readonly boolean[]; // on which variable
}

/** A function that expands the formula of these instructions, of `count` variables, about a point. */
export function expansionOf(steps: readonly Instruction[], count: number): (point: ArrayLike<number>) => Expansion {
  return (point) => {
    const parts: Part[] = [];
    for (const step of steps) {
      const [name, first, second] = step;
      if (name === "number") parts.push(leaf(first ?? NaN, -1, count, true));
      else if (name === "variable") parts.push(leaf(point[first ?? 0] ?? NaN, first ?? 0, count, true));
      else if (step.length === 3) parts.push(apply(name, [parts[first ?? 0] as Part, parts[second ?? 0] as Part]));
      else parts.push(apply(name, (step.slice(1) as number[]).map((place) => parts[place] as Part)));
    }
    return parts[parts.length - 1] as Part;
  };
}

function leaf(value: number, variable: number, count: number, curved: boolean): Part {
  const gradient = new Float64Array(count);
  if (variable >= 0) gradient[variable] = 1;
  const depends = new Array<boolean>(count).fill(false);
  if (variable >= 0) depends[variable] = true;
  return { value, gradient, curvature: curved ? new Float64Array(count * count) : NONE, depends };
}

function apply(name: string, given: readonly Part[]): Part {
  const [a, b] = given as [Part, Part];
  const jet = JETS.get(name);
  if (jet !== undefined) {
    const [value, slope, curvature] = jet(a.value);
    return chain(value, given, [slope], [[curvature]]);
  }
  if (name === "add") return chain(a.value + b.value, given, [1, 1], null);
  if (name === "sub") return chain(a.value - b.value, given, [1, -1], null);
  if (name === "mul") return chain(a.value * b.value, given, [b.value, a.value], [[0, 1], [1, 0]]);
  if (name === "div") return quotient(a, b);
  if (name === "pow") return powered(a, b);
  if (name === "norm") return norm(given);
  return given.reduce((first, second) => extreme(name, first, second));
}

function quotient(a: Part, b: Part): Part {
  const [value, slope] = [a.value / b.value, 1 / b.value];
  const cross = -slope * slope;
  return chain(value, [a, b], [slope, -value * slope], [[0, cross], [cross, 2 * value * slope * slope]]);
}

function powered(a: Part, b: Part): Part {
  const [base, exponent] = [a.value, b.value];
  const value = power(base, exponent);
  const byBase = exponent === 0 ? 0 : exponent * power(base, exponent - 1);
  const twice = exponent * (exponent - 1);
  const bothBase = twice === 0 ? 0 : twice * power(base, exponent - 2);
  if (!b.depends.includes(true)) return chain(value, [a], [byBase], [[bothBase]]);
  const logarithm = Math.log(base);
  const byExponent = base === 0 && exponent > 0 ? 0 : value * logarithm;
  const cross = power(base, exponent - 1) * (1 + exponent * logarithm);
  return chain(value, [a, b], [byBase, byExponent], [[bothBase, cross], [cross, byExponent * logarithm]]);
}

function norm(given: readonly Part[]): Part {
  const size = given.length === 1 ? Math.abs(given[0]?.value ?? NaN) : Math.sqrt(given.reduce((sum, one) => sum + one.value ** 2, 0));
  const slopes = given.map((one) => (size === 0 ? 0 : one.value / size));
  const curvatures = slopes.map((first, i) =>
    slopes.map((second, j) => (size === 0 ? 0 : (Number(i === j) - first * second) / size)),
  );
  return chain(size, given, slopes, curvatures);
}

function extreme(name: string, a: Part, b: Part): Part {
  if (Number.isNaN(a.value) || Number.isNaN(b.value)) return chain(NaN, [a, b], [NaN, NaN], null);
  if (a.value === b.value) return chain(a.value, [a, b], [0.5, 0.5], null);
  return (name === "min") === a.value < b.value ? chain(a.value, [a, b], [1, 0], null) : chain(b.value, [a, b], [0, 1], null);
}

/** The chain rule: f(a, b, …) from its slopes and curvatures by a, b, …; null where all curvatures are 0. */
function chain(
  value: number,
  given: readonly Part[],
  slopes: readonly number[],
  curvatures: readonly (readonly number[])[] | null,
): Part {
  const count = given[0]?.gradient.length ?? 0;
  const gradient = new Float64Array(count);
  const wanted = (given[0]?.curvature.length ?? 0) > 0;
  const curvature = wanted ? new Float64Array(count * count) : NONE;
  const depends = new Array<boolean>(count).fill(false);
  // Plain loops: this runs for every operation of every step while something is dragged.
  for (let k = 0; k < given.length; k++) {
    const one = given[k] as Part;
    const slope = slopes[k] ?? NaN;
    for (let i = 0; i < count; i++) {
      // What does not vary is left out, so that 0 · ∞ arises only where the rules themselves give it.
      if (!one.depends[i]) continue;
      depends[i] = true;
      gradient[i] = (gradient[i] ?? 0) + slope * (one.gradient[i] ?? 0);
      if (!wanted) continue;
      for (let j = 0; j < count; j++) {
        const place = i * count + j;
        if (one.depends[j]) curvature[place] = (curvature[place] ?? 0) + slope * (one.curvature[place] ?? 0);
        if (curvatures === null) continue;
        given.forEach((other, l) => {
          if (!other.depends[j]) return;
          const product = (curvatures[k]?.[l] ?? 0) * (one.gradient[i] ?? 0) * (other.gradient[j] ?? 0);
          curvature[place] = (curvature[place] ?? 0) + product;
        });
      }
    }
  }
  return { value, gradient, curvature, depends };
}

/** The slopes of one function by each of its arguments. */
export function slopesOf(name: string, values: readonly number[]): number[] {
  const parts = values.map((value, place) => leaf(value, place, values.length, false));
  return Array.from(apply(name, parts).gradient);
}

export type Slope = Pick<Expansion, "value" | "gradient">;

/**
 * Value and gradient, as `expansionOf` finds them: a descent needs no curvature. What depends on which variable is known
 * beforehand, and only the gradient that is handed out is made anew: long runs follow a hand.
 */
export function slopeOf(steps: readonly Instruction[], count: number): (point: ArrayLike<number>) => Slope {
  const [values, gradients] = [new Float64Array(steps.length), new Float64Array(steps.length * count)];
  const depends = new Uint8Array(steps.length * count);
  const work = steps.map(([name, ...places], slot): ((point: ArrayLike<number>) => void) => {
    const [first = 0, second = 0] = places;
    const at = (place: number): number => values[place] ?? NaN;
    if (name === "number") return () => void (values[slot] = first);
    if (name === "variable") {
      [depends[slot * count + first], gradients[slot * count + first]] = [1, 1];
      return (point) => void (values[slot] = point[first] ?? NaN);
    }
    // Of each argument: where its gradient stands, and of which variables.
    const parts = places.map((place) => Array.from({ length: count }, (_, i) => i).filter((i) => depends[place * count + i] === 1));
    parts.flat().forEach((i) => (depends[slot * count + i] = 1));
    const clear = (): void => void gradients.fill(0, slot * count, (slot + 1) * count);
    const add = (argument: number, slope: number): void => {
      for (const i of parts[argument] ?? []) gradients[slot * count + i] = (gradients[slot * count + i] ?? 0) + slope * (gradients[(places[argument] ?? 0) * count + i] ?? 0);
    };
    const both = (value: (a: number, b: number) => number, byFirst: (a: number, b: number) => number, bySecond: (a: number, b: number) => number) => (): void => {
      const [a, b] = [at(first), at(second)];
      values[slot] = value(a, b);
      clear();
      add(0, byFirst(a, b));
      add(1, bySecond(a, b));
    };
    if (name === "add") return both((a, b) => a + b, () => 1, () => 1);
    if (name === "sub") return both((a, b) => a - b, () => 1, () => -1);
    if (name === "mul") return both((a, b) => a * b, (_, b) => b, (a) => a);
    if (name === "div") return both((a, b) => a / b, (_, b) => 1 / b, (a, b) => -(a / b) * (1 / b));
    if (name === "pow" && parts[1]?.length === 0) return both(power, (a, b) => (b === 0 ? 0 : b * power(a, b - 1)), () => 0);
    const jet = JETS.get(name);
    return () => {
      const given = places.map(at);
      const [value = NaN, ...slopes] = jet === undefined ? [scalar(name, given), ...slopesOf(name, given)] : jet(given[0] ?? NaN);
      values[slot] = value;
      clear();
      places.forEach((_, argument) => add(argument, slopes[argument] ?? NaN));
    };
  });
  return (point) => {
    for (const step of work) step(point);
    return { value: values[steps.length - 1] ?? NaN, gradient: gradients.slice((steps.length - 1) * count) };
  };
}
