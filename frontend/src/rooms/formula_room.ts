/** The formula room: type a formula, drag its start, move the rate, play the steps, and read why each went there. */

import { button, checkField, choiceField, numberField, slider, type Field } from "../controls/fields";
import { transport } from "../controls/transport";
import { OPTIMIZERS } from "../descent/optimizers";
import { element, refill } from "../dom";
import type { Engine, EngineRun, Status } from "../engine";
import { differentiate } from "../formula/differentiate";
import type { Formula } from "../formula/formula";
import type { Range } from "../formula/stationary";
import { typeset } from "../formula/typeset";
import { shown } from "../numbers";
import { FARTHEST, MOST_KEPT, MOST_STEPS, type RunSettings, type State } from "../state";
import type { Store } from "../store";
import { contourView } from "../views/contour";
import { curveView } from "../views/curve";
import { objectiveView } from "../views/objective";
import { outcomeOf } from "../views/outcome";
import { reasonElements, reasonOf } from "../views/reasons";
import { savePicture } from "../views/save_picture";
import { stepsTable } from "../views/steps_table";
import { surfaceView } from "../views/surface";
import type { View } from "../views/view";
import { text } from "../words";
import { EXAMPLES } from "./examples";
import { pythonCode } from "./python_code";
import { problemElements } from "./problem";
import type { Room } from "./room";
import { finitePoints, formulaOf, isFormula, sceneOf, startOf, type Rates, type Scene } from "./scene";

const PAUSE = 120; // milliseconds after the last change before the engine is asked
const DECADES = { below: 3, above: 0.7 }; // of the rate's slider, about the largest stable rate

const STATUS: Record<Status, () => string> = {
  ready: () => "",
  computing: () => text("The engine is computing …"),
  away: () => text("The engine does not answer; the browser's own steps are shown."),
};

