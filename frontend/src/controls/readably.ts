/** Words and tables beside what a hand drags: while a pointer is down they are written a few times a second; faster ones cannot be read. */

const PAUSE = 250; // milliseconds

/** `write` as it is to be called: at once, but seldom while a pointer that went down on `room` is held, and when it is let go. */
export function readably(room: HTMLElement, write: () => void): () => void {
  let [held, written] = [false, -PAUSE];
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const now = (): void => {
    clearTimeout(waiting);
    [waiting, written] = [undefined, performance.now()];
    write();
  };
  room.addEventListener("pointerdown", () => (held = true), true);
  for (const end of ["pointerup", "pointercancel"] as const) {
    globalThis.addEventListener(end, () => {
      held = false;
      if (waiting !== undefined) now();
    }, true);
  }
  return () => {
    const wait = held ? PAUSE - (performance.now() - written) : 0;
    if (wait <= 0) now();
    else waiting ??= setTimeout(now, wait);
  };
}
