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
export { noiseFloor, rowNoise } from "./curvature/gradient_noise";
export { excessAt, objectiveOn, pointAt, quadraticOf } from "./descent/closed_form";
export { minibatchPath, rowsOf } from "./descent/minibatch";
export { isHeldOut } from "./random/splitmix";
export { readTable } from "./table/csv";
export { huberLine, logisticPath } from "./table/other_lines";
export { readFormula } from "./formula/formula";
export { descend } from "./descent/descend";
export { pythonCode } from "./rooms/python_code";
export { decode, encode } from "./state";
