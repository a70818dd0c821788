/** A room of the page. */

import { element } from "../dom";
import type { State } from "../state";

export interface Room {
  readonly root: HTMLElement;
  update(state: State): void;
  key(event: KeyboardEvent): void;
  /** Whether an address can hold the room's whole state. */
  isInLink(): boolean;
}

export function card(title: string, ...children: Element[]): HTMLElement {
  return element("section", { class: "card" }, element("h2", {}, title), ...children);
}
