/** What a lesson is made of, as the page is given it: the data of `lessons/` of the Python package. */

import type { Language } from "./words";

export type Text = Readonly<Record<Language, string>>;

export interface Part {
  readonly title: Text;
  readonly text: Text;
  readonly code: string;
  readonly run: string;
  readonly values: readonly (readonly [expression: string, expected: number, within: number])[];
  readonly page: string; // the state that shows it, as after the # of an address; none where empty
}

export interface Exercise {
  readonly question: Text;
  readonly answer: number;
  readonly within: number; // a share of the answer
  readonly hint: Text;
}

export interface Lesson {
  readonly number: number;
  readonly title: Text;
  readonly summary: Text;
  readonly program: "" | "line" | "formula"; // what a learner's own program may be compared with
  readonly part: readonly Part[];
  readonly exercise: readonly Exercise[];
}

export const isRight = (exercise: Exercise, answer: number): boolean =>
  Math.abs(answer - exercise.answer) <= exercise.within * Math.abs(exercise.answer);

/** The number of an answer: one that is written out, or a fraction such as 3/14; NaN where it is none. */
export function numberOf(answer: string): number {
  const [above = "", below, ...more] = answer.trim().replace("−", "-").split("/");
  if (above.trim() === "" || more.length > 0 || below?.trim() === "") return NaN;
  return Number(above) / (below === undefined ? 1 : Number(below));
}
