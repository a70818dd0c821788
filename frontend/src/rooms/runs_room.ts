/** The runs room: saved runs and models that are opened, a run that is under way, and two of them beside each other. */

import { button, fileButton } from "../controls/fields";
import { element, refill } from "../dom";
import type { Sheet } from "../sheet";
import { comparison, sheetView, type SheetView } from "../views/sheet";
import { text } from "../words";
import type { Room } from "./room";

/** Reads a file in the engine; the line of an error where it cannot. */
export type Opener = (file: File) => Promise<Sheet | string>;
/** Calls back with each state of a run that is under way, and with null where it cannot be had any more. */
export type Follower = (told: (sheet: Sheet | null) => void) => void;

interface Opened {
  readonly name: string;
  readonly sheet: Sheet;
}

const MOST_OPEN = 6;
const LIVE = -1; // the place of the run that is under way

export function runsRoom(open: Opener | null, follow: Follower | null): Room {
  let opened: Opened[] = [];
  let live: Sheet | null = null;
  let shown: number | null = follow === null ? null : LIVE;
  let beside: number | null = null;
  let view: SheetView | null = null;
  let listed = "";

  const file = fileButton(text("Choose files"), { id: "open-run", multiple: true, accept: ".steepest", "aria-describedby": "open-run-error" }, (given) => void openAll(given));
  const error = element("p", { id: "open-run-error", class: "error", role: "alert" });
  const status = element("p", { class: "status", role: "status" });
  const list = element("ul", { class: "runs opened" });
  const content = element("div", { class: "contents" });
  const hint = element("p", { class: "hint" });
  const opener = element("section", { class: "card wide", "aria-label": text("Open") }, element("div", { class: "formula-row" }, element("label", { for: "open-run" }, text("Open saved runs and models (.steepest)")), file.root), hint, error, status, list);
  const root = element("div", { class: "room runs-room" }, opener, content);

  hint.textContent =
    open === null
      ? text("A saved run is read by the engine: open this page with `steepest lab`, and drop the file there.")
      : text("Choose files, or drop them here: `run.save(…)` and `fit.save(…)` write them, and `--save` of the command line.");
  file.input.disabled = open === null;
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    void openAll([...(event.dataTransfer?.files ?? [])]);
  });
  follow?.((sheet) => {
    if (sheet === null) {
      status.textContent = text("The program that was followed has ended; what it sent last is shown.");
      return;
    }
    status.textContent = sheet.live ? text("Following a run as it goes.") : text("The run has ended.");
    live = sheet;
    if (beside === null && shown === LIVE) redraw();
    else refillList();
  });

  async function openAll(files: readonly File[]): Promise<void> {
    refill(error);
    if (open === null) return;
    for (const one of files.slice(0, MOST_OPEN)) {
      status.textContent = text("Reading {name} …", { name: one.name });
      const answer = await open(one);
      status.textContent = "";
      if (typeof answer === "string") refill(error, `${one.name}: ${answer}`);
      else add({ name: one.name.replace(/\.steepest$/, ""), sheet: answer });
    }
  }

  function add(one: Opened): void {
    opened = [...opened, one].slice(-MOST_OPEN);
    [shown, beside] = [opened.length - 1, null];
    redraw();
  }

  const sheetAt = (place: number | null): Sheet | null => (place === null ? null : place === LIVE ? live : (opened[place]?.sheet ?? null));
  const nameAt = (place: number): string => (place === LIVE ? (live?.live ? text("the run under way") : text("the run that was followed")) : (opened[place]?.name ?? ""));

  function remove(place: number): void {
    opened = opened.filter((_, k) => k !== place);
    [shown, beside] = [opened.length > 0 ? opened.length - 1 : live === null ? null : LIVE, null];
    redraw();
  }

  function refillList(): void {
    const places = [...(live === null ? [] : [LIVE]), ...opened.keys()];
    const now = JSON.stringify([places.map(nameAt), shown, beside]);
    if (now === listed) return; // whoever stands on a button there stays on it
    listed = now;
    refill(list, ...places.map((place) => item(place, places.length > 1)));
  }

  function item(place: number, several: boolean): Element {
    const choose = button(nameAt(place), () => show(place, null), "name");
    choose.setAttribute("aria-pressed", String(place === shown && beside === null));
    const compare = button(text("Compare"), () => show(shown ?? place, place));
    compare.setAttribute("aria-pressed", String(place === beside));
    compare.setAttribute("aria-label", text("Compare with {name}", { name: nameAt(place) }));
    const colour = beside === null ? "" : place === shown ? "run-0" : place === beside ? "run-1" : "";
    return element(
      "li",
      {},
      element("span", { class: `chip ${colour}`, "aria-hidden": "true" }),
      choose,
      several && place !== shown ? compare : null,
      place === LIVE ? null : element("button", { type: "button", class: "icon small", "aria-label": text("Close {name}", { name: nameAt(place) }), click: () => remove(place) }, "×"),
    );
  }

  function show(place: number, other: number | null): void {
    [shown, beside] = [place, other];
    redraw();
  }

  function redraw(): void {
    refillList();
    const [sheet, other] = [sheetAt(shown), sheetAt(beside)];
    view = sheet === null ? null : other === null ? sheetView(sheet) : comparison(sheet, other, names(shown ?? LIVE, beside ?? LIVE));
    refill(content, ...(view?.parts ?? []));
  }

  /** Two files of one name are told apart. */
  function names(first: number, second: number): [string, string] {
    const same = nameAt(first) === nameAt(second);
    return [nameAt(first), same ? `${nameAt(second)} (2)` : nameAt(second)];
  }

  return {
    root,
    update: refillList,
    key: (event) => void view?.key(event),
    missingInLink: () => (opened.length > 0 ? text("opened files are not in it") : ""),
  };
}
