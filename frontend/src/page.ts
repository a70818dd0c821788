/** The page around a room: its head, its theme, the keys that work everywhere. */

import { button, choiceField } from "./controls/fields";
import { element } from "./dom";
import type { Engine } from "./engine";
import { formulaRoom } from "./rooms/formula_room";
import type { Lesson } from "./lessons";
import { graphRoom } from "./rooms/graph_room";
import { lessonRoom, roomOf } from "./rooms/lesson_room";
import type { Room } from "./rooms/room";
import { runsRoom, type Follower, type Opener } from "./rooms/runs_room";
import { tableRoom } from "./rooms/table_room";
import { ROOMS, type State } from "./state";
import { Store } from "./store";
import { spoken, text, type Language } from "./words";

/**
 * What a place offers beside the page: `engine` makes runs in Python, `open` reads saved ones, `follow` tells of one that is
 * under way, `lessons` are taught, `link` gives the address of the state, `save` a file of the page.
 */
export interface Host {
  readonly engine?: Engine;
  readonly open?: Opener;
  readonly follow?: Follower;
  readonly lessons?: readonly Lesson[];
  readonly embedded?: boolean; // one room, within something else
  link?(): string;
  save?(): void;
}

/** The language of a state: the one that was chosen, else the browser's where it is one of ours. */
export function languageOf(state: State): Language {
  if (state.language !== "auto") return state.language;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** The theme of what the page stands in, where that says one; else that of the state. */
export function shownTheme(theme: State["theme"]): State["theme"] {
  const { jpThemeLight } = document.body.dataset;
  if (theme !== "auto") return theme;
  if (jpThemeLight !== undefined) return jpThemeLight === "false" ? "dark" : "light";
  const { classList } = document.body;
  return classList.contains("vscode-dark") ? "dark" : classList.contains("vscode-light") ? "light" : "auto";
}

export function page(root: ParentNode, state: State, host: Host): Store {
  const store = new Store(state);
  const lessons = host.lessons ?? [];
  const rooms: Record<State["room"], Room> = { formula: formulaRoom(store, host.engine ?? null), table: tableRoom(store, host.engine ?? null), graph: graphRoom(store), runs: runsRoom(host.open ?? null, host.follow ?? null), lesson: lessonRoom(store, lessons) };
  /** The rooms that are seen: a lesson has the room that it sets up beneath it. */
  const seen = (now: State): readonly State["room"][] => {
    const beneath = now.room === "lesson" ? roomOf(lessons, now) : null;
    return beneath === null ? [now.room] : [now.room, beneath];
  };
  const room = (): Room => rooms[seen(store.state).at(-1) ?? store.state.room];
  const titles: Record<State["room"], string> = { formula: text("Formula"), table: text("Table"), graph: text("Graph"), runs: text("Runs"), lesson: text("Lessons") };
  const tabs = ROOMS.filter((name) => name !== "lesson" || lessons.length > 0).map((name) => ({ name, tab: button(titles[name], () => store.change({ room: name }), "tab") }));
  const theme = choiceField(text("theme"), [["auto", text("as the system")], ["light", text("light")], ["dark", text("dark")]] as const, (name) => store.change({ theme: name }));
  const language = choiceField<State["language"]>(text("language"), [["auto", text("as the browser")], ["en", "English"], ["zh", "简体中文"]], (name) => store.change({ language: name }));
  const said = element("span", { class: "said", role: "status" });
  const tools = element("div", { class: "tools" }, said, theme.root, language.root);
  if (host.link !== undefined) {
    tools.append(
      button(text("Copy link"), () => {
        const link = host.link?.() ?? "";
        const missing = room().missingInLink();
        const whole = missing === "" ? text("copied") : text("copied; {missing}", { missing });
        void navigator.clipboard?.writeText(link).then(() => (said.textContent = whole));
      }),
    );
  }
  if (host.save !== undefined) tools.append(button(text("Save as a file"), () => host.save?.()));
  const shell = element(
    "div",
    { class: host.embedded ? "lab embedded" : "lab", lang: spoken() },
    host.embedded ? null : element("header", {}, element("h1", {}, "steepest"), element("nav", { "aria-label": text("Rooms") }, ...tabs.map((one) => one.tab)), tools),
    element("main", {}, rooms.lesson.root, ...ROOMS.filter((name) => name !== "lesson").map((name) => rooms[name].root)),
  );
  shell.addEventListener("keydown", (event) => {
    const target = event.composedPath()[0];
    const typing = target instanceof HTMLElement && target.matches("input, select, textarea, button, [role=slider]");
    if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) room().key(event);
  });
  shell.tabIndex = -1;
  root.append(shell);
  store.listen((now) => {
    theme.show(now.theme);
    language.show(now.language);
    shell.dataset["theme"] = shownTheme(now.theme);
    const visible = seen(now);
    for (const name of ROOMS) rooms[name].root.hidden = !visible.includes(name);
    for (const { name, tab } of tabs) tab.setAttribute("aria-pressed", String(name === now.room));
    for (const name of visible) rooms[name].update(now);
  });
  store.tell();
  return store;
}

