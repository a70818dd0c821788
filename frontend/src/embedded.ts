/** A result within a notebook: as it ran, and beside it the room where its start can be dragged. */

import { button } from "./controls/fields";
import { element, refill } from "./dom";
import type { Model } from "./host";
import { shownTheme } from "./page";
import type { Sheet } from "./sheet";
import { sheetView } from "./views/sheet";
import { text } from "./words";

/** `open` draws the room in its place, when it is first asked for. */
export function embedded(root: ShadowRoot, model: Model, sheet: Sheet, open: (place: HTMLElement) => void): void {
  const content = element("div");
  const shell = element("div", { class: "lab embedded", "data-theme": shownTheme("auto") });
  const view = sheetView(sheet);
  const ran = element("div", { class: "room runs-room" }, ...view.parts);
  ran.addEventListener("keydown", (event) => {
    const target = event.composedPath()[0];
    if (!(target instanceof HTMLElement && target.matches("input, button"))) view.key(event);
  });
  let room: HTMLElement | null = null;
  const tabs = [button(text("As it ran"), () => choose(false), "tab"), button(text("Drag it"), () => choose(true), "tab")] as const;
  const show = (): void => {
    const dragging = model.get("room") === true && sheet.state !== undefined;
    if (dragging && room === null) {
      room = element("div");
      open(room);
    }
    tabs.forEach((tab, place) => tab.setAttribute("aria-pressed", String((place === 1) === dragging)));
    refill(content, dragging ? room : ran);
  };
  const choose = (dragging: boolean): void => {
    model.set("room", dragging);
    model.save_changes();
    show();
  };
  if (sheet.state) shell.append(element("nav", { class: "embedded-tabs", "aria-label": text("Views") }, ...tabs));
  shell.append(content);
  root.append(shell);
  model.on("change:room", show);
  show();
}
