import type { Clock } from './clock.ts';

/** Somebody who waits for something to happen under one key. */
export interface Wait {
  /** Resolves at the next ring since the last call (at once, when there was one), or after `limitMs`, or on abort. */
  readonly next: (limitMs: number) => Promise<void>;
  readonly end: () => void;
}

/** Waits by key: an entry rings the keys it concerns, and wakes nobody else. */
export class Waits {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    let size = 0;
    for (const set of this.#waiting.values()) size += set.size;
    return size;
  }

  /** Begins to listen now, so that nothing is missed between a look at the state and the call of `next`. */
  open(key: string, signal: AbortSignal | undefined): Wait {
    let rung = false;
    let wake: (() => void) | undefined;
    const ring = (): void => {
      rung = true;
      wake?.();
    };
    const ringers = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, ringers.add(ring));
    signal?.addEventListener('abort', ring);
    return {
      next: (limitMs) =>
        new Promise((resolve) => {
          const cancel = this.#clock.after(limitMs, () => wake?.());
          wake = () => {
            wake = undefined;
            rung = false;
            cancel();
            resolve();
          };
          if (rung) wake();
        }),
      end: () => {
        signal?.removeEventListener('abort', ring);
        ringers.delete(ring);
        if (ringers.size === 0) this.#waiting.delete(key);
        wake?.();
      },
    };
  }

  ring(key: string): void {
    for (const ring of this.#waiting.get(key) ?? []) ring();
  }

  /** Wakes everybody, because the process is stopping. */
  ringAll(): void {
    for (const key of this.#waiting.keys()) this.ring(key);
  }
}
