import type { Seq } from '../../../kernel/entry.ts';
import type { Instant } from '../../../kernel/instants.ts';
import { type FileLocks, addFileLock, dropFileLock } from './file-locks.ts';
import {
  type Ask,
  type Claim,
  type Lease,
  type LeaseState,
  type Leases,
  type LeasesSlice,
  type Loss,
  type Refused,
  type Ticket,
  type Ttl,
  type Waits,
  isFile,
  leaseKey,
  offerKey,
  pathPartition,
  waitKey,
} from './lease.ts';
import { asksPerHoldMax, lossesPerAgentMax, refusedPerAgentMax } from './limits.ts';
import { modes } from './modes.ts';
import { segmentsOf } from './names.ts';

/*
 * How a slice changes. Both the fold and the rules use this: what a release hands over is decided on the slice as the
 * release leaves it. Nothing here reads an order of a table in bulk form.
 */

const lies = (table: Leases | Waits, segments: readonly string[]): boolean =>
  modes.some((mode) => table.count('node', pathPartition(segments, segments.length, mode)) > 0);

/** The index of files after something on this path was added or removed. */
const followed = (
  index: FileLocks | undefined,
  segments: readonly string[],
  { before, after }: { readonly before: Leases | Waits; readonly after: Leases | Waits },
): FileLocks | undefined => {
  if (index === undefined || !isFile({ segments })) return index;
  const [was, is] = [lies(before, segments), lies(after, segments)];
  const [, pattern = ''] = segments;
  if (was === is) return index;
  return is ? addFileLock(index, pattern) : dropFileLock(index, pattern);
};

export const withLease = (slice: LeasesSlice, lease: Lease): LeasesSlice => {
  const leases = slice.leases.put(lease);
  const heldFiles = followed(slice.heldFiles, lease.segments, { before: slice.leases, after: leases });
  return { ...slice, leases, heldFiles };
};

export const withoutLease = (slice: LeasesSlice, key: string): LeasesSlice => {
  const lease = slice.leases.get(key);
  if (lease === undefined) return slice;
  const leases = slice.leases.remove(key);
  const heldFiles = followed(slice.heldFiles, lease.segments, { before: slice.leases, after: leases });
  return { ...slice, leases, heldFiles };
};

export const withTicket = (slice: LeasesSlice, ticket: Ticket): LeasesSlice => {
  let { waits, awaitedFiles } = slice;
  for (const [index, { lock, mode }] of ticket.claims.entries()) {
    const before = waits;
    const segments = segmentsOf(lock);
    const key = waitKey(ticket.seq, index);
    waits = waits.put({ key, lock, mode, segments, ticket: ticket.seq, index, session: ticket.session });
    awaitedFiles = followed(awaitedFiles, segments, { before, after: waits });
  }
  return { ...slice, tickets: slice.tickets.put(ticket), waits, awaitedFiles };
};

export const withoutTicket = (slice: LeasesSlice, seq: Seq): LeasesSlice => {
  const ticket = slice.tickets.get(String(seq));
  if (ticket === undefined) return slice;
  let { waits, awaitedFiles } = slice;
  for (const [index, { lock }] of ticket.claims.entries()) {
    const before = waits;
    waits = waits.remove(waitKey(seq, index));
    awaitedFiles = followed(awaitedFiles, segmentsOf(lock), { before, after: waits });
  }
  return { ...slice, tickets: slice.tickets.remove(String(seq)), waits, awaitedFiles };
};

/** What is granted to whom, and when. */
export interface Grant extends Pick<Ticket, 'session' | 'claims' | 'ttl' | 'delayMs' | 'purpose'> {
  readonly holder: string;
  readonly epoch: Seq;
  readonly at: Instant;
}

/** LE16: the longer of two; a session outlives every number. */
export const longerTtl = (a: Ttl, b: Ttl): Ttl =>
  a === 'session' || b === 'session' ? 'session' : Math.max(a, b);

/** Held for its ttl from `at` on, and never for less than it was. */
export const heldFrom = (at: Instant, ttl: Ttl, before?: LeaseState): LeaseState => {
  if (ttl === 'session') return { kind: 'held', expiresAt: undefined };
  const earlier = before?.kind === 'held' ? (before.expiresAt ?? 0) : 0;
  return { kind: 'held', expiresAt: Math.max(earlier, at + ttl) };
};

/** Gives a session what was granted to it, on top of what it has of it already. */
export const withGrant = (slice: LeasesSlice, grant: Grant): LeasesSlice => {
  let next = slice;
  for (const claim of grant.claims) {
    const own = next.leases.get(leaseKey(grant.session, claim.lock));
    next =
      own === undefined || own.state.kind === 'delayed'
        ? withLease({ ...next, counted: next.counted + 1 }, freshLease(grant, claim, next.counted + 1))
        : withLease(next, grantedAgain(own, grant, claim));
  }
  return next;
};

