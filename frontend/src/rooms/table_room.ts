/** The table room: a table, the line through its points at any epoch, and the loss that is descended. */

import { arrowOf, draggable } from "../controls/drag";
import { button, checkField, choiceField, fileButton, numberField, slider } from "../controls/fields";
import { momentumSlider, rateSlider } from "../controls/rates";
import { readably } from "../controls/readably";
import { element, refill } from "../dom";
import type { Engine } from "../engine";
import { shown } from "../numbers";
import { LAST_EPOCH, OTHER_LOSSES, type OtherLoss, type State, type TableState } from "../state";
import type { Store } from "../store";
import { MOST_LETTERS } from "../table/csv";
import { rounded } from "../table/points";
import { SAMPLES } from "../table/samples";
import { ellipsesView, type EllipsesWindow } from "../views/ellipses";
import { epochsView } from "../views/epochs";
import { batchesOf, factsOf, settlingOf } from "../views/modes";
import { factList, meaningOf } from "../views/reasons";
import { scatterView } from "../views/scatter";
import { text } from "../words";
import { columnFields } from "./column_fields";
import { tableCode } from "./python_code";
import { card, codeCard, type Room } from "./room";
import { tablePoints } from "./table_points";
import { askedOf, tableSceneOf, type TableScene } from "./table_scene";
import { tableVerdict } from "./table_verdict";

const OWN = "own";
const DECADES = { below: 4, above: 0.5 }; // of the rate's slider, about the largest stable rate
const SHORT_LINK = 20_000; // letters of a table that an address holds
const MOST_CODE = 500; // rows that are written out in code
const MOST_NOISE = 2; // standard deviations of the target
const FRESH: Partial<TableState> = { start: [], rate: null, epoch: 0 };

const LOSS_NAMES: Record<OtherLoss, () => string> = {
  absolute: () => text("least absolute errors"),
  huber: () => text("Huber's loss"),
  logistic: () => text("logistic loss, of two classes"),
};

