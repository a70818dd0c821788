/** The computational graph at one step: values that are known, gradients that have come back, the edge just walked. */

import { svg } from "../dom";
import { FUNCTIONS } from "../formula/functions";
import { layout, type Edge, type Graph, type GraphNode, type Stage } from "../formula/graph";
import { shown } from "../numbers";
import { text } from "../words";
import { words } from "./frame";

const NODE = { width: 98, height: 66 };
const GAP = { x: 62, y: 26 };
const MARGIN = 14;

export function graphPicture(graph: Graph, stage: Stage): SVGSVGElement {
  const places = layout(graph);
  const [layers, rows] = [places.map((one) => one.layer), places.map((one) => one.row)];
  const low = Math.min(...rows);
  const x = (node: number): number => MARGIN + (layers[node] ?? 0) * (NODE.width + GAP.x);
  const y = (node: number): number => MARGIN + ((rows[node] ?? 0) - low) * (NODE.height + GAP.y);
  const width = x(layers.indexOf(Math.max(...layers))) + NODE.width + MARGIN;
  const height = MARGIN * 2 + (Math.max(...rows) - low) * (NODE.height + GAP.y) + NODE.height;
  const root = svg("svg", { class: "graph", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": text("The computational graph") });
  const walked = new Set(graph.edges.slice(0, graph.edges.findIndex((edge) => edge === stage.edge) + 1));
  graph.nodes.forEach((node, to) => node.arguments.forEach((from) => root.append(wire(x(from), y(from), x(to), y(to), edgeOf(graph, walked, from, to), stage.edge))));
  const newest = stage.edge === null ? stage.known - 1 : null;
  graph.nodes.forEach((node, place) => {
    const last = place === graph.nodes.length - 1;
    root.append(box(node, x(place), y(place), { known: place < stage.known, gradient: stage.gradients[place] ?? null, last, now: place === newest }));
  });
  return root;
}

const edgeOf = (graph: Graph, walked: ReadonlySet<Edge>, from: number, to: number): Edge | null =>
  graph.edges.find((edge) => edge.from === from && edge.to === to && walked.has(edge)) ?? null;

function wire(fromX: number, fromY: number, toX: number, toY: number, edge: Edge | null, now: Edge | null): SVGElement {
  const [a, b] = [fromX + NODE.width, fromY + NODE.height / 2];
  const [c, d] = [toX, toY + NODE.height / 2];
  const middle = (a + c) / 2;
  const kind = edge === null ? "wire" : edge === now ? "wire now-edge" : "wire back";
  const path = svg("path", { class: kind, d: `M${a},${b}C${middle},${b} ${middle},${d} ${c},${d}` });
  return svg("g", {}, path, edge === null ? null : words("slope", (a + c) / 2, (b + d) / 2 - 4, "middle", `× ${shown(edge.slope, 4)}`));
}

interface Looks {
  readonly known: boolean;
  readonly gradient: number | null;
  readonly last: boolean;
  readonly now: boolean;
}

function box(node: GraphNode, x: number, y: number, { known, gradient, last, now }: Looks): SVGElement {
  const middle = x + NODE.width / 2;
  const kinds = ["node", node.kind, last ? "last" : "", now ? "now" : ""].filter((kind) => kind !== "");
  const parts: SVGElement[] = [
    svg("rect", { class: kinds.join(" "), x, y, width: NODE.width, height: NODE.height, rx: 9 }),
    words("node-name", middle, y + (node.kind === "number" ? 38 : 21), "middle", titleOf(node)),
  ];
  if (known && node.kind !== "number") parts.push(words("node-value", middle, y + 39, "middle", shown(node.value, 6)));
  if (gradient !== null) parts.push(words("node-gradient", middle, y + 57, "middle", `∂ ${shown(gradient, 6)}`));
  return svg("g", {}, ...parts);
}

/** What stands on a node: a variable's name, a number, or the sign of an operation. */
export function titleOf(node: GraphNode): string {
  if (node.kind === "number") return shown(node.value, 5);
  const symbol = node.kind === "function" ? FUNCTIONS.get(node.name)?.symbol : undefined;
  return symbol === undefined || symbol === "" ? node.name : (SIGNS[symbol] ?? symbol);
}

const SIGNS: Readonly<Record<string, string>> = { "*": "×", "/": "÷", "-": "−" };
