/** A tree as it is printed in books, in MathML. */

import { mathml } from "../dom";
import { strength } from "./functions";
import type { ApplyNode, Node } from "./tree";

const GREEK = new Map(
  ("alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ kappa κ lambda λ lam λ mu μ nu ν xi ξ rho ρ " +
    "sigma σ tau τ phi φ chi χ psi ψ omega ω")
    .split(" ")
    .flatMap((word, place, words) => (place % 2 === 0 ? [[word, words[place + 1] ?? ""] as const] : [])),
);

export function typeset(left: string, tree: Node): MathMLElement {
  const row = mathml("mrow", {}, mathml("mi", {}, left), mathml("mo", {}, "="), part(tree));
  return mathml("math", { display: "block" }, row);
}

function part(node: Node): MathMLElement {
  if (node.kind === "number") return mathml("mn", {}, node.text);
  if (node.kind === "constant") return mathml("mi", {}, node.name === "pi" ? "π" : "e");
  if (node.kind === "variable") return name(node.name);
  return applied(node);
}

/** x1 as x with an index, theta as θ. */
function name(word: string): MathMLElement {
  const [, letters = word, index = ""] = /^(.*?)_?(\d*)$/u.exec(word) ?? [];
  const base = mathml("mi", {}, GREEK.get(letters) ?? letters);
  return index && letters ? mathml("msub", {}, base, mathml("mn", {}, index)) : mathml("mi", {}, GREEK.get(word) ?? word);
}

function applied(node: ApplyNode): MathMLElement {
  const [a, b] = node.arguments as [Node, Node];
  switch (node.name) {
    case "add":
    case "sub":
      return row(part(a), sign(node.name === "add" ? "+" : "−"), held(b, node.name === "add" ? 1 : 2));
    case "mul":
      return row(held(a, 2), sign(tight(a, b) ? "\u2062" : "·"), held(b, 2));
    case "div":
      return mathml("mfrac", {}, part(a), part(b));
    case "neg":
      return row(sign("−"), held(a, 2));
    case "pow":
      return mathml("msup", {}, held(a, 5), part(b));
    case "sqrt":
      return mathml("msqrt", {}, part(a));
    case "abs":
      return row(sign("|"), part(a), sign("|"));
    default:
      return row(mathml("mi", {}, node.name), bracketed(node.arguments.flatMap((one, place) => (place ? [sign(","), part(one)] : [part(one)]))));
  }
}

/** Whether a product is written without a sign, as in 2x: not before a number. */
function tight(a: Node, b: Node): boolean {
  const first = b.kind === "apply" && ["mul", "pow"].includes(b.name) ? b.arguments[0] : b;
  return first !== undefined && first.kind !== "number" && !(first.kind === "apply" && first.name === "div") && !(a.kind === "apply" && a.name === "div" && b.kind !== "apply");
}

/** A part in brackets where it binds less strongly than is needed. */
function held(node: Node, least: number): MathMLElement {
  const fraction = node.kind === "apply" && node.name === "div" && least <= 3;
  const weak = node.kind === "apply" && strength(node.name) < least && !fraction;
  return weak ? bracketed([part(node)]) : part(node);
}

const row = (...parts: MathMLElement[]): MathMLElement => mathml("mrow", {}, ...parts);
const sign = (text: string): MathMLElement => mathml("mo", {}, text);
const bracketed = (parts: MathMLElement[]): MathMLElement => row(sign("("), ...parts, sign(")"));