/** `engine` reads files as Python does, and says its verdict; without it the page does what it can. */
export function tableRoom(store: Store, engine: Engine | null): Room {
  const change = (part: Partial<TableState>): void => store.change({ table: { ...store.state.table, ...part } });
  let scene: TableScene | null = null;
  let held: EllipsesWindow | null = null; // while the start or a point is dragged
  let window: EllipsesWindow | null = null;

  const sample = choiceField(text("table"), [...SAMPLES.map((one) => [one.name, text(one.title)] as const), [OWN, text("pasted or changed")]], (name) => {
    if (name !== OWN) open(`sample:${name}`);
  });
  const paste = element("textarea", { id: "pasted", rows: 4, placeholder: text("Paste a table here: CSV, semicolons or tabs; or drop a file."), "aria-label": text("Table to read") });
  const file = fileButton(text("Open a file"), { accept: engine === null ? ".csv,.tsv,.txt,text/csv" : ".csv,.tsv,.txt,.parquet,.jsonl,.ndjson,.json,text/csv", "aria-label": text("Open a file") }, ([given]) => void openFile(given));
  const error = element("p", { class: "error", role: "alert" });
  const notes = element("ul", { class: "notes" });
  const columns = columnFields((part) => change({ ...FRESH, ...part }), (axes) => change({ axes }));
  const scatter = scatterView();
  const ellipses = ellipsesView();
  const charts = [epochsView(false), epochsView(true)] as const;
  const pictures = element("div", { class: "two" }, scatter.root, ellipses.root);
  const facts = element("div");
  const settling = element("div", { class: "outcome", "aria-live": "polite" });
  const legend = element("ul", { class: "legend" });
  const epoch = slider(
    text("epoch"),
    (value) => (value <= 0 ? 0 : 0.02 + (0.98 * Math.log10(value)) / Math.log10(LAST_EPOCH)),
    (share) => (share < 0.01 ? 0 : Math.round(LAST_EPOCH ** Math.max(0, (share - 0.02) / 0.98))),
    (value) => change({ epoch: Math.min(LAST_EPOCH, Math.max(0, Math.round(value))) }),
    { accepts: (value) => value >= 0 && value <= LAST_EPOCH, line: text("a whole number from 0 to {most}", { most: LAST_EPOCH }) },
  );
  const rate = rateSlider((value) => change({ rate: value }));
  const momentum = momentumSlider((value) => change({ momentum: value }));
  const standardize = checkField(text("standardise the features"), (value) => change({ standardize: value, rate: null, start: [] }));
  const others = OTHER_LOSSES.map((name) => ({
    name,
    field: checkField(LOSS_NAMES[name](), (value) => {
      const rest = store.state.table.others.filter((one) => one !== name);
      change({ others: value ? [...rest, name] : rest });
    }),
  }));
  const whyNot = element("p", { class: "hint" });
  const batch = numberField(text("rows to an update"), (value) => change({ batch: value }), {
    accepts: (value) => Number.isInteger(value) && value >= 0 && value < (scene?.fitting.rows.count ?? Infinity),
    line: text("a whole number below the number of rows; 0 for none"),
  });
  const seed = numberField(text("seed"), (value) => change({ seed: value }), { accepts: (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32, line: text("a whole number from 0") });
  const noise = slider(text("noise"), (value) => value / MOST_NOISE, (share) => share * MOST_NOISE, (value) => change({ noise: value, others: store.state.table.others.filter((one) => one !== "logistic") }), {
    accepts: (value) => value >= 0 && value <= 10,
    line: text("a number from 0 to {most}", { most: 10 }),
  });
  const holdout = choiceField(text("rows held out"), [["0", text("none")], ["0.2", "20 %"], ["0.5", "50 %"]] as const, (share) => change({ ...FRESH, holdout: Number(share) }));
  const points = tablePoints(scatter, () => scene, () => store.state.table, change, (yes) => {
    held = yes ? window : null;
    store.change({});
  });

  const code = codeCard(text("The same in Python"));
  const verdict = tableVerdict(engine, () => !root.hidden, () => store.change({}));

  const root = element(
    "div",
    { class: "room" },
    element(
      "section",
      { class: "card main", "aria-label": text("The descent") },
      element("div", { class: "formula-row table-row" }, sample.root, columns.target, columns.features),
      error,
      settling,
      verdict.status,
      pictures,
      element("div", { class: "under" }, legend, columns.axes),
      epoch.root,
      element("div", { class: "charts" }, charts[0].root, charts[1].root),
    ),
    element(
      "div",
      { class: "side" },
      card(text("Descent"), rate.root, button(text("Best rate"), () => change({ rate: scene?.fitting.best ?? null, momentum: 0 })), momentum.root, standardize.root),
      card(
        text("Mini-batches beside"),
        element("div", { class: "pair" }, batch.root, seed.root),
        element("p", { class: "hint" }, text("Each epoch visits every row once, in an order that follows from the seed: that of steepest.fit. 0 rows: none.")),
      ),
      card(text("At this epoch"), facts),
      card(text("Other losses on these points"), ...others.map((one) => one.field.root), whyNot),
      code.root,
    ),
    element(
      "div",
      { class: "below" },
      card(text("The table"), notes, paste, element("div", { class: "buttons" }, button(text("Read it"), () => void read(new Blob([paste.value]), text("pasted table"))), file.root)),
      card(
        text("Points"),
        points.hint,
        element("div", { class: "buttons" }, ...points.buttons),
        noise.root,
        holdout.root,
        element("p", { class: "hint" }, text("The noise is normal, in standard deviations of the target. It and the rows held out follow from the seed, by SplitMix64 of the number of the row.")),
      ),
    ),
  );

  const words = readably(root, () => scene !== null && write(scene, store.state.table));
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    void openFile(event.dataTransfer?.files[0]);
  });
  touchStart();
  new ResizeObserver(() => {
    size();
    if (scene !== null) draw(scene, store.state.table);
  }).observe(pictures);

  function open(data: string): void {
    points.forget();
    change({ ...FRESH, data, features: [0], target: 1, standardize: false, batch: 0, noise: 0, others: [], axes: [0, 1] });
  }

  async function openFile(given: File | undefined): Promise<void> {
    if (given !== undefined) await read(given, given.name);
  }

  /** By the engine where it answers, else by the page's own reader. */
  async function read(given: Blob, name: string): Promise<void> {
    const answer = await engine?.read(given, name).catch(() => null);
    if (answer?.error !== undefined) refill(error, answer.error);
    else if (answer?.table !== undefined) open(answer.table);
    else if (given.size > MOST_LETTERS) refill(error, text("the file has more than {most} bytes; `steepest fit` takes any size", { most: MOST_LETTERS }));
    else open(await given.text());
  }

  function update(state: State): void {
    const made = tableSceneOf(state.table);
    if (typeof made === "string") {
      refill(error, made);
      root.classList.add("stale");
      root.classList.toggle("blank", scene === null);
      return;
    }
    refill(error);
    root.classList.remove("stale", "blank");
    const before = scene?.fitting;
    const now = made.fitting;
    if (now.table !== before?.table || now.features !== before.features || now.target !== before.target || made.stable !== scene?.stable) {
      rate.about(made.stable, DECADES.below, DECADES.above);
    }
    columns.show(made);
    if (now.table !== before?.table) refill(notes, ...now.table.notes.map((note) => element("li", {}, note)));
    scene = made;
    show(made, state.table);
  }

  function show(made: TableScene, state: TableState): void {
    const { fitting } = made;
    sample.show(state.data.startsWith("sample:") ? state.data.slice("sample:".length) : OWN);
    epoch.show(state.epoch);
    rate.show(made.rate);
    rate.mark([...(state.momentum === 0 ? [{ value: fitting.best, name: text("best") }] : []), { value: made.stable, name: text("stable below") }]);
    momentum.show(state.momentum);
    standardize.show(state.standardize);
    batch.show(state.batch);
    seed.show(state.seed);
    noise.show(state.noise);
    holdout.show(String(state.holdout) as "0");
    for (const { name, field } of others) {
      field.show(state.others.includes(name));
      field.disable((name === "logistic" && fitting.classes === null) || (name === "absolute" && fitting.features.length > 1));
    }
    words();
    draw(made, state);
  }

  function write(made: TableScene, state: TableState): void {
    const { fitting } = made;
    refill(whyNot, ...whyNotOf(made));
    points.show();
    const sentences = [...verdict.sentences(made, state), ...batchesOf(made, state), ...settlingOf(made, state)];
    refill(settling, element("p", {}, text("Epoch {epoch}.", { epoch: shown(state.epoch, 10) })), ...sentences.map((sentence) => element("p", {}, sentence)), ...meaningOf(verdict.meaning(made, state)));
    refill(facts, factList(factsOf(made, state)));
    refill(legend, ...legendOf(made));
    code.root.hidden = state.epoch === 0 || fitting.training.y.length + fitting.heldOut.y.length > MOST_CODE;
    if (!code.root.hidden) code.show(tableCode(askedOf(made, state)));
  }

  function draw(made: TableScene, state: TableState): void {
    scatter.draw(made, points.chosen());
    window = ellipses.draw(made, state, held);
    charts.forEach((chart) => chart.draw(made, state));
  }

  function size(): void {
    const width = pictures.clientWidth;
    if (width === 0) return;
    const each = Math.floor(width >= 640 ? (width - 12) / 2 : width);
    const height = Math.round(Math.max(250, Math.min(0.85 * each, 400)));
    scatter.resize(each, height);
    ellipses.resize(each, height);
    charts.forEach((chart) => chart.resize(each, 190));
  }

  function touchStart(): void {
    const move = (x: number, y: number): void => {
      const point = ellipses.pointAt(x, y);
      if (point !== null) moveStart([short(point[0], 0), short(point[1], 1)]);
    };
    draggable(ellipses.root, {
      begin(x, y) {
        held = window;
        move(x, y);
        return true;
      },
      move,
      end() {
        held = null;
        store.change({});
      },
    });
    ellipses.root.addEventListener("keydown", (event) => {
      const way = arrowOf(event);
      if (way === null) return;
      if (scene === null) return;
      const [axis, sign] = way;
      const there = scene.axes.map((place) => scene?.start[place] ?? 0) as [number, number];
      there[axis] = short(there[axis] + sign * ellipses.pixelStep()[axis], axis);
      event.preventDefault();
      event.stopPropagation();
      moveStart(there);
    });
  }

  /** The start, moved along the two parameters of the contour. */
  function moveStart(there: readonly [number, number]): void {
    if (scene === null) return;
    const start = [...scene.start];
    scene.axes.forEach((place, i) => (start[place] = there[i] ?? 0));
    change({ start });
  }

  /** A dragged start has as many digits as its pixels can tell apart. */
  function short(value: number, axis: 0 | 1): number {
    const [low, high] = window?.[axis] ?? [0, 1];
    return rounded(value, high - low);
  }

  return {
    root,
    update,
    key(event) {
      const now = store.state.table.epoch;
      if (event.key === "ArrowRight") change({ epoch: Math.min(LAST_EPOCH, now + 1) });
      else if (event.key === "ArrowLeft") change({ epoch: Math.max(0, now - 1) });
      else return;
      event.preventDefault();
    },
    missingInLink: () => (store.state.table.data.length <= SHORT_LINK ? "" : text("the table is too large for a link, and is not in it")),
  };
}

