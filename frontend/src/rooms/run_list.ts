/** The runs beside each other, in their colours: to keep, to compare, to remove. */

import { button } from "../controls/fields";
import { element, refill } from "../dom";
import { shown } from "../numbers";
import { MOST_KEPT, type RunSettings } from "../state";
import type { Store } from "../store";
import { text } from "../words";
import type { Rates, Run, Scene } from "./scene";

const SHARES = [0.02, 0.1, 0.6, 0.9, 1]; // of the largest stable rate, that are compared

export interface RunList {
  readonly parts: readonly [list: Element, buttons: Element];
  show(scene: Scene): void;
}

export function runList(store: Store): RunList {
  const list = element("ul", { class: "runs" });
  let rates: Rates | null = null;
  const buttons = element(
    "div",
    { class: "buttons" },
    button(text("Keep this run"), () => keep(store)),
    button(text("Compare rates"), () => study(store, rates)),
    button(text("Clear"), () => store.change({ kept: [] })),
  );
  return {
    parts: [list, buttons],
    show(scene) {
      rates = scene.rates;
      refill(list, ...scene.runs.map((run, place) => item(run, place, store)));
    },
  };
}

function keep(store: Store): void {
  const { kept, run } = store.state;
  const same = (one: RunSettings): boolean => JSON.stringify(one) === JSON.stringify(run);
  if (kept.some(same)) return;
  store.change({ kept: [...kept, run].slice(-MOST_KEPT) });
}

/** Rates from slow to beyond stable beside each other. */
function study(store: Store, rates: Rates | null): void {
  const { run } = store.state;
  const stable = rates?.stable ?? run.learningRate * 2;
  const kept = SHARES.map((share) => ({ ...run, learningRate: Number((share * stable).toPrecision(4)) }));
  store.change({ kept: kept.filter((one) => one.learningRate !== run.learningRate).slice(0, MOST_KEPT), at: 0 });
}

function item(run: Run, place: number, store: Store): Element {
  const { settings, path } = run;
  const last = path.steps[path.steps.length - 1];
  const end = path.brokeAt === null ? `f = ${shown(last?.objective ?? NaN, 5)}` : text("not finite at step {step}", { step: path.brokeAt });
  const values = { optimizer: settings.optimizer, rate: shown(settings.learningRate, 4), momentum: shown(settings.momentum, 3) };
  const hasMomentum = settings.momentum > 0 && settings.optimizer === "SGD";
  const name = hasMomentum ? text("{optimizer}, rate {rate}, μ {momentum}", values) : text("{optimizer}, rate {rate}", values);
  const remove = (): void => store.change({ kept: store.state.kept.filter((_, k) => k !== place - 1) });
  return element(
    "li",
    {},
    element("span", { class: `chip run-${place}`, "aria-hidden": "true" }),
    element("span", { class: "run-name" }, place === 0 ? text("{name} (this one)", { name }) : name),
    element("span", { class: "run-end" }, end),
    place === 0 ? null : element("button", { type: "button", class: "icon small", "aria-label": text("Remove this run"), click: remove }, "×"),
  );
}
