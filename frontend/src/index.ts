/** The module's one entry, as anywidget and the page's host call it. */

import style from "./style.css";
import { start, type Render } from "./host";
import { page } from "./page";
import { decode, encode } from "./state";

export const render: Render = ({ model, el, host = {} }) => {
  const root = el.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  const state = (): string => String(model.get("state") ?? "");
  const store = page(root, decode(state()), host);
  store.listen((now) => {
    const written = encode(now);
    if (written === state()) return;
    model.set("state", written);
    model.save_changes();
  });
  model.on("change:state", () => {
    if (state() !== encode(store.state)) store.change(decode(state()));
  });
};

start(render);

export default { render };
export { errorLeft, pointAt, quadraticOf } from "./descent/closed_form";
export { readTable } from "./table/csv";
export { readFormula } from "./formula/formula";
export { descend } from "./descent/descend";
export { pythonCode } from "./rooms/python_code";
export { decode, encode } from "./state";
