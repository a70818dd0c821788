/** The formula room: type a formula, drag its start, move the rate, play the steps, and read why each went there. */

import { arrowOf, draggable, pixelOf } from "../controls/drag";
import { button, checkField, choiceField, numberField, type Field } from "../controls/fields";
import { momentumSlider, rateSlider } from "../controls/rates";
import { readably } from "../controls/readably";
import { transport } from "../controls/transport";
import { OPTIMIZERS } from "../descent/optimizers";
import { element, refill } from "../dom";
import type { Engine, EngineRun, Status } from "../engine";
import type { Formula } from "../formula/formula";
import type { Range } from "../formula/stationary";
import { shown } from "../numbers";
import { FARTHEST, MOST_STEPS, type RunSettings, type State } from "../state";
import type { Store } from "../store";
import { contourView } from "../views/contour";
import { curveView } from "../views/curve";
import { objectiveView } from "../views/objective";
import { outcomeOf } from "../views/outcome";
import { meaningOf, reasonElements, reasonOf } from "../views/reasons";
import { saveFilm, savePicture } from "../views/save_picture";
import { stepsTable } from "../views/steps_table";
import { surfaceView } from "../views/surface";
import type { View } from "../views/view";
import { text } from "../words";
import { calculus } from "./calculus";
import { EXAMPLES } from "./examples";
import { pythonCode } from "./python_code";
import { problemElements } from "./problem";
import { card, codeCard, type Room } from "./room";
import { runList } from "./run_list";
import { formulaOf, isFormula, sceneOf, startOf, type Rates, type Scene } from "./scene";

const PAUSE = 120; // milliseconds after the last change before the engine is asked
const DECADES = { below: 3, above: 0.7 }; // of the rate's slider, about the largest stable rate

const STATUS: Record<Status, () => string> = {
  ready: () => "",
  computing: () => text("The engine is computing …"),
  away: () => text("The engine does not answer; the browser's own steps are shown."),
};

const MOST_FRAMES = 60; // of a film