const freshLease = (grant: Grant, { lock, mode }: Claim, number: number): Lease => ({
  key: leaseKey(grant.session, lock),
  lock,
  mode,
  segments: segmentsOf(lock),
  holder: grant.holder,
  session: grant.session,
  epoch: grant.epoch,
  number,
  since: grant.at,
  count: 1,
  ttl: grant.ttl,
  delayMs: grant.delayMs,
  purpose: grant.purpose,
  asks: [],
  state: heldFrom(grant.at, grant.ttl),
});

/** LE15 to LE18 */
const grantedAgain = (own: Lease, grant: Grant, { mode }: Claim): Lease => {
  const ttl = longerTtl(own.ttl, grant.ttl);
  return {
    ...own,
    mode,
    // Whoever looks at tokens must be able to tell the exclusive holder from the sharing ones before it.
    epoch: own.mode === 'shared' && mode === 'exclusive' ? grant.epoch : own.epoch,
    count: own.count + 1,
    ttl,
    delayMs: Math.max(own.delayMs, grant.delayMs),
    purpose: grant.purpose ?? own.purpose,
    state: heldFrom(grant.at, ttl, own.state),
  };
};

/** Takes a request out of the queue and offers it what it waits for. */
export const withOffer = (
  slice: LeasesSlice,
  ticket: Ticket,
  { epoch, at, until }: { readonly epoch: Seq; readonly at: Instant; readonly until: Instant },
): LeasesSlice => {
  const locks = ticket.claims.map(({ lock }) => lock);
  let next = withoutTicket(slice, ticket.seq);
  for (const claim of ticket.claims) {
    const number = next.counted + 1;
    const lease: Lease = {
      ...freshLease({ ...ticket, holder: ticket.agent, epoch, at }, claim, number),
      key: offerKey(ticket.seq, claim.lock),
      state: { kind: 'offered', ticket: ticket.seq, until, locks },
    };
    next = withLease({ ...next, counted: number }, lease);
  }
  return next;
};

export const withoutOffer = (slice: LeasesSlice, ticket: Seq, locks: readonly string[]): LeasesSlice =>
  locks.reduce((next, lock) => withoutLease(next, offerKey(ticket, lock)), slice);

/** LE28: what was offered is picked up. Whatever happened to the lock meanwhile, the token is a new one. */
export const withTaken = (
  slice: LeasesSlice,
  { ticket, locks }: { readonly ticket: Seq; readonly locks: readonly string[] },
  { epoch, at }: { readonly epoch: Seq; readonly at: Instant },
): LeasesSlice => {
  let next = slice;
  for (const lock of locks) {
    const offer = next.leases.get(offerKey(ticket, lock));
    if (offer === undefined) continue;
    next = withGrant(withoutLease(next, offer.key), { ...offer, claims: [offer], epoch, at });
    const own = next.leases.get(leaseKey(offer.session, lock));
    if (own !== undefined && offer.asks.length > 0) next = withLease(next, offer.asks.reduce(withAsk, own));
  }
  return next;
};

/** LE32: of each that asks, the latest. */
export const withAsk = (lease: Lease, ask: Ask): Lease => ({
  ...lease,
  asks: [...lease.asks.filter(({ by }) => by !== ask.by), ask].slice(-asksPerHoldMax),
});

/** LE30: what is left of a lock whose holder failed: nothing, or a closed door for a while. An offer ends as a whole. */
export const withFailed = (slice: LeasesSlice, lease: Lease, at: Instant): LeasesSlice => {
  const { state } = lease;
  if (state.kind === 'offered') return withoutOffer(slice, state.ticket, state.locks);
  return lease.delayMs === 0
    ? withoutLease(slice, lease.key)
    : withLease(slice, { ...lease, asks: [], state: { kind: 'delayed', until: at + lease.delayMs } });
};

export const withLosses = (slice: LeasesSlice, agent: string, fresh: readonly Loss[]): LeasesSlice => {
  const { losses, refused } = slice.losses.get(agent) ?? { losses: [], refused: [] };
  return {
    ...slice,
    losses: slice.losses.put({ agent, losses: [...losses, ...fresh].slice(-lossesPerAgentMax), refused }),
  };
};

/** LE26: takes a request out of a circle, for its call to find out. */
export const withRefused = (slice: LeasesSlice, agent: string, { ticket, seq }: Refused): LeasesSlice => {
  const { losses, refused } = slice.losses.get(agent) ?? { losses: [], refused: [] };
  const remembered = [...refused, { ticket, seq }].slice(-refusedPerAgentMax);
  return {
    ...withoutTicket(slice, ticket),
    losses: slice.losses.put({ agent, losses, refused: remembered }),
  };
};
