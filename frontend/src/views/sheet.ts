/** A result on the page: what happened in words, its numbers, its pictures that can be gone through, its tables. */

import { transport, type Transport } from "../controls/transport";
import { element } from "../dom";
import { shown } from "../numbers";
import { laidOver, stepAt, type Sheet, type TableData } from "../sheet";
import { text } from "../words";
import { pictured } from "./chart";
import { factList, meaningOf } from "./reasons";

export interface SheetView {
  readonly parts: readonly Element[];
  key(event: KeyboardEvent): boolean;
}

const MOST_ROWS = 200;

export function sheetView(sheet: Sheet): SheetView {
  const pictures = element("div", { class: "pictures" });
  const drawn = pictured(pictures, sheet.charts ?? []);
  const player = steps(sheet, drawn.show);
  return {
    parts: [
      element("section", { class: "card main", "aria-label": sheet.title }, ...head(sheet), ...(player === null ? [] : [player.root]), pictures),
      element("div", { class: "side" }, ...sideCards(sheet)),
      element("div", { class: "below one" }, ...(sheet.tables ?? []).map(tableCard)),
    ],
    key: (event) => player?.key(event) ?? false,
  };
}

/** Two results in one another, and how their numbers differ. */
export function comparison(first: Sheet, second: Sheet, names: readonly [string, string]): SheetView {
  const pictures = element("div", { class: "pictures" });
  pictured(pictures, laidOver(first, second, names));
  const both = [first, second].map((sheet, k) => element("p", {}, element("b", {}, `${names[k]}: `), verdictOf(sheet)));
  return {
    parts: [
      element("section", { class: "card main wide", "aria-label": text("Two results") }, element("div", { class: "outcome blocks" }, ...both), pictures),
      element("div", { class: "below one" }, tableCard(differences(first, second, names))),
    ],
    key: () => false,
  };
}

const verdictOf = (sheet: Sheet): string => `${sheet.verdict ?? ""}${wordsOf(sheet)}`;

/** The words that follow the verdict, after a space where its language has one. */
const wordsOf = ({ verdict, words = "" }: Sheet): string => (verdict && !verdict.endsWith("。") ? ` ${words}` : words);

function head(sheet: Sheet): Element[] {
  const said = element("div", { class: "outcome blocks", ...(sheet.live ? {} : { "aria-live": "polite" }) });
  if (sheet.verdict) said.append(element("p", {}, element("b", { class: `verdict-word ${sheet.tone ?? ""}` }, sheet.verdict), wordsOf(sheet)));
  else if (sheet.words || sheet.live) said.append(element("p", {}, sheet.words || text("It is at work: the curve grows as it goes.")));
  return [
    element("h2", { class: "sheet-title" }, sheet.title),
    ...(sheet.source ? [element("p", { class: "points" }, sheet.source)] : []),
    said,
    ...meaningOf(sheet.meaning ?? []),
  ];
}

function steps(sheet: Sheet, show: (step: number | null) => void): Transport | null {
  const last = (sheet.steps ?? []).length - 1;
  if (last < 1) return null;
  const player = transport((place) => {
    player.show(place, last, stepAt(sheet, place) ?? place);
    show(place === last ? null : stepAt(sheet, place));
  });
  player.show(last, last, stepAt(sheet, last) ?? last);
  return player;
}

function sideCards(sheet: Sheet): Element[] {
  const sentences = (title: string, said: readonly string[] | undefined): Element[] =>
    said?.length ? [element("section", { class: "card" }, element("h2", {}, title), ...said.map((one) => element("p", { class: "said-line" }, one)))] : [];
  const values = sheet.values ?? [];
  const facts = values.map(([name, value]) => [name, value === null ? "–" : shown(value, 7)] as const);
  return [
    ...(facts.length > 0 ? [element("section", { class: "card" }, element("h2", {}, text("Numbers")), factList(facts))] : []),
    ...sentences(text("What curvature forecast"), sheet.forecast),
    ...sentences(text("Notes"), sheet.notes),
  ];
}

function tableCard(table: TableData): Element {
  const rows = table.rows.slice(0, MOST_ROWS).map(([first = "", ...rest]) =>
    element("tr", {}, element("th", { scope: "row" }, first), ...rest.map((cell) => element("td", {}, cell))),
  );
  const heads = table.heads.map((name) => (name === "" ? element("td") : element("th", { scope: "col" }, name)));
  const more = table.rows.length - rows.length;
  return element(
    "section",
    { class: "card" },
    element("h2", {}, table.heading),
    element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": table.heading }, element("table", { class: "steps cells" }, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows))),
    more > 0 ? element("p", { class: "hint" }, text("{count} more rows are not shown.", { count: more })) : null,
  );
}

/** The numbers of two results beside each other, by name. */
export function differences(first: Sheet, second: Sheet, names: readonly [string, string]): TableData {
  const written = (value: number | null | undefined): string => (value === null || value === undefined ? "–" : shown(value, 7));
  const there = new Map(second.values ?? []);
  const all = [...new Set([...(first.values ?? []).map(([name]) => name), ...there.keys()])];
  const here = new Map(first.values ?? []);
  const rows = all.map((name) => {
    const [a, b] = [here.get(name), there.get(name)];
    const known = typeof a === "number" && typeof b === "number";
    return [name, written(a), written(b), known ? written(b - a) : "–"];
  });
  return { heading: text("Their numbers, and the second less the first"), heads: ["", ...names, text("difference")], rows };
}
