import type { Outcome } from '../../kernel/errors.ts';
import { secondMs } from '../../kernel/instants.ts';
import { everything } from '../hub.ts';
import { pause } from '../pause.ts';

export type ChangeListener = (keys: ReadonlySet<string>) => void;

/** Changes that are being told. */
export interface ChangeStream {
  /** Resolves when no more will come. */
  readonly ended: Promise<void>;
  readonly close: () => void;
}

/** How long to wait before a stream is opened again: longer each time, unless one has lasted. */
const firstPauseMs = 100;
const pauseMsMax = 10 * secondMs;
const lastingMs = 10 * secondMs;

/**
 * Keeps a stream of changes open: opens the next when one has ended, and tells `listener` that everything may have
 * changed in between. `first` is one that is open already. The result ends it.
 */
export const followChanges = (
  open: () => Promise<Outcome<ChangeStream>>,
  listener: ChangeListener,
  first?: ChangeStream,
): (() => void) => {
  const ending = new AbortController();
  void follow({ open, listener, signal: ending.signal }, first);
  return () => ending.abort();
};

interface Following {
  readonly open: () => Promise<Outcome<ChangeStream>>;
  readonly listener: ChangeListener;
  readonly signal: AbortSignal;
}

const follow = async (
  { open, listener, signal }: Following,
  first: ChangeStream | undefined,
): Promise<void> => {
  let pauseMs = firstPauseMs;
  if (first !== undefined) {
    await outlast(first, signal);
    await pause(pauseMs, signal);
  }
  while (!signal.aborted) {
    const opened = await open();
    let lastedMs = 0;
    if (opened.ok) {
      if (!signal.aborted) listener(new Set([everything]));
      lastedMs = await outlast(opened.value, signal);
    }
    pauseMs = lastedMs >= lastingMs ? firstPauseMs : Math.min(2 * pauseMs, pauseMsMax);
    await pause(pauseMs, signal);
  }
};

/** Waits until a stream has ended, by itself or because the signal aborts; how long that took. */
const outlast = async ({ ended, close }: ChangeStream, signal: AbortSignal): Promise<number> => {
  const from = performance.now();
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  await ended;
  signal.removeEventListener('abort', close);
  return performance.now() - from;
};
