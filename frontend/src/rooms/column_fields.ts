/** Which column is the target, which are features, and which two parameters the contour is over. */

import { checkField, choiceField, type CheckField, type Field } from "../controls/fields";
import { element, refill } from "../dom";
import type { TableState } from "../state";
import type { Table } from "../table/table";
import { parameterName } from "../views/ellipses";
import { text } from "../words";
import type { TableScene } from "./table_scene";

export interface ColumnFields {
  readonly target: HTMLElement;
  readonly features: HTMLElement;
  readonly axes: HTMLElement;
  show(scene: TableScene): void;
}

const MOST_FEATURES = 20;

export function columnFields(choose: (part: Partial<TableState>) => void, look: (axes: readonly [number, number]) => void): ColumnFields {
  const [target, axes] = [element("div"), element("div", { class: "axes" })];
  const features = element("fieldset", { class: "features" });
  let [table, key]: [Table | null, string] = [null, ""];
  let boxes: CheckField[] = [];
  let aimField: Field<string> | null = null;
  let chosen: readonly number[] = [];
  let aim = 1;

  function fill(made: Table): void {
    const names = made.columns.map((one, place) => [String(place), one.name] as const);
    const field = choiceField(text("target"), names, (place) => {
      const rest = chosen.filter((one) => one !== Number(place));
      choose({ target: Number(place), features: rest.length > 0 ? rest : [aim] });
    });
    aimField = field;
    refill(target, field.root);
    boxes = made.columns.map((one, place) =>
      checkField(one.name, (value) => {
        const rest = chosen.filter((each) => each !== place);
        const all = value ? [...rest, place].sort((a, b) => a - b) : rest;
        choose({ features: all.length > 0 ? all : [place], axes: [0, 1] });
      }),
    );
    refill(features, element("legend", {}, text("features")), ...boxes.map((box) => box.root));
  }

  function fillAxes(scene: TableScene): void {
    const places = scene.start.map((_, place) => [String(place), place === 0 ? text("intercept b") : parameterName(scene, place)] as const);
    const fields = ([0, 1] as const).map((place) => {
      const field = choiceField(place === 0 ? text("contour over") : text("and"), places, (name) => {
        const other = scene.axes[1 - place] ?? 0;
        const wanted = Number(name);
        const free = wanted === other ? (scene.axes[place] ?? 0) : other;
        look(place === 0 ? [wanted, free] : [free, wanted]);
      });
      field.show(String(scene.axes[place]));
      return field.root;
    });
    axes.hidden = scene.start.length <= 2;
    refill(axes, ...fields);
  }

  return {
    target, features, axes,
    show(scene) {
      const { fitting } = scene;
      const now = JSON.stringify([fitting.target, fitting.features, scene.axes]);
      if (fitting.table === table && now === key) return;
      [chosen, aim] = [fitting.features, fitting.target];
      const [before, isMoved] = [table, now !== key];
      [table, key] = [fitting.table, now];
      const isSame = before?.columns.length === table.columns.length && before.columns.every((one, i) => one.name === table?.columns[i]?.name);
      if (!isSame) fill(table);
      aimField?.show(String(aim));
      boxes.forEach((box, place) => {
        box.show(chosen.includes(place));
        box.disable(place === aim || (chosen.includes(place) && chosen.length === 1) || (!chosen.includes(place) && chosen.length >= MOST_FEATURES));
      });
      if (!isSame || isMoved) fillAxes(scene);
    },
  };
}
