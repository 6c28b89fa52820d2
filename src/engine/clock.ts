import { performance } from 'node:perf_hooks';
import type { Instant } from '../kernel/instants.ts';

/** Time as a process sees it; injected, so that tests step it. */
export interface Clock {
  /** Milliseconds on a clock that never jumps and has no meaning but its differences. */
  readonly monotonic: () => number;
  /** Calls back once after `delayMs`; the result cancels. Does not keep the process alive. */
  readonly after: (delayMs: number, call: () => void) => () => void;
  /** Resolves after `delayMs`, and keeps the process alive until then. */
  readonly pause: (delayMs: number) => Promise<void>;
}

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  pause: (delayMs) => new Promise((resolve) => void setTimeout(resolve, delayMs)),
};

/**
 * The time of a workspace: the store's clock when it was opened plus monotonic time since. It never jumps with the
 * machine's clock. That it never runs behind the journal is seen to by whoever asks, who knows the last entry's time.
 */
export class WorkspaceTime {
  readonly #clock: Clock;
  #from: Instant;
  #since: number;

  constructor(clock: Clock, openedAt: Instant) {
    this.#clock = clock;
    this.#from = openedAt;
    this.#since = clock.monotonic();
  }

  now(): Instant {
    return Math.floor(this.#from + (this.#clock.monotonic() - this.#since));
  }

  /**
   * Where this clock is behind the journal, because others have a faster one, time goes on from the last entry. It would
   * stand still until the clock had caught up, and meanwhile nothing would expire and no wait for a lock would end.
   */
  keepUp(lastEntry: Instant): void {
    if (lastEntry <= this.now()) return;
    this.#from = lastEntry;
    this.#since = this.#clock.monotonic();
  }
}
