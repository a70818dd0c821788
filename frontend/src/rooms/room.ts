/** A room of the page. */

import type { State } from "../state";

export interface Room {
  readonly root: HTMLElement;
  update(state: State): void;
  key(event: KeyboardEvent): void;
  /** Whether an address can hold the room's whole state. */
  isInLink(): boolean;
}