/** `engine` makes the same run in Python once nothing is dragged; its path and its words are then what is shown. */
export function formulaRoom(store: Store, engine: Engine | null): Room {
  const change = (part: Partial<State>): void => store.change(part);
  const changeRun = (part: Partial<RunSettings>): void => change({ run: { ...store.state.run, ...part }, at: 0 });
  let scene: Scene | null = null;
  let held: readonly Range[] | null = null; // the window while something is dragged
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
  const runs = runList(store);
  const starts = element("div", { class: "starts" });
  const code = codeCard(text("The same in Python"));
  const viewSwitch = choiceField(text("picture"), [["contour", text("contour")], ["surface", text("surface")]] as const, (view) => change({ view }));
  const rate = rateSlider((learningRate) => changeRun({ learningRate }));
  const momentum = momentumSlider((value) => changeRun({ momentum: value }));
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

  const film = button(text("Save {kind}", { kind: "GIF" }), () => void played());

  /** Save the shown run as a film, at most so many of its steps, and go back to the step that was shown. */
  async function played(): Promise<void> {
    const { at, steps } = store.state;
    const count = Math.min(steps + 1, MOST_FRAMES);
    film.disabled = true;
    await saveFilm(stage, Array.from({ length: count }, (_, k) => Math.round((k * steps) / Math.max(1, count - 1))), async (step) => {
      change({ at: step });
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }).finally(() => {
      film.disabled = false;
      change({ at });
    });
  }

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
      element("div", { class: "buttons stage-tools" }, button("+", () => zoom(0.7)), button("−", () => zoom(1 / 0.7)), whole, ...pictures, film),
      player.root,
      element("div", { class: "charts" }, charts[0].root, charts[1].root),
    ),
    element(
      "div",
      { class: "side" },
      card(text("Descent"), rate.root, momentum.root, element("div", { class: "pair" }, optimizer.root, nesterov.root), element("div", { class: "pair" }, steps.root), starts),
      card(text("Runs"), ...runs.parts),
      card(text("Why it went there"), why),
    ),
    element(
      "div",
      { class: "below" },
      card(text("Steps"), table.root),
      code.root,
    ),
  );

  const words = readably(root, () => scene !== null && write(scene, store.state));
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
    refill(printed, ...calculus(now));
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
    rate.about(middle, DECADES.below, DECADES.above);
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
    player.show(at, last);
    words();
    drawPictures(now, state);
  }

  function write(now: Scene, state: State): void {
    const at = Math.min(state.at, lastStep(now));
    startOf(now.formula, state.run.start).forEach((value, i) => startFields[i]?.show(value));
    const engineRun = made?.key === runKey(now.formula, state) ? made.run : null;
    const sentences = engineRun === null ? outcomeOf(now.runs[0], now.formula.names, now.rates) : [engineRun.verdict];
    refill(outcome, ...sentences.map((sentence) => element("p", {}, sentence)), ...meaningOf(engineRun?.meaning ?? []));
    refill(why, ...reasonElements(reasonOf(now, at)));
    runs.show(now);
    code.show(pythonCode(now.formula, state));
    table.draw(now, at);
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
    view?.draw(now, at);
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

  /** Drag the start on curve and contour, turn the surface, or pull with two fingers; arrow keys do the same. */
  function touch(view: View): void {
    const target = view.root as HTMLElement;
    let from = { x: 0, y: 0, turn: store.state.turn, run: store.state.run, at: store.state.at };
    const move = (x: number, y: number): void => {
      const point = view.pointAt(x, y);
      if (point !== null) changeRun({ start: point.map((one, i) => rounded(one, i)) });
      else change({ turn: turned(from.turn, x - from.x, y - from.y) });
    };
    draggable(target, {
      begin(x, y) {
        if (scene === null) return false;
        from = { x, y, turn: store.state.turn, run: store.state.run, at: store.state.at };
        held = scene.window;
        root.classList.add("dragging");
        move(x, y);
        return true;
      },
      move,
      end(isPinch) {
        held = null;
        root.classList.remove("dragging");
        change(isPinch ? { turn: from.turn, run: from.run, at: from.at } : {});
      },
      pinch: (factor, x, y) => zoom(factor, view.pointAt(x, y)),
    });
    target.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        zoom(Math.exp(0.0015 * event.deltaY), view.pointAt(...pixelOf(event, target)));
      },
      { passive: false },
    );
    target.addEventListener("keydown", (event) => arrows(event as KeyboardEvent, view));
  }

  /** A window larger by a factor, about a point or its own middle. */
  function zoom(factor: number, about: readonly number[] | null = null): void {
    const now = store.state.window; // may be newer than what is drawn
    const bounds = scene?.window.flatMap((drawn, axis) => {
      const [low, high] = now.length > 0 ? [now[2 * axis] ?? NaN, now[2 * axis + 1] ?? NaN] : drawn;
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
    const way = arrowOf(event);
    if (way === null || scene === null) return;
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
    missingInLink: () => "",
    key(event) {
      if (player.key(event)) return;
      if (event.key === "+") zoom(0.7);
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

const lastStep = (scene: Scene): number => Math.max(...scene.runs.map((run) => run.path.steps.length - 1));
const turned = ([azimuth, height]: State["turn"], right: number, down: number): State["turn"] => [
  Math.round(azimuth - 0.4 * right) % 360,
  Math.max(5, Math.min(88, Math.round(height + 0.3 * down))),
];

function rateMarks(rates: Rates | null): { value: number; name: string }[] {
  if (rates === null) return [];
  if (!rates.atMinimum) return rates.stable === null ? [] : [{ value: rates.stable, name: text("stable at this step") }];
  const marks = [];
  if (rates.best !== null) marks.push({ value: rates.best, name: text("best") });
  if (rates.stable !== null) marks.push({ value: rates.stable, name: text("stable below") });
  return marks;
}
