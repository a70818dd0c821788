/** What calculus says of a formula: itself and its derivatives as a book prints them, and its stationary points. */

import { element } from "../dom";
import { differentiate } from "../formula/differentiate";
import type { Node } from "../formula/tree";
import { typeset } from "../formula/typeset";
import { shown } from "../numbers";
import { text } from "../words";
import { finitePoints, type Scene } from "./scene";

const MOST_POINTS = 6; // that are named

export function calculus(scene: Scene): Element[] {
  const { names, tree } = scene.formula;
  const rows = [equation("f", tree)];
  for (const name of names.slice(0, 2)) {
    const slope = differentiate(tree, name);
    if (slope !== null) rows.push(equation(names.length === 1 ? "f′" : `∂f/∂${name}`, slope));
  }
  return [...rows, points(scene)];
}

export function equation(left: string, tree: Node): Element {
  return element("div", { class: "equation" }, typeset(left, tree));
}

/** The stationary points in the window, in words: of many those nearest to where the run ends. */
function points(scene: Scene): Element {
  const end = finitePoints(scene.runs[0].path).at(-1) ?? [];
  const far = (point: Float64Array): number => Math.hypot(...point.map((one, i) => one - (end[i] ?? 0)));
  const nearest = [...scene.stationary].sort((a, b) => far(a.point) - far(b.point)).slice(0, MOST_POINTS);
  const named = nearest.map((one) => {
    const where = scene.formula.names.map((name, i) => `${name} = ${shown(one.point[i] ?? NaN)}`).join(", ");
    return one.kind === "flat" ? text("a flat point at {where}", { where }) : text("{kind} at {where}", { kind: text(one.kind), where });
  });
  const values = { points: named.join("; "), count: scene.stationary.length };
  const sentence =
    named.length === 0
      ? text("Looking in this window found no stationary point; there may still be one.")
      : named.length < scene.stationary.length
        ? text("In this window at least {count} stationary points; nearest to the end of the run: {points}.", values)
        : text("In this window: {points}.", values);
  return element("p", { class: "points" }, scene.window.length === 0 ? "" : sentence);
}
