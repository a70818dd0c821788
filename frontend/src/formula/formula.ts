/** A formula that was read: its variables, its value, and what derivatives say of it. */

import { expansionOf, slopeOf, type Expansion, type Slope } from "./derivatives";
import { instructions, valueOf, type Instruction } from "./instructions";
import { parse } from "./parse";
import { variables, type Node } from "./tree";

export interface Formula {
  readonly text: string;
  readonly tree: Node;
  readonly names: readonly string[];
  readonly instructions: readonly Instruction[];
  value(point: ArrayLike<number>): number;
  expand(point: ArrayLike<number>): Expansion;
  /** As `expand`, without the curvature. */
  slope(point: ArrayLike<number>): Slope;
}

/** Throws FormulaError where the text cannot be read. */
export function readFormula(text: string): Formula {
  const tree = parse(text);
  const names = variables(tree);
  const steps = instructions(tree, names);
  return {
    text, tree, names,
    instructions: steps,
    value: valueOf(steps),
    expand: expansionOf(steps, names.length),
    slope: slopeOf(steps, names.length),
  };
}
