/** The tree of a formula. Every consumer (instructions, typesetting) walks this one. */

export interface NumberNode {
  readonly kind: "number";
  readonly text: string; // as it was written
  readonly value: number;
}

export interface ConstantNode {
  readonly kind: "constant";
  readonly name: string; // pi or e
}

export interface VariableNode {
  readonly kind: "variable";
  readonly name: string;
}

export interface ApplyNode {
  readonly kind: "apply";
  readonly name: string; // a key of FUNCTIONS
  readonly arguments: readonly Node[];
}

export type Node = NumberNode | ConstantNode | VariableNode | ApplyNode;

/** The variables, in the order in which they first appear. */
export function variables(tree: Node): string[] {
  if (tree.kind === "variable") return [tree.name];
  if (tree.kind !== "apply") return [];
  return [...new Set(tree.arguments.flatMap(variables))];
}
