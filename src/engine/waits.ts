import type { Clock } from './clock.ts';

/** Somebody who waits for something to happen under one key, or one of several. */
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
  open(keys: readonly string[], signal: AbortSignal | undefined): Wait {
    let rung = false;
    let wake: (() => void) | undefined;
    const ring = (): void => {
      rung = true;
      wake?.();
    };
    for (const key of keys) this.#waiting.set(key, (this.#waiting.get(key) ?? new Set()).add(ring));
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
        for (const key of keys) this.#forget(key, ring);
        wake?.();
      },
    };
  }

  #forget(key: string, ring: () => void): void {
    const ringers = this.#waiting.get(key);
    ringers?.delete(ring);
    if (ringers?.size === 0) this.#waiting.delete(key);
  }

  ring(key: string): void {
    for (const ring of this.#waiting.get(key) ?? []) ring();
  }

  /** Wakes everybody, because the process is stopping. */
  ringAll(): void {
    for (const key of this.#waiting.keys()) this.ring(key);
  }
}
