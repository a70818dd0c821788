/** One state, and who wants to know when it changes. Listeners are called once a frame, however often it changed. */

import type { State } from "./state";

export class Store {
  private readonly listeners: ((state: State, before: State) => void)[] = [];
  private told: State;
  private waiting = false;

  constructor(private current: State) {
    this.told = current;
  }

  get state(): State {
    return this.current;
  }

  change(part: Partial<State>): void {
    this.current = { ...this.current, ...part };
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => this.tell());
  }

  listen(listener: (state: State, before: State) => void): void {
    this.listeners.push(listener);
  }

  tell(): void {
    this.waiting = false;
    const [state, before] = [this.current, this.told];
    this.told = state;
    for (const listener of this.listeners) listener(state, before);
  }
}
