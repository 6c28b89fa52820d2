import type { Hub, HubCall } from '../hub.ts';

/** A hub, and what can be done about the calls of it that are under way. */
export interface PendingCalls {
  readonly call: Hub['call'];
  /** No call waits any longer; each is still answered. */
  readonly cutShort: () => void;
  readonly settled: () => Promise<void>;
}

export const withPending = (hub: Pick<Hub, 'call'>): PendingCalls => {
  const pending = new Map<Promise<unknown>, AbortController>();
  return {
    call: (asked: HubCall): ReturnType<Hub['call']> => {
      const { signal } = asked;
      const control = new AbortController();
      const abort = (): void => control.abort();
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
      const reply = hub.call({ ...asked, signal: control.signal });
      pending.set(reply, control);
      // That the answer is there does not end it: until it is written, it can be given up.
      const forget = (): void => void pending.delete(reply);
      reply.then(forget, forget);
      return reply;
    },
    cutShort: () => {
      for (const control of pending.values()) control.abort();
    },
    settled: async () => {
      await Promise.allSettled(pending.keys());
    },
  };
};
