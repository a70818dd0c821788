/** What a pointer drags, or two fingers pull apart, and the arrow keys that do the same. */

export interface Drag {
  /** At the pixel where the pointer went down: whether something is dragged from there. */
  begin(x: number, y: number): boolean;
  move(x: number, y: number): void;
  /** `isPinch`: a second finger came, and what the first one did was not meant. */
  end(isPinch: boolean): void;
  /** How many times nearer two fingers have come, about the pixel between them. */
  pinch?(factor: number, x: number, y: number): void;
}

/** Pixels are counted from the upper left corner of the target. */
export function draggable(target: GlobalEventHandlers & Element, drag: Drag): void {
  const fingers = new Map<number, readonly [x: number, y: number]>();
  let dragging = false;
  const finish = (isPinch: boolean): void => {
    if (dragging) drag.end(isPinch);
    dragging = false;
  };
  target.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const pixel = pixelOf(event, target);
    fingers.set(event.pointerId, pixel);
    if (fingers.size > 1) finish(true);
    else if (drag.begin(...pixel)) {
      dragging = true;
      target.setPointerCapture(event.pointerId);
    }
  });
  target.addEventListener("pointermove", (event) => {
    const pixel = pixelOf(event, target);
    if (dragging) drag.move(...pixel);
    else if (fingers.size === 2 && fingers.has(event.pointerId)) {
      const before = spread([...fingers.values()]);
      fingers.set(event.pointerId, pixel);
      const [gap, x, y] = spread([...fingers.values()]);
      if (gap > 0) drag.pinch?.(before[0] / gap, x, y);
    }
  });
  for (const end of ["pointerup", "pointercancel"] as const) {
    target.addEventListener(end, (event) => {
      fingers.delete(event.pointerId);
      finish(false);
    });
  }
}

/** How far two fingers are apart, and the pixel between them. */
function spread(fingers: readonly (readonly [number, number])[]): readonly [gap: number, x: number, y: number] {
  const [[a, b] = [0, 0], [c, d] = [0, 0]] = fingers;
  return [Math.hypot(a - c, b - d), (a + c) / 2, (b + d) / 2];
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
