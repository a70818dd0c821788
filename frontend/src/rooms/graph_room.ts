/** The graph room: values run forward through a formula, gradients run back one edge at a time. */

import { button, choiceField, numberField, type Field } from "../controls/fields";
import { transport } from "../controls/transport";
import { element, refill } from "../dom";
import type { Formula } from "../formula/formula";
import { graphOf, lastStep, stageOf, type Graph, type Stage } from "../formula/graph";
import { shown } from "../numbers";
import type { GraphState, State } from "../state";
import type { Store } from "../store";
import { graphPicture, titleOf } from "../views/graph";
import { savePicture } from "../views/save_picture";
import { text } from "../words";
import { equation } from "./calculus";
import { GRAPHS } from "./examples";
import { problemElements } from "./problem";
import { graphCode } from "./python_code";
import { card, codeCard, type Room } from "./room";
import { formulaOf, isFormula } from "./scene";

const MOST_NODES = 60;

export function graphRoom(store: Store): Room {
  const change = (part: Partial<GraphState>): void => store.change({ graph: { ...store.state.graph, ...part } });
  let drawn: Formula | null = null;
  const formula = element("input", { type: "text", id: "graph-formula", class: "formula", autocomplete: "off", spellcheck: "false", autocapitalize: "off", "aria-describedby": "graph-error" });
  const error = element("p", { id: "graph-error", class: "error", role: "alert" });
  const printed = element("div", { class: "printed" });
  const stageCard = element("div", { class: "graph-scroll", tabindex: 0, role: "region", "aria-label": text("The computational graph") });
  const sentence = element("div", { class: "outcome", "aria-live": "polite" });
  const player = transport((step) => change({ step }));
  const inputs = element("div", { class: "starts" });
  const gradients = element("dl", { class: "facts" });
  const examples = choiceField(text("example"), [["", text("choose …")], ...GRAPHS.map((one, place) => [String(place), text(one.name)] as const)], (place) => {
    const example = GRAPHS[Number(place)];
    if (place === "" || example === undefined) return;
    formula.value = example.formula;
    change({ formula: example.formula, inputs: example.inputs, step: 0 });
  });
  const module = codeCard(text("The torch module that it writes out"));
  const code = codeCard(text("The same in Python"));
  const pictures = (["svg", "png"] as const).map((kind) =>
    button(text("Save {kind}", { kind: kind.toUpperCase() }), () => void savePicture(stageCard.firstElementChild ?? stageCard, kind)),
  );
  let fields: Field<number>[] = [];
  let shownStep = 0;
  const root = element(
    "div",
    { class: "room" },
    element(
      "section",
      { class: "card main", "aria-label": text("Graph") },
      element("div", { class: "formula-row" }, element("label", { for: "graph-formula", class: "f" }, "J ="), formula, examples.root),
      error,
      printed,
      sentence,
      stageCard,
      element("div", { class: "buttons stage-tools" }, ...pictures),
      player.root,
    ),
    element(
      "div",
      { class: "side" },
      card(text("Inputs"), inputs),
      card(text("Gradient, once all has come back"), gradients),
      module.root,
      code.root,
    ),
  );
  formula.addEventListener("input", () => change({ formula: formula.value, step: 0 }));

  function update(state: State): void {
    const { graph: now } = state;
    if (formula.value !== now.formula && !formula.matches(":focus")) formula.value = now.formula;
    const read = formulaOf(now.formula);
    const tooLarge = isFormula(read) && read.instructions.length > MOST_NODES;
    const problem = tooLarge ? { column: null, message: text("the graph has {count} nodes; the page draws {most}", { count: read.instructions.length, most: MOST_NODES }) } : isFormula(read) ? null : read;
    refill(error, ...problemElements(problem, now.formula));
    formula.setAttribute("aria-invalid", String(problem !== null));
    root.classList.toggle("stale", problem !== null);
    root.classList.toggle("blank", problem !== null && drawn === null);
    if (!isFormula(read) || tooLarge) return;
    if (drawn?.text !== read.text) formulaChanged(read);
    drawn = read;
    show(read, now);
  }

  function formulaChanged(read: Formula): void {
    refill(printed, equation("J", read.tree));
    const example = GRAPHS.find((one) => one.formula === read.text);
    examples.show(example === undefined ? "" : String(GRAPHS.indexOf(example)));
    module.show(example?.module ?? "");
    module.root.hidden = example?.module === undefined;
    fields = read.names.map((name, place) =>
      numberField(name, (value) => {
        const inputsNow = valuesOf(read, store.state.graph);
        inputsNow[place] = value;
        change({ inputs: inputsNow });
      }, { accepts: () => true, line: text("a number") }),
    );
    refill(inputs, ...fields.map((field) => field.root));
  }

  function show(read: Formula, state: GraphState): void {
    const values = valuesOf(read, state);
    values.forEach((value, place) => fields[place]?.show(value));
    code.show(graphCode(read, values));
    const graph = graphOf(read, values);
    const last = lastStep(graph);
    const step = Math.min(state.step, last);
    const stage = stageOf(graph, step);
    player.show(step, last);
    refill(sentence, element("p", {}, sentenceOf(graph, stage, step)));
    refill(stageCard, graphPicture(graph, stage));
    if (step !== shownStep) stageCard.querySelector(".now, .now-edge")?.scrollIntoView({ block: "nearest", inline: "center" });
    shownStep = step;
    const slopes = read.slope(values).gradient;
    refill(gradients, ...read.names.flatMap((name, place) => [element("dt", {}, `∂J/∂${name}`), element("dd", {}, shown(slopes[place] ?? NaN))]));
  }

  return {
    root,
    update,
    missingInLink: () => "",
    key: (event) => void player.key(event),
  };
}

/** A value for each variable: missing ones are 1. */
const valuesOf = (read: Formula, state: GraphState): number[] => read.names.map((_, place) => state.inputs[place] ?? 1);

function sentenceOf(graph: Graph, stage: Stage, step: number): string {
  const count = graph.nodes.length;
  if (step === 0) return text("The inputs are given. Step forward: each part is computed from those before it.");
  if (step <= count) {
    const node = graph.nodes[step - 1];
    const given = node?.arguments.map((one) => shown(graph.nodes[one]?.value ?? NaN)) ?? [];
    const name = nameOf(graph, step - 1);
    if (node === undefined || given.length === 0) return text("Forward: {name} is {value}.", { name, value: shown(node?.value ?? NaN) });
    return text("Forward: {name} of {given} is {value}.", { name, given: given.join(", "), value: shown(node.value) });
  }
  if (stage.edge === null) return text("Backward: the derivative of J by itself is 1.");
  const { from, to, slope } = stage.edge;
  const through = stage.gradients[to] ?? NaN;
  const values = { through: shown(through), slope: shown(slope), product: shown(through * slope), name: nameOf(graph, from), sum: shown(stage.gradients[from] ?? NaN) };
  const used = graph.edges.filter((edge) => edge.from === from).length;
  return used > 1
    ? text("Backward along one edge to {name}: {through} · {slope} = {product}; the sum there is now {sum}.", values)
    : text("Backward along one edge to {name}: {through} · {slope} = {product}.", values);
}

function nameOf(graph: Graph, place: number): string {
  const node = graph.nodes[place];
  return node === undefined ? "" : titleOf(node);
}
