/** A room of the page. */

import { button } from "../controls/fields";
import { element } from "../dom";
import type { State } from "../state";
import { text } from "../words";

export interface Room {
  readonly root: HTMLElement;
  update(state: State): void;
  key(event: KeyboardEvent): void;
  /** What of the room its address does not hold, in words; "" for nothing. */
  missingInLink(): string;
}

export function card(title: string, ...children: Element[]): HTMLElement {
  return element("section", { class: "card" }, element("h2", {}, title), ...children);
}

/** A card of code, with a button that copies it. */
export function codeCard(title: string): { readonly root: HTMLElement; show(code: string): void } {
  const code = element("pre", { class: "code", tabindex: 0 });
  const copy = button(text("Copy"), () => void navigator.clipboard?.writeText(code.textContent ?? ""));
  return { root: card(title, code, copy), show: (shown) => void (code.textContent = shown) };
}
