/** What a pointer drags, and the arrow keys that do the same. */

export interface Drag {
  /** At the pixel where the pointer went down: whether something is dragged from there. */
  begin(x: number, y: number): boolean;
  move(x: number, y: number): void;
  end(): void;
}

/** Pixels are counted from the upper left corner of the target. */
export function draggable(target: GlobalEventHandlers & Element, drag: Drag): void {
  let dragging = false;
  target.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !drag.begin(...pixelOf(event, target))) return;
    dragging = true;
    target.setPointerCapture(event.pointerId);
  });
  target.addEventListener("pointermove", (event) => {
    if (dragging) drag.move(...pixelOf(event, target));
  });
  for (const end of ["pointerup", "pointercancel"] as const) {
    target.addEventListener(end, () => {
      if (!dragging) return;
      dragging = false;
      drag.end();
    });
  }
}

export function pixelOf(event: MouseEvent, target: Element): [x: number, y: number] {
  const box = target.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

const ARROWS: Readonly<Record<string, readonly [axis: 0 | 1, sign: number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowDown: [1, -1],
  ArrowUp: [1, 1],
};

/** Where an arrow key leads; null for another key, or where no handle has the focus. */
export function arrowOf(event: KeyboardEvent): readonly [axis: 0 | 1, sign: number] | null {
  return (event.target as Element).closest(".handle") === null ? null : (ARROWS[event.key] ?? null);
}
