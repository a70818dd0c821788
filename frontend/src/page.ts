/** The page around a room: its head, its theme, the keys that work everywhere. */

import { button, choiceField } from "./controls/fields";
import { element } from "./dom";
import type { Engine } from "./engine";
import { formulaRoom } from "./rooms/formula_room";
import { graphRoom } from "./rooms/graph_room";
import type { Room } from "./rooms/room";
import { runsRoom, type Follower, type Opener } from "./rooms/runs_room";
import { tableRoom } from "./rooms/table_room";
import { ROOMS, type State } from "./state";
import { Store } from "./store";
import { text } from "./words";

/**
 * What a place offers beside the page: `engine` makes runs in Python, `open` reads saved ones, `follow` tells of one that is
 * under way, `link` gives the address of the state, `save` a file of the page.
 */
export interface Host {
  readonly engine?: Engine;
  readonly open?: Opener;
  readonly follow?: Follower;
  link?(): string;
  save?(): void;
}

export function page(root: ShadowRoot, state: State, host: Host): Store {
  const store = new Store(state);
  const rooms: Record<State["room"], Room> = { formula: formulaRoom(store, host.engine ?? null), table: tableRoom(store, host.engine ?? null), graph: graphRoom(store), runs: runsRoom(host.open ?? null, host.follow ?? null) };
  const room = (): Room => rooms[store.state.room];
  const titles: Record<State["room"], string> = { formula: text("Formula"), table: text("Table"), graph: text("Graph"), runs: text("Runs") };
  const tabs = ROOMS.map((name) => ({ name, tab: button(titles[name], () => store.change({ room: name }), "tab") }));
  const theme = choiceField(text("theme"), [["auto", text("as the system")], ["light", text("light")], ["dark", text("dark")]] as const, (name) => store.change({ theme: name }));
  const said = element("span", { class: "said", role: "status" });
  const tools = element("div", { class: "tools" }, said, theme.root);
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
    { class: "lab" },
    element("header", {}, element("h1", {}, "steepest"), element("nav", { "aria-label": text("Rooms") }, ...tabs.map((one) => one.tab)), tools),
    element("main", {}, ...ROOMS.map((name) => rooms[name].root)),
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
    shell.dataset["theme"] = now.theme;
    for (const { name, tab } of tabs) {
      rooms[name].root.hidden = name !== now.room;
      tab.setAttribute("aria-pressed", String(name === now.room));
    }
    room().update(now);
  });
  store.tell();
  return store;
}

