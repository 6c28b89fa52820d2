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
export const workspaceTime = (clock: Clock, openedAt: Instant): (() => Instant) => {
  const opened = clock.monotonic();
  return () => Math.floor(openedAt + (clock.monotonic() - opened));
};
