/** Play, pause, one step forward or back, and the slider over the steps. */

import { element, refill, svg } from "../dom";
import { text } from "../words";
import { iconButton } from "./fields";

export interface Transport {
  readonly root: HTMLElement;
  /** `step`: what the place is called, where places are not the steps themselves. */
  show(at: number, last: number, step?: number): void;
  /** Blank plays, arrows step; whether the key was one of these. */
  key(event: KeyboardEvent): boolean;
}

const ICONS = {
  play: "M4,2v12l9,-6z",
  pause: "M4,2h3v12h-3zM9,2h3v12h-3z",
  first: "M3,2h2v12h-2zM13,2v12l-7,-6z",
  last: "M11,2h2v12h-2zM3,2v12l7,-6z",
  back: "M11,2v12l-7,-6z",
  forward: "M5,2v12l7,-6z",
};
const icon = (d: string): Element => svg("svg", { viewBox: "0 0 16 16", class: "glyph", "aria-hidden": "true" }, svg("path", { d }));

const LONGEST = 8; // seconds from the first to the last step
const SLOWEST = 5; // steps a second

export function transport(go: (at: number) => void): Transport {
  let [at, last] = [0, 0];
  let playing = false;
  let [began, beganAt] = [0, 0];
  const play = iconButton(icon(ICONS.play), text("Play"), () => toggle());
  const range = element("input", { type: "range", min: 0, max: 1, step: 1, class: "scrub", "aria-label": text("Step") });
  const place = element("output", { class: "place" });
  const showPlaying = (): void => {
    refill(play, icon(playing ? ICONS.pause : ICONS.play));
    play.setAttribute("aria-label", playing ? text("Pause") : text("Play"));
    play.title = playing ? text("Pause") : text("Play");
  };
  const stop = (): void => {
    playing = false;
    showPlaying();
  };
  const to = (step: number): void => go(Math.max(0, Math.min(last, step)));
  const frame = (now: number): void => {
    if (!playing) return;
    const speed = Math.max(SLOWEST, last / LONGEST);
    const there = Math.floor(beganAt + (speed * (now - began)) / 1000);
    if (there !== at) to(there);
    if (there >= last) stop();
    else requestAnimationFrame(frame);
  };
  const toggle = (): void => {
    playing = !playing;
    showPlaying();
    if (!playing) return;
    [began, beganAt] = [performance.now(), at >= last ? 0 : at];
    if (at >= last) to(0);
    requestAnimationFrame(frame);
  };
  const move = (by: number): void => {
    stop();
    to(at + by);
  };
  range.addEventListener("input", () => {
    stop();
    to(Number(range.value));
  });
  return {
    root: element(
      "div",
      { class: "transport", role: "group", "aria-label": text("Steps of the run") },
      iconButton(icon(ICONS.first), text("First step"), () => move(-last)),
      iconButton(icon(ICONS.back), text("One step back"), () => move(-1)),
      play,
      iconButton(icon(ICONS.forward), text("One step forward"), () => move(1)),
      iconButton(icon(ICONS.last), text("Last step"), () => move(last)),
      range,
      place,
    ),
    show(newAt, newLast, step) {
      [at, last] = [Math.min(newAt, newLast), newLast];
      range.max = String(last);
      range.value = String(at);
      place.textContent = step === undefined ? text("step {at} of {last}", { at, last }) : text("step {at}", { at: step });
      range.setAttribute("aria-valuetext", place.textContent);
    },
    key(event) {
      if (event.key === " ") toggle();
      else if (event.key === "ArrowLeft") move(-1);
      else if (event.key === "ArrowRight") move(1);
      else return false;
      event.preventDefault();
      return true;
    },
  };
}
