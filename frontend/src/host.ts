/** The page on its own: its state is in the address, and it saves itself as one file. */

import { connect, follower, opener } from "./engine";
import type { Host } from "./page";
import type { Lesson } from "./lessons";
import { learn, text } from "./words";

/** The part of anywidget's model that is used; the page hands in one of its own. */
export interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, callback: () => void): void;
}

export type Render = (given: { model: Model; el: HTMLElement; host?: Host }) => void;

const LONGEST_ADDRESS = 500_000; // letters; browsers end a page whose address has two million
const PLACE = "steepest-page";
const DATA = "steepest-data"; // lessons, and the sentences of other languages

interface Data {
  readonly lessons: readonly Lesson[];
  readonly words: Parameters<typeof learn>[0];
}

/** Starts the page where the document has a place for it; a notebook has none, and calls `render` itself. */
export function start(render: Render): void {
  const place = typeof document === "undefined" ? null : document.getElementById(PLACE);
  if (place === null) return;
  const pristine = document.documentElement.cloneNode(true) as HTMLElement;
  const { lessons, words } = JSON.parse(document.getElementById(DATA)?.textContent ?? '{"lessons":[],"words":{}}') as Data;
  learn(words);
  const model = addressModel(place.dataset["state"] ?? "");
  render({
    model,
    el: place,
    host: {
      ...(place.dataset["served"] === undefined ? {} : { engine: connect(`ws://${location.host}/engine`), open: opener("/open") }),
      ...(place.dataset["live"] === undefined ? {} : { follow: follower(`ws://${location.host}/live`) }),
      lessons,
      link: () => location.href,
      save: () => save(pristine, String(model.get("state"))),
    },
  });
}

/** The state is what stands after the # of the address; where nothing does, what the file was saved with. */
function addressModel(saved: string): Model {
  const listeners: (() => void)[] = [];
  let state = location.hash.slice(1) || saved;
  addEventListener("hashchange", () => {
    state = location.hash.slice(1);
    listeners.forEach((listener) => listener());
  });
  return {
    get: (name) => (name === "state" ? state : undefined),
    set: (_, value) => void (state = String(value)),
    save_changes() {
      if (state.length <= LONGEST_ADDRESS) history.replaceState(null, "", `#${state}`);
    },
    on: (_, callback) => void listeners.push(callback),
  };
}

function save(pristine: HTMLElement, state: string): void {
  const copy = pristine.cloneNode(true) as HTMLElement;
  copy.querySelector(`#${PLACE}`)?.setAttribute("data-state", state);
  const file = new Blob([`<!DOCTYPE html>\n${copy.outerHTML}\n`], { type: "text/html" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${text("steepest")}.html`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
