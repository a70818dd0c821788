/** The table room: a table, the line through its points at any epoch, and the loss that is descended. */

import { arrowOf, draggable, pixelOf } from "../controls/drag";
import { button, checkField, choiceField, slider } from "../controls/fields";
import { momentumSlider, rateSlider } from "../controls/rates";
import { element, keepingFocus, refill } from "../dom";
import { shown } from "../numbers";
import { LAST_EPOCH, type State, type TableState } from "../state";
import type { Store } from "../store";
import { MOST_LETTERS } from "../table/csv";
import { SAMPLES } from "../table/samples";
import { csvOf, type Column } from "../table/table";
import { ellipsesView, type EllipsesWindow } from "../views/ellipses";
import { epochsView } from "../views/epochs";
import { factsOf, settlingOf } from "../views/modes";
import { factList } from "../views/reasons";
import { scatterView } from "../views/scatter";
import { text } from "../words";
import { card, type Room } from "./room";
import { tableSceneOf, type TableScene } from "./table_scene";

const OWN = "own";
const DECADES = { below: 4, above: 0.5 }; // of the rate's slider, about the largest stable rate
const SHORT_LINK = 20_000; // letters of a table that an address holds

export function tableRoom(store: Store): Room {
  const change = (part: Partial<TableState>): void => store.change({ table: { ...store.state.table, ...part } });
  let scene: TableScene | null = null;
  let held: EllipsesWindow | null = null; // while the start is dragged
  let window: EllipsesWindow | null = null;
  let chosen: number | null = null; // the row whose point was touched last

  const sample = choiceField(text("table"), [...SAMPLES.map((one) => [one.name, text(one.title)] as const), [OWN, text("pasted or changed")]], (name) => {
    if (name !== OWN) open(`sample:${name}`);
  });
  const paste = element("textarea", { id: "pasted", rows: 4, placeholder: text("Paste a table here: CSV, semicolons or tabs; or drop a file."), "aria-label": text("Table to read") });
  const file = element("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv", "aria-label": text("Open a file") });
  const error = element("p", { class: "error", role: "alert" });
  const notes = element("ul", { class: "notes" });
  const columns = { feature: element("div"), target: element("div") };
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
  const standardize = checkField(text("standardise the feature"), (value) => change({ standardize: value, rate: null, start: [0, 0] }));
  const others = (["absolute", "huber"] as const).map((name) => ({
    name,
    field: checkField(name === "absolute" ? text("least absolute errors") : text("Huber's loss"), (value) => {
      const rest = store.state.table.others.filter((one) => one !== name);
      change({ others: value ? [...rest, name] : rest });
    }),
  }));
  const remove = button(text("Remove the point"), () => alterRows((rows) => rows.filter((row) => row !== chosen)));

  const root = element(
    "div",
    { class: "room" },
    element(
      "section",
      { class: "card main", "aria-label": text("The descent") },
      element("div", { class: "formula-row" }, sample.root, columns.target, columns.feature),
      error,
      settling,
      pictures,
      legend,
      epoch.root,
      element("div", { class: "charts" }, charts[0].root, charts[1].root),
    ),
    element(
      "div",
      { class: "side" },
      card(text("Descent"), rate.root, button(text("Best rate"), () => change({ rate: scene?.best ?? null, momentum: 0 })), momentum.root, standardize.root),
      card(text("At this epoch"), facts),
      card(text("Other losses on these points"), ...others.map((one) => one.field.root)),
    ),
    element(
      "div",
      { class: "below" },
      card(text("The table"), notes, paste, element("div", { class: "buttons" }, button(text("Read it"), () => open(paste.value)), file)),
      card(
        text("Points"),
        element("p", { class: "hint" }, text("Drag a point, and the descent follows. A double click adds one.")),
        element("div", { class: "buttons" }, remove, button(text("Add an outlier"), addOutlier)),
      ),
    ),
  );

  file.addEventListener("change", () => void openFile(file.files?.[0]));
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    void openFile(event.dataTransfer?.files[0]);
  });
  touchPoints();
  touchStart();
  new ResizeObserver(() => {
    size();
    if (scene !== null) draw(scene, store.state.table);
  }).observe(pictures);

  function open(data: string): void {
    chosen = null;
    change({ data, feature: 0, target: 1, start: [0, 0], rate: null, epoch: 0, standardize: false });
  }

  async function openFile(given: File | undefined): Promise<void> {
    if (given === undefined) return;
    if (given.size > MOST_LETTERS) refill(error, text("the file has more than {most} bytes; `steepest fit` takes any size", { most: MOST_LETTERS }));
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
    if (made.table !== scene?.table || made.feature !== scene.feature || made.target !== scene.target || made.stable !== scene.stable) {
      rate.about(made.stable, DECADES.below, DECADES.above);
    }
    if (made.table !== scene?.table || made.feature !== scene.feature || made.target !== scene.target) fillColumns(made);
    scene = made;
    show(made, state.table);
  }

  function fillColumns(made: TableScene): void {
    const names = made.table.columns.map((one, place) => [String(place), one.name] as const);
    const fields = {
      target: choiceField(text("target"), names, (place) => change({ target: Number(place), rate: null, start: [0, 0], epoch: 0 })),
      feature: choiceField(text("feature"), names, (place) => change({ feature: Number(place), rate: null, start: [0, 0], epoch: 0 })),
    };
    for (const name of ["target", "feature"] as const) {
      fields[name].show(String(made[name]));
      refill(columns[name], fields[name].root);
    }
    refill(notes, ...made.table.notes.map((note) => element("li", {}, note)));
  }

  function show(made: TableScene, state: TableState): void {
    sample.show(state.data.startsWith("sample:") ? state.data.slice("sample:".length) : OWN);
    epoch.show(state.epoch);
    rate.show(made.rate);
    rate.mark([...(state.momentum === 0 ? [{ value: made.best, name: text("best") }] : []), { value: made.stable, name: text("stable below") }]);
    momentum.show(state.momentum);
    standardize.show(state.standardize);
    for (const one of others) one.field.show(state.others.includes(one.name));
    remove.disabled = chosen === null;
    refill(settling, element("p", {}, text("Epoch {epoch}.", { epoch: shown(state.epoch, 10) })), ...settlingOf(made, state.momentum, state.epoch).map((sentence) => element("p", {}, sentence)));
    refill(facts, factList(factsOf(made, state.momentum)));
    refill(legend, ...legendOf(made));
    draw(made, state);
  }

  function draw(made: TableScene, state: TableState): void {
    scatter.draw(made, chosen);
    keepingFocus(ellipses.root, ".handle", () => {
      window = ellipses.draw(made, state.momentum, state.epoch, state.standardize, held);
    });
    charts.forEach((chart) => chart.draw(made, state.momentum, state.epoch));
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

  /** The columns with rows in another order or number, as a table of its own. */
  function alterRows(choose: (rows: number[]) => number[]): void {
    if (scene === null) return;
    const rows = choose(Array.from({ length: scene.table.rows }, (_, row) => row));
    replace(scene.table.columns.map((one) => ({ ...one, values: rows.map((row) => one.values[row] ?? null) })));
    chosen = null;
  }

  /** A row with this point; other columns have no value there. */
  function addPoint(x: number, y: number): void {
    const made = scene;
    if (made === null) return;
    const added = (place: number): number | null => (place === made.feature ? x : place === made.target ? y : null);
    replace(made.table.columns.map((one, place) => ({ ...one, values: [...one.values, added(place)] })));
  }

  function addOutlier(): void {
    if (scene === null) return;
    const [highX, lowY, highY] = [Math.max(...scene.x), Math.min(...scene.y), Math.max(...scene.y)];
    const falls = scene.quadratic.minimum[1] > 0;
    addPoint(highX, rounded(falls ? lowY - 0.5 * (highY - lowY) : highY + 0.5 * (highY - lowY), highY - lowY));
  }

  const replace = (made: readonly Column[]): void => change({ data: csvOf(made) });

  function movePoint(row: number, x: number, y: number): void {
    const made = scene;
    if (made === null) return;
    const [spanX, spanY] = [span(made.x), span(made.y)];
    const moved = (value: number | null, place: number): number | null =>
      place === made.feature ? rounded(x, spanX) : place === made.target ? rounded(y, spanY) : value;
    replace(made.table.columns.map((one, place) => ({ ...one, values: one.values.map((value, at) => (at === row ? moved(value, place) : value)) })));
  }

  function touchPoints(): void {
    let dragged: number | null = null;
    draggable(scatter.root, {
      begin(x, y) {
        if (scene === null) return false;
        dragged = chosen = scatter.rowAt(x, y, scene);
        store.change({});
        return dragged !== null;
      },
      move(x, y) {
        const point = scatter.pointAt(x, y);
        if (dragged !== null && point !== null) movePoint(dragged, ...point);
      },
      end: () => (dragged = null),
    });
    scatter.root.addEventListener("dblclick", (event) => {
      const pixel = pixelOf(event, scatter.root);
      const point = scatter.pointAt(...pixel);
      if (scene === null || point === null || scatter.rowAt(...pixel, scene) !== null) return;
      addPoint(rounded(point[0], span(scene.x)), rounded(point[1], span(scene.y)));
    });
  }

  function touchStart(): void {
    const move = (x: number, y: number): void => {
      const point = ellipses.pointAt(x, y);
      if (point !== null) change({ start: [short(point[0], 0), short(point[1], 1)] });
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
      const [axis, sign] = way;
      const start: [number, number] = [...store.state.table.start];
      start[axis] = short(start[axis] + sign * ellipses.pixelStep()[axis], axis);
      event.preventDefault();
      event.stopPropagation();
      change({ start });
    });
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
    isInLink: () => store.state.table.data.length <= SHORT_LINK,
  };
}

const span = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

/** So many decimals that a thousandth of the span can be told. */
function rounded(value: number, over: number): number {
  const decimals = Math.max(0, Math.min(100, Math.ceil(3 - Math.log10(over || 1))));
  return Number(value.toFixed(decimals));
}

function legendOf(scene: TableScene): Element[] {
  const names: (readonly [kind: string, name: string])[] = [
    ["now", text("at this epoch")],
    ["started", text("at the start")],
    ["least", text("least squares")],
    ...scene.others.map((one) => [one.name, one.name === "absolute" ? text("least absolute errors") : text("Huber's loss")] as const),
  ];
  return names.map(([kind, name]) => element("li", {}, element("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), name));
}
