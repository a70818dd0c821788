/** Labelled inputs. Each shows a value that it is given and tells a new one that a person entered. */

import { element, focused } from "../dom";
import { typed } from "../numbers";
import { text } from "../words";

export interface Field<Value> {
  readonly root: HTMLElement;
  show(value: Value): void;
}

let made = 0;
const identity = (): string => `field-${(made += 1)}`;

/** What a number must be: whether it is accepted, and the line for one that is not. */
export interface Wanted {
  readonly accepts: (value: number) => boolean;
  readonly line: string;
}

/** A box for a number. What is no such number is marked and told in a line, and the run keeps the number before. */
function numberBox(id: string, change: (value: number) => void, wanted: Wanted): { input: HTMLInputElement; error: HTMLElement; show(value: number): void } {
  const input = element("input", { id, type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", "aria-describedby": `${id}-error` });
  const error = element("span", { id: `${id}-error`, class: "field-error", role: "alert" });
  const mark = (good: boolean): void => {
    input.setAttribute("aria-invalid", String(!good));
    error.textContent = good ? "" : /^\s*[-−]?\d+,\d+\s*$/.test(input.value) ? text("decimals are written with a point") : wanted.line;
  };
  input.addEventListener("input", () => {
    const value = Number(input.value.trim().replace("−", "-"));
    const good = input.value.trim() !== "" && Number.isFinite(value) && wanted.accepts(value);
    mark(good);
    if (good) change(value);
  });
  return {
    input,
    error,
    show(value) {
      if (focused(input) === input) return;
      input.value = typed(value);
      mark(true);
    },
  };
}

export function numberField(label: string, change: (value: number) => void, wanted: Wanted): Field<number> {
  const id = identity();
  const box = numberBox(id, change, wanted);
  return { root: element("div", { class: "field" }, element("label", { for: id }, label), box.input, box.error), show: box.show };
}

export function choiceField<Name extends string>(
  label: string,
  choices: readonly (readonly [name: Name, label: string])[],
  change: (name: Name) => void,
): Field<Name> {
  const id = identity();
  const options = choices.map(([name, shown]) => element("option", { value: name }, shown));
  const select = element("select", { id }, ...options);
  select.addEventListener("change", () => change(select.value as Name));
  return {
    root: element("div", { class: "field" }, element("label", { for: id }, label), select),
    show: (name) => void (select.value = name),
  };
}

export interface CheckField extends Field<boolean> {
  disable(yes: boolean): void;
}

export function checkField(label: string, change: (value: boolean) => void): CheckField {
  const id = identity();
  const input = element("input", { id, type: "checkbox" });
  input.addEventListener("change", () => change(input.checked));
  return {
    root: element("div", { class: "check" }, input, element("label", { for: id }, label)),
    show: (value) => void (input.checked = value),
    disable: (yes) => void (input.disabled = yes),
  };
}

/** A mark on a slider, at a value, with its name below. */
export interface Mark {
  readonly value: number;
  readonly name: string;
}

export interface Slider extends Field<number> {
  mark(marks: readonly Mark[]): void;
}

/** A slider with a box for the exact number. `toShare` maps values to 0 … 1 along it, `toValue` back. */
export function slider(
  label: string,
  toShare: (value: number) => number,
  toValue: (share: number) => number,
  change: (value: number) => void,
  wanted: Wanted,
): Slider {
  const id = identity();
  const range = element("input", { type: "range", min: 0, max: 1000, step: 1, "aria-label": label });
  const box = numberBox(id, change, wanted);
  const marks = element("div", { class: "marks", "aria-hidden": "true" });
  range.addEventListener("input", () => change(Number(toValue(Number(range.value) / 1000).toPrecision(4))));
  return {
    root: element("div", { class: "slider" }, element("label", { for: id }, label), box.input, box.error, range, marks),
    show(value) {
      if (focused(range) !== range) range.value = String(Math.round(1000 * toShare(value)));
      range.setAttribute("aria-valuetext", typed(value));
      box.show(value);
    },
    mark(places) {
      const inside = places.filter((one) => toShare(one.value) >= 0 && toShare(one.value) <= 1);
      marks.replaceChildren(
        ...inside.map((one) => {
          const made = element("span", { class: "mark", title: `${one.name}: ${typed(one.value)}` }, `${one.name} ${typed(one.value, 4)}`);
          made.style.setProperty("--share", String(toShare(one.value)));
          made.classList.toggle("late", toShare(one.value) > 0.6);
          return made;
        }),
      );
    },
  };
}

export function button(label: string, press: () => void, kind = ""): HTMLButtonElement {
  return element("button", { type: "button", class: kind, click: press }, label);
}

/** A button that asks for files: the input lies over its words, which are the page's and not the browser's. */
export function fileButton(label: string, attributes: Parameters<typeof element>[1], chosen: (files: readonly File[]) => void): { readonly root: HTMLElement; readonly input: HTMLInputElement } {
  const input = element("input", { type: "file", ...attributes });
  input.addEventListener("change", () => {
    chosen([...(input.files ?? [])]);
    input.value = ""; // the same file can be chosen again
  });
  return { root: element("span", { class: "file" }, element("span", { "aria-hidden": "true" }, label), input), input };
}

export function iconButton(icon: Element, label: string, press: () => void): HTMLButtonElement {
  return element("button", { type: "button", class: "icon", "aria-label": label, title: label, click: press }, icon);
}
