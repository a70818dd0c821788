/** A picture of the scene that the pointer can touch. */

import type { Scene } from "../rooms/scene";

export interface View {
  readonly root: Element;
  resize(width: number, height: number): void;
  /** `at` is the step that is shown. */
  draw(scene: Scene, at: number): void;
  /** The point under a pixel of the picture; null where there is none. */
  pointAt(x: number, y: number): number[] | null;
  /** How far ten pixels go along each variable: what an arrow key moves the start. */
  pixelStep(): number[];
}
