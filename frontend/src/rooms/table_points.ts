/** What a hand does to the points of the table: drag, add, remove, and take it back. */

import { draggable, pixelOf } from "../controls/drag";
import { button } from "../controls/fields";
import { element } from "../dom";
import type { TableState } from "../state";
import { rounded, withoutRow, withRow, withValues } from "../table/points";
import type { ScatterView } from "../views/scatter";
import { text } from "../words";
import type { TableScene } from "./table_scene";

export interface TablePoints {
  readonly hint: HTMLElement;
  readonly buttons: readonly HTMLButtonElement[];
  chosen(): number | null; // the row whose point was touched last
  show(): void;
  forget(): void; // another table is opened
}

const MOST_UNDONE = 50;

export function tablePoints(scatter: ScatterView, scene: () => TableScene | null, state: () => TableState, change: (part: Partial<TableState>) => void, held: (yes: boolean) => void): TablePoints {
  let chosen: number | null = null;
  let before: string[] = []; // tables that can be had back
  const hint = element("p", { class: "hint" });
  const remember = (): void => void (before = [...before, state().data].slice(-MOST_UNDONE));
  const remove = button(text("Remove the point"), () => {
    const table = scene()?.fitting.table;
    if (table === undefined || chosen === null) return;
    remember();
    change({ data: withoutRow(table, chosen) });
    chosen = null;
  });
  const undo = button(text("Undo"), () => {
    const data = before.pop();
    chosen = null;
    if (data !== undefined) change({ data });
  });

  function add(x: number, y: number): void {
    const made = scene();
    if (made === null) return;
    remember();
    change({ data: withRow(made.fitting.table, new Map([[made.fitting.features[0] ?? 0, x], [made.fitting.target, y]])) });
  }

  function addOutlier(): void {
    const made = scene();
    if (made === null) return;
    const { features, y } = made.fitting.training;
    const [low, high] = extent(y);
    const falls = (made.fitting.quadratic.minimum[1] ?? 0) > 0;
    const there = rounded(falls ? low - 0.5 * (high - low) : high + 0.5 * (high - low), high - low);
    remember();
    const values = new Map([...made.fitting.features.map((place, j) => [place, extent(features[j] ?? [])[1]] as const), [made.fitting.target, there]]);
    change({ data: withRow(made.fitting.table, values) });
  }

  let dragged: number | null = null;
  draggable(scatter.root, {
    begin(x, y) {
      const made = scene();
      if (made === null) return false;
      dragged = chosen = scatter.rowAt(x, y, made);
      if (dragged !== null) remember();
      held(dragged !== null);
      return dragged !== null;
    },
    move(x, y) {
      const [made, point] = [scene(), scatter.pointAt(x, y)];
      if (dragged === null || point === null || made === null) return;
      const { training, table, features, target } = made.fitting;
      const [spanX, spanY] = [span(training.features[0] ?? []), span(training.y)];
      const values = new Map([[features[0] ?? 0, rounded(point[0], spanX)], [target, rounded(point[1] - made.fitting.added(dragged), spanY)]]);
      change({ data: withValues(table, dragged, values) });
    },
    end() {
      if (before[before.length - 1] === state().data) before.pop(); // it was only touched
      dragged = null;
      held(false);
    },
  });
  scatter.root.addEventListener("dblclick", (event) => {
    const made = scene();
    const pixel = pixelOf(event, scatter.root);
    const point = scatter.pointAt(...pixel);
    if (made === null || point === null || made.fitting.features.length > 1 || scatter.rowAt(...pixel, made) !== null) return;
    add(rounded(point[0], span(made.fitting.training.features[0] ?? [])), rounded(point[1], span(made.fitting.training.y)));
  });
  return {
    hint,
    buttons: [remove, button(text("Add an outlier"), addOutlier), undo],
    chosen: () => chosen,
    show() {
      const isLine = scene()?.fitting.features.length === 1;
      hint.textContent = isLine ? text("Drag a point, and the descent follows. A double click adds one.") : text("Points can be dragged where there is one feature.");
      remove.disabled = chosen === null;
      undo.disabled = before.length === 0;
    },
    forget() {
      [chosen, before] = [null, []];
    },
  };
}

const extent = (values: readonly number[]): [low: number, high: number] => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity] as [number, number]);
const span = (values: readonly number[]): number => extent(values)[1] - extent(values)[0];
