/** What is wrong with a formula, with the letter that it is about marked. */

import { element } from "../dom";
import { text } from "../words";
import type { Problem } from "./scene";

export function problemElements(problem: Problem | null, typed: string): (Element | string)[] {
  if (problem === null) return [];
  if (problem.column === null) return [problem.message];
  const { column, message } = problem;
  return [pointer(typed, column), text("column {column}: {message}", { column, message })];
}

/** The typed letters with the one at the column marked. */
function pointer(typed: string, column: number): Element {
  const letters = [...typed];
  const place = column - 1;
  return element(
    "span",
    { class: "pointer" },
    letters.slice(Math.max(0, place - 20), place).join(""),
    element("mark", {}, letters[place] ?? "␣"),
    letters.slice(place + 1, place + 20).join(""),
  );
}
