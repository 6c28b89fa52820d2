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
      const forget = (): void => {
        pending.delete(reply);
        signal?.removeEventListener('abort', abort);
      };
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
