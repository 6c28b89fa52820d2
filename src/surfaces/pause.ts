import { setTimeout as after } from 'node:timers/promises';

/** Waits, less long when the signal aborts, and keeps the process alive meanwhile. */
export const pause = async (delayMs: number, signal?: AbortSignal): Promise<void> => {
  try {
    await after(delayMs, undefined, { ...(signal !== undefined && { signal }) });
  } catch (thrown) {
    if (signal?.aborted !== true) throw thrown;
  }
};

/** What comes of `work`, or undefined when that takes longer. */
export const within = async <T>(limitMs: number, work: Promise<T>): Promise<T | undefined> => {
  const done = new AbortController();
  try {
    return await Promise.race([work, pause(limitMs, done.signal).then(() => undefined)]);
  } finally {
    done.abort();
  }
};
