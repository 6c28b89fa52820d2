import type { Instant } from '../../kernel/instants.ts';
import { type Message, type MessagesSlice, type Receipt, mailboxOf } from './model/message.ts';

export const deliveryStates = ['stored', 'offered', 'surfaced', 'acknowledged', 'expired'] as const;

type State = (typeof deliveryStates)[number];

/** How far a message has come with one recipient, and since when at the latest. */
export interface DeliveryState {
  readonly agent: string;
  readonly state: State;
  readonly at: Instant;
}

const timeOf = (receipts: readonly Receipt[], agent: string): Instant | undefined =>
  receipts.find((one) => one.agent === agent)?.at;

/** ME16 */
export const stateOf = (slice: MessagesSlice, message: Message, agent: string): DeliveryState => {
  const acknowledged = timeOf(message.acknowledged, agent);
  if (acknowledged !== undefined) return { agent, state: 'acknowledged', at: acknowledged };
  const surfaced = timeOf(message.surfaced, agent);
  if (surfaced !== undefined) return { agent, state: 'surfaced', at: surfaced };
  const expired = timeOf(message.expired, agent);
  if (expired !== undefined) return { agent, state: 'expired', at: expired };
  const { offered } = mailboxOf(slice, agent);
  return offered.seq >= message.seq
    ? { agent, state: 'offered', at: offered.at }
    : { agent, state: 'stored', at: message.at };
};

export const countStates = (deliveries: readonly DeliveryState[]): Record<State, number> => {
  const counts = { stored: 0, offered: 0, surfaced: 0, acknowledged: 0, expired: 0 };
  for (const { state } of deliveries) counts[state] += 1;
  return counts;
};
