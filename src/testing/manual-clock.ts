import type { Clock } from '../engine/clock.ts';
import { atRest } from './at-rest.ts';

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Timer>();

  readonly monotonic = (): number => this.#now;

  readonly after = (delayMs: number, call: () => void): (() => void) => {
    const timer = { at: this.#now + delayMs, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Gives others a turn, and stores the time that they need; no time passes. */
  readonly pause = async (): Promise<void> => {
    await new Promise((resolve) => void setImmediate(resolve));
    await atRest();
  };

  /** Lets time pass; timers that come due on the way are called in their order. */
  advance(byMs: number): void {
    const until = this.#now + byMs;
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.call();
    }
    this.#now = until;
  }
}