function legendOf({ batches, others, fitting }: TableScene): Element[] {
  const isLine = fitting.features.length === 1;
  const names: (readonly [kind: string, name: string])[] = [
    ["now", text("at this epoch")],
    ...(isLine ? ([["started", text("at the start")]] as const) : []),
    ["least", isLine ? text("least squares") : text("where predictions are true")],
    ...(batches === null ? [] : [["batches", text("mini-batches of {size}", { size: batches.size })] as const]),
    ...(batches?.floor == null ? [] : [["floor", text("noise floor of the mini-batches")] as const]),
    ...(fitting.heldOut.y.length === 0 ? [] : [["held", text("rows held out")] as const]),
    ...(isLine ? others.filter((one) => one.line !== null).map((one) => [one.name, LOSS_NAMES[one.name]()] as const) : []),
  ];
  return names.map(([kind, name]) => element("li", {}, element("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), name));
}

/** Why a loss is not drawn, where it cannot be. */
function whyNotOf({ fitting, others }: TableScene): string[] {
  const logistic = others.find((one) => one.name === "logistic")?.logistic;
  return [
    ...(fitting.classes === null ? [text("The logistic loss needs a target of two values.")] : []),
    ...(fitting.features.length > 1 ? [text("Least absolute errors are found for one feature only.")] : []),
    ...(logistic?.separated === true ? [text("A line parts the classes: the logistic loss falls for ever along it, and has no minimum.")] : []),
    ...(logistic !== undefined && !logistic.separated && !logistic.converged ? [text("Newton's method found no minimum of the logistic loss in {steps} steps.", { steps: logistic.lines.length - 1 })] : []),
  ].map((sentence) => `${sentence} `);
}
