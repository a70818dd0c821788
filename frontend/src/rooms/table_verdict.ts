/** The engine's verdict on the descent of a table, asked for a moment after the last change. */

import { element, refill } from "../dom";
import type { Engine, Verdicts } from "../engine";
import type { TableState } from "../state";
import { text } from "../words";
import { askedOf, type TableScene } from "./table_scene";

const PAUSE = 150; // milliseconds after the last change
const MOST_NUMBERS = 150_000; // that are sent to the engine

export interface TableVerdict {
  readonly status: HTMLElement;
  /** The engine's sentences, where it has answered for this state. */
  sentences(scene: TableScene, state: TableState): string[];
  /** What a verdict of this kind means. */
  meaning(scene: TableScene, state: TableState): readonly string[];
}

export function tableVerdict(engine: Engine | null, isShown: () => boolean, redraw: () => void): TableVerdict {
  const status = element("p", { class: "status", role: "status" });
  let made: { key: string; verdicts: Verdicts } | null = null;
  let wanted = "";
  let waiting: ReturnType<typeof setTimeout> | undefined;
  engine?.listen((now) => {
    if (isShown()) refill(status, now === "away" ? text("The engine does not answer; the page says what its own numbers show.") : "");
  });

  function ask(scene: TableScene, state: TableState, key: string): void {
    wanted = key;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      engine?.judge(askedOf(scene, state), (answer) => {
        if (key !== wanted) return;
        if (typeof answer === "string") refill(status, answer);
        else made = { key, verdicts: answer };
        redraw();
      });
    }, PAUSE);
  }

  function answered(scene: TableScene, state: TableState): Verdicts | null {
    const { features, rows } = scene.fitting;
    if (engine === null || state.epoch === 0 || rows.count * features.length > MOST_NUMBERS) return null;
    const key = JSON.stringify({ ...state, others: [], axes: [] });
    if (key !== wanted) ask(scene, state, key);
    return made?.key === key ? made.verdicts : null;
  }

  return {
    status,
    sentences(scene, state) {
      const said = answered(scene, state);
      if (said === null) return [];
      return [said.verdict, ...(said.batches === "" ? [] : [text("Mini-batches: {verdict}", { verdict: said.batches })])];
    },
    meaning: (scene, state) => answered(scene, state)?.meaning ?? [],
  };
}
