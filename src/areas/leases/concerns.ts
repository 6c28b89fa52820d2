import { never } from '../../kernel/assert.ts';
import { type EntryOf, type Seq, entryGuard } from '../../kernel/entry.ts';
import type { LeasesEvent } from './model/events.ts';

const is = entryGuard<LeasesEvent>();

/** Rings when any lock, or place in the queue, has changed. */
const locksKey = 'locks';

/** Rings when the turn of a request has come, or it waits no longer. */
export const ticketKey = (ticket: Seq): string => `lock:${ticket}`;

const agentKeys = (all: readonly { readonly agent: string }[]): readonly string[] => [
  ...new Set(all.map(({ agent }) => `agent:${agent}`)),
];

/** The requests to which something was offered that is gone. */
const ticketsIn = (all: readonly { readonly ticket?: Seq }[]): readonly Seq[] => [
  ...new Set(all.flatMap(({ ticket }) => ticket ?? [])),
];

/** LE48: the requests that wait no longer, or lost what they were offered, without having got anything. */
export const voids = (entry: EntryOf<LeasesEvent>): readonly Seq[] => {
  if (is(entry, 'leases.left')) return entry.data.tickets.map(({ ticket }) => ticket);
  if (is(entry, 'leases.refused')) return [entry.data.ticket];
  if (is(entry, 'leases.expired')) return ticketsIn(entry.data.lapsed);
  return is(entry, 'leases.broken') ? ticketsIn(entry.data.holders) : [];
};

/** LE44: who may have waited for an entry. */
export const concerns = (entry: EntryOf<LeasesEvent>): readonly string[] => {
  switch (entry.type) {
    case 'leases.acquired':
    case 'leases.queued':
    case 'leases.taken':
    case 'leases.renewed':
    case 'leases.released':
    case 'leases.delay_ended':
    case 'leases.aliased':
    case 'leases.unaliased':
      return [locksKey];
    case 'leases.granted':
      return [
        locksKey,
        ...entry.data.grants.map(({ ticket }) => ticketKey(ticket)),
        ...agentKeys(entry.data.grants),
      ];
    case 'leases.left':
      return [locksKey, ...entry.data.tickets.map(({ ticket }) => ticketKey(ticket))];
    case 'leases.refused':
      return [locksKey, ticketKey(entry.data.ticket)];
    case 'leases.expired':
      return [locksKey, ...agentKeys(entry.data.lapsed), ...ticketsIn(entry.data.lapsed).map(ticketKey)];
    case 'leases.asked':
      return [locksKey, ...agentKeys(entry.data.holders)];
    case 'leases.broken':
      return [locksKey, ...agentKeys(entry.data.holders), ...ticketsIn(entry.data.holders).map(ticketKey)];
    default:
      return never(entry);
  }
};
