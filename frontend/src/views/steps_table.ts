/** The steps as a table: k, the variables, the objective, the size of the gradient. */

import { element, refill } from "../dom";
import { shown } from "../numbers";
import type { Scene } from "../rooms/scene";
import { text } from "../words";

const MOST_ROWS = 100;

export interface StepsTable {
  readonly root: HTMLElement;
  draw(scene: Scene, at: number): void;
}

/** `choose` is called with the step of a row that is clicked. */
export function stepsTable(choose: (step: number) => void): StepsTable {
  const body = element("tbody");
  const head = element("tr");
  const scroller = element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": text("Table of steps") },
    element("table", { class: "steps" }, element("thead", {}, head), body),
  );
  let drawn: Scene | null = null;
  let first = 0;
  let marked: Element | undefined;
  const draw = (scene: Scene, at: number): void => {
    const steps = scene.runs[0].path.steps;
    const here = Math.min(at, steps.length - 1);
    if (scene !== drawn || here < first || here >= first + MOST_ROWS) {
      first = Math.max(0, Math.min(here - MOST_ROWS / 2, steps.length - MOST_ROWS));
      fill(scene, first, head, body, choose);
      drawn = scene;
    }
    const row = body.children[here - first];
    if (row === marked) return; // to ask where it stands would cost a layout
    marked?.classList.remove("now");
    marked = row;
    marked?.classList.add("now");
    if (marked instanceof HTMLElement) scroller.scrollTop = marked.offsetTop - scroller.clientHeight / 2;
  };
  return { root: scroller, draw };
}

/** Rows of the steps from `first` on, at most MOST_ROWS of them. */
function fill(scene: Scene, first: number, head: Element, body: Element, choose: (step: number) => void): void {
  const several = scene.formula.names.length > 1;
  const names = [text("step"), ...scene.formula.names, "f", several ? text("|gradient|") : text("slope")];
  refill(head, ...names.map((name) => element("th", { scope: "col" }, name)));
  const steps = scene.runs[0].path.steps.slice(first, first + MOST_ROWS);
  const width = names.length;
  if (body.firstElementChild?.childElementCount !== width) refill(body);
  while (body.childElementCount > steps.length) body.lastElementChild?.remove();
  while (body.childElementCount < steps.length) {
    const cells = names.slice(1).map(() => element("td"));
    const row = element("tr", {}, element("th", { scope: "row" }), ...cells);
    row.addEventListener("click", () => choose(Number(row.firstElementChild?.textContent)));
    body.append(row);
  }
  // Cells are filled anew and not made anew: the table follows a hand that drags.
  steps.forEach((step, place) => {
    const slope = several ? Math.hypot(...step.gradient) : (step.gradient[0] ?? NaN);
    const texts = [String(first + place), ...[...step.point, step.objective, slope].map((value) => shown(value, 5))];
    texts.forEach((words, column) => {
      const cell = body.children[place]?.children[column];
      if (cell !== undefined && cell.textContent !== words) cell.textContent = words;
    });
  });
}
