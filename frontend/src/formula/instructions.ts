/**
 * A tree as a list of instructions, each distinct part once.
 *
 * The list is that of `Formula.instructions()` in Python: `["number", value]`, `["variable", i]`, or the name of a
 * function followed by the places of its arguments, which stand before it.
 */

import { CONSTANTS, JETS, power } from "./functions";
import type { Node } from "./tree";

export type Instruction = readonly [name: string, ...rest: number[]];

/** The instructions of a tree; the last one is its value. */
export function instructions(tree: Node, names: readonly string[]): Instruction[] {
  const found: Instruction[] = [];
  const places = new Map<string, number>();
  const place = (instruction: Instruction): number => {
    const key = instruction.map((part) => (Object.is(part, -0) ? "-0" : String(part))).join(" ");
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, found.push(instruction) - 1);
    return found.length - 1;
  };
  const visit = (node: Node): number => {
    if (node.kind === "number") return place(["number", node.value]);
    if (node.kind === "constant") return place(["number", CONSTANTS.get(node.name) ?? NaN]);
    if (node.kind === "variable") return place(["variable", names.indexOf(node.name)]);
    return place([node.name, ...node.arguments.map(visit)]);
  };
  visit(tree);
  return found;
}

/** The result of one function on numbers; nan or inf where it is not defined. */
export function scalar(name: string, given: readonly number[]): number {
  const [a = NaN, b = NaN] = given;
  if (name === "add") return a + b;
  if (name === "sub") return a - b;
  if (name === "mul") return a * b;
  if (name === "div") return a / b;
  if (name === "pow") return power(a, b);
  if (name === "min") return Math.min(...given);
  if (name === "max") return Math.max(...given);
  if (name === "norm") return given.length === 1 ? Math.abs(a) : Math.sqrt(given.reduce((sum, one) => sum + one * one, 0));
  return JETS.get(name)?.(a)[0] ?? NaN;
}

/** The objective alone: what a grid of a picture asks for. */
export function valueOf(steps: readonly Instruction[]): (point: ArrayLike<number>) => number {
  const answers = new Float64Array(steps.length);
  const at = (place: number | undefined): number => answers[place ?? 0] ?? NaN;
  const work = steps.map(([name, ...places], slot): ((point: ArrayLike<number>) => void) => {
    const [first = 0, second = 0] = places;
    const one = JETS.get(name);
    if (name === "number") return () => void (answers[slot] = first);
    if (name === "variable") return (point) => void (answers[slot] = point[first] ?? NaN);
    if (name === "add") return () => void (answers[slot] = at(first) + at(second));
    if (name === "sub") return () => void (answers[slot] = at(first) - at(second));
    if (name === "mul") return () => void (answers[slot] = at(first) * at(second));
    if (name === "div") return () => void (answers[slot] = at(first) / at(second));
    if (name === "pow") return () => void (answers[slot] = power(at(first), at(second)));
    if (one !== undefined) return () => void (answers[slot] = one(at(first))[0]);
    return () => void (answers[slot] = scalar(name, places.map(at)));
  });
  return (point) => {
    for (const step of work) step(point);
    return at(steps.length - 1);
  };
}