/** `engine` makes the same run in Python once nothing is dragged; its path and its words are then what is shown. */
export function formulaRoom(store: Store, engine: Engine | null): Room {
  const change = (part: Partial<State>): void => store.change(part);
  const changeRun = (part: Partial<RunSettings>): void => change({ run: { ...store.state.run, ...part }, at: 0 });
  let scene: Scene | null = null;
  let held: readonly Range[] | null = null; // the window while something is dragged
  let decades: Range = [-4, 1];
  let made: { key: string; run: EngineRun } | null = null; // by the engine
  let wanted = ""; // the run that the engine was last asked for
  let waiting: ReturnType<typeof setTimeout> | undefined;

  // What the page consists of.
  const formula = element("input", { type: "text", id: "formula", class: "formula", autocomplete: "off", spellcheck: "false", autocapitalize: "off", "aria-describedby": "formula-error" });
  const error = element("p", { id: "formula-error", class: "error", role: "alert" });
  const printed = element("div", { class: "printed" });
  const stage = element("div", { class: "stage" });
  const views = { curve: curveView(), contour: contourView(), surface: surfaceView(() => store.state.turn) };
  const empty = element("p", { class: "empty" });
  const charts = [objectiveView(false), objectiveView(true)] as const;
  const player = transport((at) => change({ at }));
  const table = stepsTable((at) => change({ at }));
  const why = element("div", { class: "why" });
  const outcome = element("div", { class: "outcome", "aria-live": "polite" });
  const status = element("p", { class: "status", role: "status" });
  const runs = element("ul", { class: "runs" });
  const starts = element("div", { class: "starts" });
  const code = element("pre", { class: "code", tabindex: 0 });
  const viewSwitch = choiceField(text("picture"), [["contour", text("contour")], ["surface", text("surface")]] as const, (view) => change({ view }));
  const rate = slider(
    text("learning rate"),
    (value) => (Math.log10(value) - decades[0]) / (decades[1] - decades[0]),
    (share) => 10 ** (decades[0] + share * (decades[1] - decades[0])),
    (learningRate) => changeRun({ learningRate }),
    { accepts: (value) => value > 0, line: text("a number above 0") },
  );
  const momentum = slider(text("momentum"), (value) => value, (share) => Math.min(share, 0.999), (value) => changeRun({ momentum: value }), {
    accepts: (value) => value >= 0 && value < 1,
    line: text("a number from 0 up to, not including, 1"),
  });
  const nesterov = checkField(text("Nesterov"), (value) => changeRun({ nesterov: value }));
  const optimizer = choiceField(text("optimizer"), OPTIMIZERS.map((name) => [name, name] as const), (name) => changeRun({ optimizer: name }));
  const steps = numberField(text("steps"), (value) => change({ steps: value, at: 0 }), {
    accepts: (value) => Number.isInteger(value) && value >= 1 && value <= MOST_STEPS,
    line: text("a whole number from 1 to {most}", { most: MOST_STEPS }),
  });
  const examples = choiceField(text("example"), [["", text("choose …")], ...EXAMPLES.map((one, place) => [String(place), text(one.name)] as const)], (place) => {
    const example = EXAMPLES[Number(place)];
    if (place === "" || example === undefined) return;
    const run: RunSettings = { optimizer: "SGD", learningRate: 0.1, momentum: 0, nesterov: false, ...example.run };
    formula.value = example.formula;
    change({ formula: example.formula, run, steps: example.steps, kept: [], at: 0, window: [] });
  });
  let startFields: Field<number>[] = [];
  const whole = button(text("Whole run"), () => change({ window: [] }));
  const pictures = (["svg", "png"] as const).map((kind) =>
    button(text("Save {kind}", { kind: kind.toUpperCase() }), () => void savePicture(stage.firstElementChild ?? stage, kind)),
  );

  const root = element(
    "div",
    { class: "room" },
    element(
      "section",
      { class: "card main", "aria-label": text("The descent") },
      element("div", { class: "formula-row" }, element("label", { for: "formula", class: "f" }, "f ="), formula, examples.root),
      error,
      printed,
      element("div", { class: "stage-head" }, element("div", {}, outcome, status), viewSwitch.root),
      stage,
      element("div", { class: "buttons stage-tools" }, button("+", () => zoom(0.7)), button("−", () => zoom(1 / 0.7)), whole, ...pictures),
      player.root,
      element("div", { class: "charts" }, charts[0].root, charts[1].root),
    ),
    element(
      "div",
      { class: "side" },
      card(text("Descent"), rate.root, momentum.root, element("div", { class: "pair" }, optimizer.root, nesterov.root), element("div", { class: "pair" }, steps.root), starts),
      card(
        text("Runs"),
        runs,
        element(
          "div",
          { class: "buttons" },
          button(text("Keep this run"), () => keep(store)),
          button(text("Compare rates"), () => study(store, scene?.rates ?? null)),
          button(text("Clear"), () => change({ kept: [] })),
        ),
      ),
      card(text("Why it went there"), why),
    ),
    element(
      "div",
      { class: "below" },
      card(text("Steps"), table.root),
      card(text("The same in Python"), code, button(text("Copy"), () => void navigator.clipboard?.writeText(code.textContent ?? ""))),
    ),
  );

  formula.addEventListener("input", () => change({ formula: formula.value, at: 0, window: [] }));
  for (const view of Object.values(views)) touch(view);
  charts.forEach((chart) => {
    chart.root.addEventListener("click", (event) => {
      const at = chart.stepAt(event.clientX - chart.root.getBoundingClientRect().left);
      if (at !== null && scene !== null) change({ at: Math.max(0, Math.min(lastStep(scene), at)) });
    });
  });
  new ResizeObserver(() => {
    size();
    if (scene !== null) drawPictures(scene, store.state);
  }).observe(stage);
  engine?.listen((now) => (status.textContent = STATUS[now]()));

  function update(state: State): void {
    if (formula.value !== state.formula && !formula.matches(":focus")) formula.value = state.formula;
    const read = formulaOf(state.formula);
    refill(error, ...problemElements(isFormula(read) ? null : read, state.formula));
    formula.setAttribute("aria-invalid", String(!isFormula(read)));
    root.classList.toggle("stale", !isFormula(read));
    root.classList.toggle("blank", !isFormula(read) && scene === null);
    if (!isFormula(read)) return;
    const before = scene;
    ask(read, state);
    scene = unchanged(before, state, read.text) ?? sceneOf(read, state, held, made?.key === runKey(read, state) ? made.run.path : null);
    if (before?.formula.text !== read.text) formulaChanged(scene, state);
    show(scene, state);
  }

  /** Ask the engine for the run that is shown, a moment after the last change. */
  function ask(read: Formula, state: State): void {
    const key = runKey(read, state);
    if (engine === null || held !== null || key === wanted) return;
    wanted = key;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const run = { ...state.run, start: startOf(read, state.run.start) };
      engine.ask({ formula: read.text, run, steps: state.steps }, (answer) => {
        if (key !== wanted) return;
        if (typeof answer === "string") status.textContent = answer;
        else {
          made = { key, run: answer };
          computed = "";
          change({});
        }
      });
    }, PAUSE);
  }

  /** The scene before, where the state differs in nothing that it depends on. */
  function unchanged(before: Scene | null, state: State, formulaText: string): Scene | null {
    const key = JSON.stringify([formulaText, state.run, state.kept, state.steps, state.window, held]);
    const same = key === computed ? before : null;
    computed = key;
    return same;
  }

  function formulaChanged(now: Scene, state: State): void {
    const rows = [equation("f", now.formula.tree)];
    for (const name of now.formula.names.slice(0, 2)) {
      const slope = differentiate(now.formula.tree, name);
      const left = now.formula.names.length === 1 ? "f′" : `∂f/∂${name}`;
      if (slope !== null) rows.push(equation(left, slope));
    }
    refill(printed, ...rows, points(now));
    const names = now.formula.names;
    startFields = names.map((name, i) =>
      numberField(text("start {name}", { name }), (value) => {
        const start = startOf(now.formula, store.state.run.start);
        start[i] = value;
        changeRun({ start });
      }, { accepts: (value) => Math.abs(value) <= FARTHEST, line: text("a number from {least} to {most}", { least: shown(-FARTHEST), most: shown(FARTHEST) }) }),
    );
    refill(starts, ...startFields.map((field) => field.root));
    viewSwitch.root.hidden = names.length !== 2;
    const middle = now.rates?.stable ?? state.run.learningRate;
    decades = [Math.log10(middle) - DECADES.below, Math.log10(middle) + DECADES.above];
  }

  function show(now: Scene, state: State): void {
    const last = lastStep(now);
    const at = Math.min(state.at, last);
    rate.show(state.run.learningRate);
    rate.mark(rateMarks(now.rates));
    momentum.show(state.run.momentum);
    momentum.root.hidden = state.run.optimizer !== "SGD";
    nesterov.root.hidden = momentum.root.hidden || state.run.momentum === 0;
    nesterov.show(state.run.nesterov);
    optimizer.show(state.run.optimizer);
    viewSwitch.show(state.view);
    whole.disabled = state.window.length === 0;
    const isCanvas = now.formula.names.length === 2 && state.view === "surface";
    if (pictures[0] !== undefined) pictures[0].hidden = isCanvas;
    steps.show(state.steps);
    startOf(now.formula, state.run.start).forEach((value, i) => startFields[i]?.show(value));
    player.show(at, last);
    const engineRun = made?.key === runKey(now.formula, state) ? made.run : null;
    const sentences = engineRun === null ? outcomeOf(now.runs[0], now.formula.names, now.rates) : [engineRun.verdict];
    refill(outcome, ...sentences.map((sentence) => element("p", {}, sentence)));
    refill(why, ...reasonElements(reasonOf(now, at)));
    refill(runs, ...runItems(now, store));
    code.textContent = pythonCode(now.formula, state);
    table.draw(now, at);
    drawPictures(now, state);
  }

  function drawPictures(now: Scene, state: State): void {
    const view = viewOf(now, state);
    const wanted = view?.root ?? empty;
    if (stage.firstElementChild !== wanted || stage.childElementCount !== 1) {
      refill(stage, wanted);
      size();
    }
    empty.textContent = text("A picture of its values needs one or two variables; this formula has {count}.", { count: now.formula.names.length });
    const at = Math.min(state.at, lastStep(now));
    const focused = isHandleFocused(root);
    view?.draw(now, at);
    if (focused) stage.querySelector<SVGElement>(".handle")?.focus();
    charts.forEach((chart) => chart.draw(now, at));
  }

  function viewOf(now: Scene, state: State): View | null {
    if (now.formula.names.length === 1) return views.curve;
    return now.formula.names.length === 2 ? views[state.view] : null;
  }

  function size(): void {
    const width = stage.clientWidth;
    if (width === 0) return;
    const height = Math.round(Math.max(260, Math.min(0.62 * width, 460)));
    for (const view of Object.values(views)) view.resize(width, height);
    const each = width >= 560 ? (width - 12) / 2 : width;
    charts.forEach((chart) => chart.resize(Math.floor(each), 190));
  }

  /** Drag the start on curve and contour, turn the surface; arrow keys do the same. */
  function touch(view: View): void {
    const target = view.root as HTMLElement;
    let from: { x: number; y: number; turn: State["turn"] } | null = null;
    const move = (event: PointerEvent): void => {
      const box = target.getBoundingClientRect();
      const point = view.pointAt(event.clientX - box.left, event.clientY - box.top);
      if (point !== null) changeRun({ start: point.map((one, i) => rounded(one, i)) });
      else if (from !== null) change({ turn: turned(from.turn, event.clientX - from.x, event.clientY - from.y) });
    };
    target.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || scene === null) return;
      target.setPointerCapture(event.pointerId);
      from = { x: event.clientX, y: event.clientY, turn: store.state.turn };
      held = scene.window;
      root.classList.add("dragging");
      move(event);
    });
    target.addEventListener("pointermove", (event) => {
      if (from !== null) move(event);
    });
    for (const end of ["pointerup", "pointercancel"] as const) {
      target.addEventListener(end, () => {
        if (from === null) return;
        from = null;
        held = null;
        root.classList.remove("dragging");
        change({});
      });
    }
    target.addEventListener(
      "wheel",
      (event) => {
        const box = target.getBoundingClientRect();
        event.preventDefault();
        zoom(Math.exp(0.0015 * event.deltaY), view.pointAt(event.clientX - box.left, event.clientY - box.top));
      },
      { passive: false },
    );
    target.addEventListener("keydown", (event) => arrows(event as KeyboardEvent, view));
  }

  /** A window larger by a factor, about a point or its own middle. */
  function zoom(factor: number, about: readonly number[] | null = null): void {
    const bounds = scene?.window.flatMap(([low, high], axis) => {
      const centre = about?.[axis] ?? (low + high) / 2;
      return [low, high].map((end) => Number((centre + factor * (end - centre)).toPrecision(8)));
    });
    if (bounds !== undefined && bounds.every(Number.isFinite)) change({ window: bounds });
  }

  /** A dragged start has as many digits as its pixels can tell apart. */
  function rounded(value: number, axis: number): number {
    const [low = 0, high = 1] = held?.[axis] ?? scene?.window[axis] ?? [];
    const digits = Math.max(0, Math.ceil(2 - Math.log10(high - low)));
    return digits <= 100 ? Number(value.toFixed(digits)) : value;
  }

  function arrows(event: KeyboardEvent, view: View): void {
    const ways: Record<string, readonly [axis: number, sign: number]> = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowDown: [1, -1], ArrowUp: [1, 1] };
    const way = ways[event.key];
    if (way === undefined || scene === null || !(event.target as Element).closest(".handle")) return;
    const start = startOf(scene.formula, store.state.run.start);
    const [axis, sign] = start.length === 1 ? [0, way[1]] : way;
    start[axis] = rounded((start[axis] ?? 0) + sign * (view.pixelStep()[axis] ?? 0) * (event.shiftKey ? 5 : 1), axis);
    event.preventDefault();
    event.stopPropagation();
    changeRun({ start });
  }

  let computed = "";
  return {
    root,
    update,
    isInLink: () => true,
    key(event) {
      if (event.key === " ") player.toggle();
      else if (event.key === "ArrowLeft") player.move(-1);
      else if (event.key === "ArrowRight") player.move(1);
      else if (event.key === "+") zoom(0.7);
      else if (event.key === "-") zoom(1 / 0.7);
      else if (event.key === "0") change({ window: [] });
      else return;
      event.preventDefault();
    },
  };
}

