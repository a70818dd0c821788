/** The module's one entry, as anywidget and the page's host call it. */

import style from "./style.css";
import { start, type Render } from "./host";
import { embedded } from "./embedded";
import { report } from "./report";
import { languageOf, page } from "./page";
import type { Sheet } from "./sheet";
import { decode, encode, type State } from "./state";
import type { Store } from "./store";
import { learn, speak, spoken } from "./words";

const PAUSE = 200; // milliseconds after the last change until the state is written

export const render: Render = ({ model, el, host = { embedded: true } }) => {
  el.dataset["lmSuppressShortcuts"] = "true"; // JupyterLab leaves the keys to what is inside
  const root = styled(el);
  const state = (): string => String(model.get("state") ?? "");
  const result = (model.get("sheet") ?? {}) as Partial<Sheet>;
  const words = model.get("words") as Parameters<typeof learn>[0] | undefined; // of a notebook
  if (words !== undefined) learn(words);
  if (result.kind !== undefined) {
    speak(languageOf(decode(state())));
    embedded(root, model, result as Sheet, (place) => room(place));
  } else room(root);

  /** The page in a place, whose state is the model's. */
  function room(place: ShadowRoot | HTMLElement): void {
    let store = draw(decode(state()));
    let waiting: ReturnType<typeof setTimeout> | undefined;

    /** The page in the language of a state: what is drawn stays in its language, so another draws all anew. */
    function draw(first: State): Store {
      speak(languageOf(first));
      place.replaceChildren();
      const drawn = page(place, first, host);
      drawn.listen((now) => {
        if (drawn !== store) return;
        if (languageOf(now) !== spoken()) store = draw(now);
        clearTimeout(waiting);
        waiting = setTimeout(write, PAUSE);
      });
      return drawn;
    }

    /** Not with every redraw: a large table takes long to be written, and browsers refuse an address that changes many times a second. */
    function write(): void {
      const written = encode(store.state);
      if (written === state()) return;
      model.set("state", written);
      model.save_changes();
    }

    model.on("change:state", () => {
      if (state() !== encode(store.state)) store.change(decode(state()));
    });
  }
};

function styled(place: HTMLElement): ShadowRoot {
  const root = place.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  return root;
}

start(render);
report(styled);

export default { render };
export { noiseFloor, rowNoise } from "./curvature/gradient_noise";
export { excessAt, objectiveOn, pointAt, quadraticOf } from "./descent/closed_form";
export { minibatchPath, rowsOf } from "./descent/minibatch";
export { isHeldOut } from "./random/splitmix";
export { readTable } from "./table/csv";
export { huberLine, logisticPath } from "./table/other_lines";
export { readFormula } from "./formula/formula";
export { descend } from "./descent/descend";
export { graphCode, pythonCode, tableCode } from "./rooms/python_code";
export { askedOf, lineOf, tableSceneOf } from "./rooms/table_scene";
export { decode, encode } from "./state";
