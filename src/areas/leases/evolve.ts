import { never } from '../../kernel/assert.ts';
import type { Author, EntryOf, Seq } from '../../kernel/entry.ts';
import {
  heldFrom,
  longerTtl,
  withAsk,
  withFailed,
  withGrant,
  withLease,
  withLosses,
  withOffer,
  withRefused,
  withTaken,
  withTicket,
  withoutLease,
  withoutOffer,
  withoutTicket,
} from './model/changes.ts';
import type { LeasesEvent } from './model/events.ts';
import { type Lease, type LeasesSlice, type Loss, leaseKey, offerKey } from './model/lease.ts';

type Of<T extends LeasesEvent['type']> = EntryOf<Extract<LeasesEvent, { readonly type: T }>>;

const authorName = ({ agent, principal }: Author): string => agent ?? principal;

export const evolve = (slice: LeasesSlice, entry: EntryOf<LeasesEvent>): LeasesSlice => {
  switch (entry.type) {
    case 'leases.acquired': {
      const { agent, delayMs = 0, purpose, ...data } = entry.data;
      return withGrant(slice, { ...data, holder: agent, delayMs, purpose, epoch: entry.seq, at: entry.time });
    }
    case 'leases.queued': {
      const { delayMs = 0, purpose, ...data } = entry.data;
      return withTicket(slice, { ...data, delayMs, purpose, seq: entry.seq, since: entry.time });
    }
    case 'leases.granted':
      return granted(slice, entry);
    case 'leases.taken':
      return withTaken(slice, entry.data, { epoch: entry.seq, at: entry.time });
    case 'leases.left':
      return entry.data.tickets.reduce(
        (next, { ticket, locks = [] }) => withoutOffer(withoutTicket(next, ticket), ticket, locks),
        slice,
      );
    case 'leases.refused':
      return withRefused(slice, entry.data.agent, { ticket: entry.data.ticket, seq: entry.seq });
    case 'leases.renewed':
      return changed(slice, entry.data, (lease) => {
        const ttl = longerTtl(lease.ttl, entry.data.ttl);
        return { ...lease, ttl, state: heldFrom(entry.time, ttl, lease.state) };
      });
    case 'leases.released':
      return released(slice, entry);
    case 'leases.expired':
      return expired(slice, entry);
    case 'leases.delay_ended':
      return entry.data.locks.reduce(
        (next, { session, lock }) => withoutLease(next, leaseKey(session, lock)),
        slice,
      );
    case 'leases.asked':
      return asked(slice, entry);
    case 'leases.broken':
      return broken(slice, entry);
    case 'leases.aliased':
      return aliased(slice, entry);
    case 'leases.unaliased':
      return { ...slice, aliases: slice.aliases.remove(entry.data.alias) };
    default:
      return never(entry);
  }
};

/** The key of a lease that an entry names. */
const keyOf = (session: string, lock: string, ticket: Seq | undefined): string =>
  ticket === undefined ? leaseKey(session, lock) : offerKey(ticket, lock);

const changed = (
  slice: LeasesSlice,
  { session, lock }: { readonly session: string; readonly lock: string },
  change: (lease: Lease) => Lease,
): LeasesSlice => {
  const lease = slice.leases.get(leaseKey(session, lock));
  return lease === undefined ? slice : withLease(slice, change(lease));
};

const granted = (slice: LeasesSlice, { seq, time, data }: Of<'leases.granted'>): LeasesSlice => {
  let next = slice;
  for (const { ticket } of data.grants) {
    const waiting = next.tickets.get(String(ticket));
    if (waiting !== undefined) next = withOffer(next, waiting, { epoch: seq, at: time, until: data.until });
  }
  return next;
};

const released = (slice: LeasesSlice, { data }: Of<'leases.released'>): LeasesSlice => {
  let next = slice;
  for (const { lock, count } of data.locks) {
    next =
      count === 0
        ? withoutLease(next, leaseKey(data.session, lock))
        : changed(next, { session: data.session, lock }, (lease) => ({ ...lease, count }));
  }
  return next;
};

const expired = (slice: LeasesSlice, { seq, time, data }: Of<'leases.expired'>): LeasesSlice => {
  let next = slice;
  // An offer ends as a whole, so all are looked up first: each of its locks is a loss.
  const ended = data.lapsed.map(
    (one) => [one, slice.leases.get(keyOf(one.session, one.lock, one.ticket))] as const,
  );
  for (const [{ agent, lock, why }, lease] of ended) {
    if (lease === undefined) continue;
    const loss: Loss = { lock, seq, at: time, why, by: undefined, reason: undefined };
    next = withLosses(withFailed(next, lease, time), agent, [loss]);
  }
  return next;
};

const asked = (slice: LeasesSlice, { seq, time, actor, data }: Of<'leases.asked'>): LeasesSlice => {
  const ask = { seq, at: time, by: authorName(actor), reason: data.reason };
  let next = slice;
  for (const { session, ticket } of data.holders) {
    const lease = next.leases.get(keyOf(session, data.lock, ticket));
    if (lease !== undefined) next = withLease(next, withAsk(lease, ask));
  }
  return next;
};

const broken = (slice: LeasesSlice, { seq, time, actor, data }: Of<'leases.broken'>): LeasesSlice => {
  const { lock, reason } = data;
  const loss: Loss = { lock, seq, at: time, why: 'broken', by: authorName(actor), reason };
  let next = slice;
  for (const { agent, session, ticket } of data.holders) {
    const lease = next.leases.get(keyOf(session, lock, ticket));
    if (lease === undefined) continue;
    next = withFailed(next, lease, time);
    // Whoever breaks a lock of its own has lost nothing.
    if (agent !== actor.agent) next = withLosses(next, agent, [loss]);
  }
  return next;
};

const aliased = (slice: LeasesSlice, { time, actor, data }: Of<'leases.aliased'>): LeasesSlice => {
  const { alias, target } = data;
  const number = slice.aliases.get(alias)?.number ?? slice.counted + 1;
  return {
    ...slice,
    counted: Math.max(slice.counted, number),
    aliases: slice.aliases.put({ alias, target, by: authorName(actor), at: time, number }),
  };
};
