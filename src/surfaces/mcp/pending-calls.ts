import type { Hub, HubCall } from '../hub.ts';

/** A hub, and a way to wait for the calls of it that are under way. */
export interface PendingCalls {
  readonly call: Hub['call'];
  readonly settled: () => Promise<void>;
}

export const withPending = (hub: Pick<Hub, 'call'>): PendingCalls => {
  const pending = new Set<Promise<unknown>>();
  return {
    call: (asked: HubCall): ReturnType<Hub['call']> => {
      const reply = hub.call(asked);
      pending.add(reply);
      const forget = (): void => {
        pending.delete(reply);
      };
      reply.then(forget, forget);
      return reply;
    },
    settled: async (): Promise<void> => {
      await Promise.allSettled(pending);
    },
  };
};
