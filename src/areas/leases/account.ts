import type { Account, HoldChange } from '../../kernel/area.ts';
import { never } from '../../kernel/assert.ts';
import type { EntryOf } from '../../kernel/entry.ts';
import type { Lapsed, LeasesEvent } from './model/events.ts';
import type { Claim } from './model/lease.ts';

const distinct = (locks: readonly string[]): readonly string[] => [...new Set(locks)];

const lapses: Readonly<Record<Lapsed['why'], string>> = {
  expired: 'ran out',
  not_picked_up: 'was not picked up',
  session_expired: 'went with the session',
};

/** What an entry did to which locks, and whose holds begin and end with it. */
export const account = (entry: EntryOf<LeasesEvent>): Account => {
  switch (entry.type) {
    case 'leases.acquired': {
      const { claims, session, purpose } = entry.data;
      const refs = locksOf(claims);
      return { refs, what: `acquired ${modeOf(claims)}${because(purpose)}`, holds: begun(refs, session) };
    }
    case 'leases.queued':
      return {
        refs: locksOf(entry.data.claims),
        what: `waits for it ${modeOf(entry.data.claims)}${because(entry.data.purpose)}`,
      };
    case 'leases.granted': {
      const { grants } = entry.data;
      const agents = distinct(grants.map(({ agent }) => agent)).join(', ');
      return { refs: distinct(grants.flatMap(({ locks }) => locks)), what: `offered to ${agents}` };
    }
    case 'leases.taken': {
      const { locks, session } = entry.data;
      return { refs: locks, what: 'picked up from the queue', holds: begun(locks, session) };
    }
    case 'leases.left': {
      const { tickets, why } = entry.data;
      const agents = distinct(tickets.map(({ agent }) => agent)).join(', ');
      const refs = distinct(tickets.flatMap(({ locks = [] }) => locks));
      return { refs, what: `${agents} no longer waits (${why.replaceAll('_', ' ')})` };
    }
    case 'leases.refused':
      return {
        refs: distinct(entry.data.circle.flatMap(({ waits_for: lock, kept_by: kept }) => [lock, kept])),
        what: `${entry.data.agent} no longer waits (deadlock)`,
      };
    case 'leases.renewed':
      return { refs: [entry.data.lock], what: 'renewed' };
    case 'leases.released':
      return released(entry.data);
    case 'leases.expired':
      return expired(entry.data.lapsed);
    case 'leases.delay_ended':
      return { refs: distinct(entry.data.locks.map(({ lock }) => lock)), what: 'open again after its delay' };
    case 'leases.asked':
      return { refs: [entry.data.lock], what: `asked the holder to give it up${because(entry.data.reason)}` };
    case 'leases.broken': {
      const { lock, reason, holders } = entry.data;
      const from = holders.map(({ agent }) => agent).join(', ');
      return {
        refs: [lock],
        what: `broken, taken from ${from}${because(reason)}`,
        holds: holders.map(({ session }) => ended(lock, session)),
      };
    }
    case 'leases.aliased':
      return { refs: [entry.data.alias, entry.data.target], what: `stands for ${entry.data.target}` };
    case 'leases.unaliased':
      return { refs: [entry.data.alias], what: 'stands for itself again' };
    default:
      return never(entry);
  }
};

type DataOf<T extends LeasesEvent['type']> = Extract<LeasesEvent, { readonly type: T }>['data'];

const released = ({ session, locks }: DataOf<'leases.released'>): Account => {
  const still = locks.some(({ count }) => count > 0);
  return {
    refs: locks.map(({ lock }) => lock),
    what: still ? 'released once; it is still held' : 'released',
    holds: locks.flatMap(({ lock, count }) => (count > 0 ? [] : [ended(lock, session)])),
  };
};

const expired = (lapsed: readonly Lapsed[]): Account => ({
  refs: distinct(lapsed.map(({ lock }) => lock)),
  what: distinct(lapsed.map(({ agent, why }) => `that of ${agent} ${lapses[why]}`)).join(', '),
  holds: lapsed.flatMap(({ lock, session, ticket }) => (ticket === undefined ? [ended(lock, session)] : [])),
});

const ended = (ref: string, session: string): HoldChange => ({ ref, session, how: 'ends' });

const begun = (locks: readonly string[], session: string): readonly HoldChange[] =>
  locks.map((ref) => ({ ref, session, how: 'begins' }));

const locksOf = (claims: readonly Claim[]): readonly string[] => distinct(claims.map(({ lock }) => lock));

const modeOf = (claims: readonly Claim[]): string => distinct(claims.map(({ mode }) => mode)).join(' and ');

const because = (text: string | undefined): string => (text === undefined ? '' : `: ${text}`);
