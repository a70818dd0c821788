/** The lessons room: a part of a lesson, and beneath it the room that it sets up, to go on from there. */

import { button, choiceField } from "../controls/fields";
import { element, refill } from "../dom";
import { isRight, numberOf, type Exercise, type Lesson, type Part } from "../lessons";
import { shown } from "../numbers";
import { decode, DEFAULTS, encode, type State } from "../state";
import type { Store } from "../store";
import { spoken, text } from "../words";
import { codeCard, type Room } from "./room";

const SOLVED = "steepest-lessons"; // the key of the page's storage

export function lessonRoom(store: Store, lessons: readonly Lesson[]): Room {
  const names = lessons.map((one) => [String(one.number), `${one.number} · ${one.title[spoken()]}`] as const);
  const lesson = choiceField(text("lesson"), names, (name) => go(Number(name), 0));
  const place = element("span", { class: "place" });
  const back = button(text("Back"), () => go(store.state.lesson.number, store.state.lesson.part - 1));
  const next = button(text("Next"), () => go(store.state.lesson.number, store.state.lesson.part + 1), "primary");
  const title = element("h2", {});
  const body = element("div", { class: "lesson-text" });
  const code = codeCard(text("Your code"));
  const run = codeCard(text("The same by steepest"));
  const own = codeCard(text("Your own program"));
  own.root.firstElementChild?.after(element("p", { class: "hint" }, text("In a terminal, with steepest installed: enter this command and paste the program. It runs there, its steps are compared with those of the lesson number by number, and a known mistake is named. The page itself runs no program.")));
  const numbers = element("table", { class: "lesson-numbers" });
  const tasks = element("div", { class: "lesson-exercises" });
  const root = element(
    "section",
    { class: "card lesson", "aria-label": text("Lessons") },
    element("div", { class: "formula-row lesson-head" }, lesson.root, place, back, next),
    title,
    element("div", { class: "lesson-body" }, element("div", { "aria-live": "polite" }, body, numbers), element("div", {}, code.root, run.root)),
    tasks,
    own.root,
  );
  let drawn = "";

  /** Go to a part, and set the page up as it says. */
  function go(number: number, part: number): void {
    const taught = lessonAt(lessons, number);
    if (taught === undefined) return;
    const place = Math.min(Math.max(part, 0), taught.part.length);
    const state = taught.part[place]?.page ?? "";
    const { theme, language } = store.state;
    const set = state === "" ? {} : { ...DEFAULTS, ...decode(state), theme, language };
    store.change({ ...set, room: "lesson", lesson: { number, part: place } });
  }

  function update(state: State): void {
    const taught = lessonAt(lessons, state.lesson.number);
    if (taught === undefined) return;
    if (drawn === "" && isUntouched(state)) go(state.lesson.number, state.lesson.part);
    const key = `${taught.number} ${state.lesson.part}`;
    if (key === drawn) return;
    drawn = key;
    const part = taught.part[state.lesson.part];
    const last = taught.part.length;
    lesson.show(String(taught.number));
    place.textContent = part === undefined ? text("exercises") : text("{place} of {count}", { place: state.lesson.part + 1, count: last });
    back.disabled = state.lesson.part === 0;
    next.disabled = part === undefined || (state.lesson.part === last - 1 && taught.exercise.length === 0);
    title.textContent = part === undefined ? text("Exercises") : part.title[spoken()];
    refill(body, ...(part === undefined ? [] : paragraphs(part.text[spoken()])));
    show(code, part?.code ?? "");
    show(run, part?.run ?? "");
    show(own, taught.program === "" ? "" : checkingOf(taught.number));
    refill(numbers, ...(part === undefined ? [] : rowsOf(part)));
    numbers.hidden = part === undefined || part.values.length === 0;
    refill(tasks, ...(part === undefined ? taught.exercise.map((one, k) => exerciseOf(taught, one, k)) : []));
  }

  return { root, update, missingInLink: () => "", key: () => undefined };
}

/** The room that a part sets up; null where it sets up none. */
export function roomOf(lessons: readonly Lesson[], state: State): Exclude<State["room"], "lesson"> | null {
  const part = lessonAt(lessons, state.lesson.number)?.part[state.lesson.part];
  if (part === undefined || part.page === "") return null;
  const { room } = decode(part.page);
  return room === "lesson" ? null : room;
}

/** Whether nothing but a lesson was chosen yet: as by a link that names only the lesson. */
function isUntouched(state: State): boolean {
  const { room, lesson, theme, language } = DEFAULTS;
  return encode({ ...state, room, lesson, theme, language }) === "";
}

const lessonAt = (lessons: readonly Lesson[], number: number): Lesson | undefined => lessons.find((one) => one.number === number);

function show(card: ReturnType<typeof codeCard>, code: string): void {
  card.root.hidden = code.trim() === "";
  card.show(code.trim());
}

/** The paragraphs of a text; what stands between backticks is code. */
function paragraphs(words: string): Element[] {
  return words
    .trim()
    .split("\n\n")
    .map((paragraph) => element("p", {}, ...paragraph.split("`").map((piece, k) => (k % 2 === 1 ? element("code", {}, piece) : piece))));
}

/** What compares a learner's own program with a lesson. */
const checkingOf = (lesson: number): string => `steepest lesson ${lesson} --check -${spoken() === "en" ? "" : ` --lang ${spoken()}`}`;

function rowsOf(part: Part): Element[] {
  const head = element("tr", {}, element("th", { scope: "col" }, text("number")), element("th", { scope: "col" }, text("value")));
  const rows = part.values.map(([expression, expected]) => element("tr", {}, element("td", {}, element("code", {}, ...breakable(expression))), element("td", {}, shown(expected, 10))));
  return [element("thead", {}, head), element("tbody", {}, ...rows)];
}

/** An expression that a narrow page breaks where a name ends. */
const breakable = (expression: string): (Element | string)[] => expression.split(/(?<=[._])|(?=\[)/).flatMap((piece) => [piece, element("wbr")]);

function exerciseOf(lesson: Lesson, exercise: Exercise, place: number): Element {
  const id = `exercise-${lesson.number}-${place}`;
  const input = element("input", { id, type: "text", autocomplete: "off" });
  const said = element("p", { role: "status" });
  const say = (right: boolean): void => {
    said.className = right ? "right" : "hint";
    said.textContent = right ? text("Right.") : `${text("Not yet.")} ${exercise.hint[spoken()]}`;
  };
  if (isSolved(lesson.number, place)) say(true);
  const check = (): void => {
    const right = isRight(exercise, numberOf(input.value));
    if (right) keepSolved(lesson.number, place);
    say(right);
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") check();
  });
  return element("div", { class: "exercise" }, element("label", { for: id }, `${place + 1}. ${exercise.question[spoken()]}`), element("div", { class: "buttons" }, input, button(text("Check"), check)), said);
}

/** A page that was opened from disk may have no storage: then nothing is remembered. */
function solved(): readonly string[] {
  try {
    return (localStorage.getItem(SOLVED) ?? "").split(" ");
  } catch {
    return [];
  }
}

const isSolved = (lesson: number, place: number): boolean => solved().includes(`${lesson}.${place}`);

function keepSolved(lesson: number, place: number): void {
  try {
    localStorage.setItem(SOLVED, [...new Set([...solved(), `${lesson}.${place}`])].join(" "));
  } catch {
    return;
  }
}
