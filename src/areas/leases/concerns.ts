import { never } from '../../kernel/assert.ts';
import type { EntryOf, Seq } from '../../kernel/entry.ts';
import type { LeasesEvent } from './model/events.ts';

/** Rings when any lock, or place in the queue, has changed. */
const locksKey = 'locks';

/** Rings when the turn of a request has come, or it waits no longer. */
export const ticketKey = (ticket: Seq): string => `lock:${ticket}`;

const agentKeys = (all: readonly { readonly agent: string }[]): readonly string[] => [
  ...new Set(all.map(({ agent }) => `agent:${agent}`)),
];

/** Of the requests to which something was offered that is gone. */
const ticketKeys = (all: readonly { readonly ticket?: Seq }[]): readonly string[] => [
  ...new Set(all.flatMap(({ ticket }) => (ticket === undefined ? [] : [ticketKey(ticket)]))),
];

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
    case 'leases.expired':
      return [locksKey, ...agentKeys(entry.data.lapsed), ...ticketKeys(entry.data.lapsed)];
    case 'leases.asked':
      return [locksKey, ...agentKeys(entry.data.holders)];
    case 'leases.broken':
      return [locksKey, ...agentKeys(entry.data.holders), ...ticketKeys(entry.data.holders)];
    default:
      return never(entry);
  }
};