/** What a run depends on, as one text. */
const runKey = (formula: Formula, state: State): string =>
  JSON.stringify([formula.text, { ...state.run, start: startOf(formula, state.run.start) }, state.steps]);

function card(title: string, ...children: Element[]): HTMLElement {
  return element("section", { class: "card" }, element("h2", {}, title), ...children);
}

const lastStep = (scene: Scene): number => Math.max(...scene.runs.map((run) => run.path.steps.length - 1));
const turned = ([azimuth, height]: State["turn"], right: number, down: number): State["turn"] => [
  Math.round(azimuth - 0.4 * right) % 360,
  Math.max(5, Math.min(88, Math.round(height + 0.3 * down))),
];

function isHandleFocused(root: HTMLElement): boolean {
  const tree = root.getRootNode();
  return (tree instanceof ShadowRoot || tree instanceof Document) && tree.activeElement?.classList.contains("handle") === true;
}

function equation(left: string, tree: Scene["formula"]["tree"]): Element {
  return element("div", { class: "equation" }, typeset(left, tree));
}

const MOST_POINTS = 6; // that are named

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

function rateMarks(rates: Rates | null): { value: number; name: string }[] {
  if (rates === null) return [];
  if (!rates.atMinimum) return rates.stable === null ? [] : [{ value: rates.stable, name: text("stable at this step") }];
  const marks = [];
  if (rates.best !== null) marks.push({ value: rates.best, name: text("best") });
  if (rates.stable !== null) marks.push({ value: rates.stable, name: text("stable below") });
  return marks;
}

