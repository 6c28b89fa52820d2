import type { Instant } from '../../kernel/instants.ts';
import type { Facts } from '../../kernel/operation.ts';
import { type Message, type MessagesSlice, type Receipt, isPast, mailboxOf } from './model/message.ts';

export const deliveryStates = ['stored', 'offered', 'surfaced', 'acknowledged', 'expired'] as const;

type State = (typeof deliveryStates)[number];

/** How far a message has come with one recipient, and since when at the latest. */
export interface DeliveryState {
  readonly agent: string;
  readonly state: State;
  readonly at: Instant;
}

const timesOf = (receipts: readonly Receipt[]): ReadonlyMap<string, Instant> =>
  new Map(receipts.map(({ agent, at }) => [agent, at]));

/** ME15, ME16: what is over is over, whether that is written yet or not. */
export const statesOf = (
  slice: MessagesSlice,
  message: Message,
  { now, arrivedOf }: Pick<Facts, 'now' | 'arrivedOf'>,
): readonly DeliveryState[] => {
  const { seq, expiresAt } = message;
  const last = (['acknowledged', 'surfaced', 'expired'] as const).map(
    (state) => [state, timesOf(message[state])] as const,
  );
  return message.to.map((agent): DeliveryState => {
    for (const [state, times] of last) {
      const at = times.get(agent);
      if (at !== undefined) return { agent, state, at };
    }
    if (expiresAt !== undefined && isPast(expiresAt, now) && seq > (arrivedOf(agent).surfaced ?? 0))
      return { agent, state: 'expired', at: expiresAt };
    const { offered } = mailboxOf(slice, agent);
    return offered.seq >= seq
      ? { agent, state: 'offered', at: offered.at }
      : { agent, state: 'stored', at: message.at };
  });
};

export const countStates = (deliveries: readonly DeliveryState[]): Record<State, number> => {
  const counts = { stored: 0, offered: 0, surfaced: 0, acknowledged: 0, expired: 0 };
  for (const { state } of deliveries) counts[state] += 1;
  return counts;
};
