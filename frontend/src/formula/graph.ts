/**
 * The computational graph of a formula: a node for each distinct part, values forward, gradients backward edge by edge.
 *
 * An edge from u to v carries ∂J/∂v · ∂v/∂u back; a node that is used more than once sums what comes back to it.
 */

import { slopesOf } from "./derivatives";
import type { Formula } from "./formula";
import { scalar } from "./instructions";

export interface GraphNode {
  readonly name: string; // of its variable or function; a number is as it is written
  readonly kind: "variable" | "number" | "function";
  readonly arguments: readonly number[]; // places of nodes
  readonly value: number;
}

export interface Edge {
  readonly from: number; // the argument
  readonly to: number; // what uses it
  readonly slope: number; // ∂to/∂from of this argument alone
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly Edge[]; // in the order in which gradients go back along them
}

export function graphOf(formula: Formula, values: readonly number[]): Graph {
  const nodes: GraphNode[] = [];
  for (const [name, ...rest] of formula.instructions) {
    const [first = NaN] = rest;
    if (name === "number") nodes.push({ name: String(first), kind: "number", arguments: [], value: first });
    else if (name === "variable") nodes.push({ name: formula.names[first] ?? "", kind: "variable", arguments: [], value: values[first] ?? NaN });
    else nodes.push({ name, kind: "function", arguments: rest, value: scalar(name, rest.map((place) => nodes[place]?.value ?? NaN)) });
  }
  return { nodes, edges: edgesBack(nodes) };
}

/** From the last node to the first; numbers take no gradient. */
function edgesBack(nodes: readonly GraphNode[]): Edge[] {
  const varies = nodes.map((node) => node.kind === "variable");
  nodes.forEach((node, place) => (varies[place] ||= node.arguments.some((one) => varies[one])));
  return nodes
    .map((node, to) => {
      const slopes = node.arguments.length > 0 ? slopesOf(node.name, node.arguments.map((one) => nodes[one]?.value ?? NaN)) : [];
      return node.arguments.map((from, k) => ({ from, to, slope: slopes[k] ?? NaN })).filter((edge) => varies[edge.from]);
    })
    .reverse()
    .flat();
}

/** What is known after so many steps: first every value, then the gradient 1 at the end, then edge by edge. */
export interface Stage {
  readonly known: number; // nodes whose value is computed
  readonly gradients: readonly (number | null)[]; // null: nothing has come back yet
  readonly edge: Edge | null; // along which a gradient has just come
}

export function lastStep(graph: Graph): number {
  return graph.nodes.length + 1 + graph.edges.length;
}

export function stageOf(graph: Graph, step: number): Stage {
  const count = graph.nodes.length;
  const gradients: (number | null)[] = graph.nodes.map(() => null);
  if (step > count) gradients[count - 1] = 1;
  const walked = graph.edges.slice(0, Math.max(0, step - count - 1));
  for (const { from, to, slope } of walked) {
    gradients[from] = (gradients[from] ?? 0) + (gradients[to] ?? NaN) * slope;
  }
  return { known: Math.min(step, count), gradients, edge: walked[walked.length - 1] ?? null };
}

export interface Place {
  readonly layer: number;
  readonly row: number;
}

/** Layers by the longest way from an input; within one, nodes stand near what they are made of. */
export function layout(graph: Graph): Place[] {
  const layers: number[] = [];
  graph.nodes.forEach((node) => layers.push(node.arguments.length === 0 ? 0 : 1 + Math.max(...node.arguments.map((one) => layers[one] ?? 0))));
  // An input stands just before the first node that uses it.
  graph.nodes.forEach((node, place) => {
    if (node.arguments.length > 0) return;
    const users = graph.nodes.flatMap((other, user) => (other.arguments.includes(place) ? [layers[user] ?? 1] : []));
    if (users.length > 0) layers[place] = Math.min(...users) - 1;
  });
  const rows = graph.nodes.map((_, place) => place);
  const last = Math.max(...layers);
  for (let layer = 0; layer <= last; layer++) {
    const members = graph.nodes.map((_, place) => place).filter((place) => layers[place] === layer);
    const height = (place: number): number => {
      const given = graph.nodes[place]?.arguments ?? [];
      return given.length === 0 ? place : given.reduce((sum, one) => sum + (rows[one] ?? 0), 0) / given.length;
    };
    members.sort((a, b) => height(a) - height(b));
    members.forEach((place, k) => (rows[place] = k - (members.length - 1) / 2));
  }
  return graph.nodes.map((_, place) => ({ layer: layers[place] ?? 0, row: rows[place] ?? 0 }));
}