function keep(store: Store): void {
  const { kept, run } = store.state;
  const same = (one: RunSettings): boolean => JSON.stringify(one) === JSON.stringify(run);
  if (kept.some(same)) return;
  store.change({ kept: [...kept, run].slice(-MOST_KEPT) });
}

/** Rates from slow to beyond stable beside each other, as shares of the largest stable one. */
function study(store: Store, rates: Rates | null): void {
  const { run } = store.state;
  const stable = rates?.stable ?? run.learningRate * 2;
  const kept = [0.02, 0.1, 0.6, 0.9, 1].map((share) => ({ ...run, learningRate: Number((share * stable).toPrecision(4)) }));
  store.change({ kept: kept.filter((one) => one.learningRate !== run.learningRate).slice(0, MOST_KEPT), at: 0 });
}

function runItems(scene: Scene, store: Store): Element[] {
  return scene.runs.map((run, place) => {
    const { settings, path } = run;
    const last = path.steps[path.steps.length - 1];
    const end = path.brokeAt === null ? `f = ${shown(last?.objective ?? NaN, 5)}` : text("not finite at step {step}", { step: path.brokeAt });
    const more = settings.momentum > 0 && settings.optimizer === "SGD" ? `, μ ${shown(settings.momentum, 3)}` : "";
    const name = `${settings.optimizer}, ${text("rate")} ${shown(settings.learningRate, 4)}${more}`;
    const remove = (): void => store.change({ kept: store.state.kept.filter((_, k) => k !== place - 1) });
    return element(
      "li",
      {},
      element("span", { class: `chip run-${place}`, "aria-hidden": "true" }),
      element("span", { class: "run-name" }, place === 0 ? `${name} (${text("this one")})` : name),
      element("span", { class: "run-end" }, end),
      place === 0 ? null : element("button", { type: "button", class: "icon small", "aria-label": text("Remove this run"), click: remove }, "×"),
    );
  });
}
