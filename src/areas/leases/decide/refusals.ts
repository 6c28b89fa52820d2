import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { quoted } from '../../../kernel/text.ts';
import { type Instant, isoTime, spoken } from '../../../kernel/instants.ts';
import { sessionTier } from '../../agents/model.ts';
import { type Blocker, isLease, spotsOf } from '../model/conflicts.ts';
import { expiryOf } from '../model/expiry.ts';
import { type Claim, type Lease, type LeasesSlice, type Wait, leasesOn } from '../model/lease.ts';
import { blockersNamedMax } from '../model/limits.ts';
import { segmentsOf } from '../model/names.ts';
import type { Yard } from './commands.ts';

const until = (at: Instant | undefined): string => (at === undefined ? '' : `, until ${isoTime(at)}`);

/** Who holds it and how, as a clause. What it is for was written by somebody else. */
export const leaseWords = ({ agents, context }: Yard, lease: Lease): string => {
  const { lock, mode, holder, session, purpose, since, state } = lease;
  switch (state.kind) {
    case 'held': {
      const whose = session === context.actor.session ? 'your own session' : holder;
      const what = purpose === undefined ? '' : ` for ${quoted(purpose)}`;
      return `${lock} is held ${mode} by ${whose} (session ${sessionTier(agents, session, context.now)}) for ${spoken(context.now - since)}${what}${until(expiryOf(agents, lease))}`;
    }
    case 'offered':
      return `the turn of ${holder} for ${lock} has come${until(state.until)}`;
    case 'delayed':
      return `${lock} stays closed after ${holder} lost it${until(state.until)}, as it had asked for`;
  }
};

const blockerWords = (yard: Yard, blocker: Blocker): string => {
  if (isLease(blocker)) return leaseWords(yard, blocker);
  const ticket = yard.leases.tickets.get(String(blocker.ticket));
  return `${ticket?.agent ?? 'somebody'} already waits for ${blocker.lock} (${blocker.mode})`;
};

const leaseDetails = ({ agents, context }: Yard, lease: Lease): Readonly<Record<string, unknown>> => {
  const expiresAt = lease.state.kind === 'held' ? expiryOf(agents, lease) : lease.state.until;
  return {
    lock: lease.lock,
    mode: lease.mode,
    state: lease.state.kind,
    holder: lease.holder,
    since: isoTime(lease.since),
    tier: sessionTier(agents, lease.session, context.now),
    ...(lease.purpose !== undefined && { purpose: lease.purpose }),
    ...(expiresAt !== undefined && { expires_at: isoTime(expiresAt) }),
  };
};

const waitDetails = ({ leases }: Yard, { ticket, lock, mode }: Wait): Readonly<Record<string, unknown>> => {
  const waiting = leases.tickets.get(String(ticket));
  return {
    lock,
    mode,
    state: 'waiting',
    holder: waiting?.agent,
    since: waiting && isoTime(waiting.since),
  };
};

/** How many requests wait for something that conflicts with this. */
const queueLength = (slice: LeasesSlice, claim: Claim): number => {
  let length = 0;
  for (const { order, partition } of spotsOf(slice, claim, 'waits'))
    length += slice.waits.count(order, partition);
  return length;
};

interface Blocked {
  readonly claim: Claim;
  readonly blockers: readonly Blocker[];
  /** What the caller may do. */
  readonly next?: string;
}

/** LE12: a lock that cannot be had now. */
export const lockHeld = (yard: Yard, { claim, blockers, next }: Blocked): Refusal => {
  const named = blockers.slice(0, blockersNamedMax);
  const more = blockers.length > blockersNamedMax;
  const words = named.map((one) => blockerWords(yard, one)).join('; ');
  const waiting = queueLength(yard.leases, claim);
  const queue = waiting === 0 ? 'nobody waits' : waiting === 1 ? 'one waits' : `${waiting} wait`;
  const what = words === '' ? `${claim.lock} was not free in time` : words;
  return refuse('held', `${what}${more ? '; and more' : ''}; ${queue}. ${next ?? wayOut(yard, named)}`, {
    lock: claim.lock,
    mode: claim.mode,
    blockers: named.map((one) => (isLease(one) ? leaseDetails(yard, one) : waitDetails(yard, one))),
    ...(more && { more }),
    queue_length: waiting,
  });
};

const wayOut = (yard: Yard, blockers: readonly Blocker[]): string => {
  const broken = blockers.find(
    (one): one is Lease =>
      isLease(one) &&
      one.state.kind === 'held' &&
      ['stale', 'abandoned', 'ended'].includes(sessionTier(yard.agents, one.session, yard.context.now)),
  );
  const queue = 'Call again with wait_ms to queue for it';
  if (broken !== undefined)
    return `${queue}, or break it, as its session is gone or silent: lock_break {"name":${quoted(broken.lock)},"ask":false,"reason":"..."}.`;
  const held = blockers.find((one) => isLease(one) && one.state.kind === 'held');
  return held === undefined
    ? `${queue}, or do something else first.`
    : `${queue}, ask its holder for ${held.lock} with lock_break, or do something else first.`;
};

/** LE24: nothing but the session that holds a lock may do this. */
export const notHolder = (yard: Yard, lock: string): Refusal => {
  const [holder] = leasesOn(yard.leases, segmentsOf(lock));
  const standing = holder === undefined ? `nobody holds ${lock}` : leaseWords(yard, holder);
  return refuse(
    'not_holder',
    `Your session does not hold ${lock}: ${standing}. Nothing was done. See what you hold: lock_list {"mine":true}.`,
    holder === undefined ? { lock } : leaseDetails(yard, holder),
  );
};

/** LE25: a call that names a token must name the current one. */
export const staleToken = (yard: Yard, lock: string, given: number): Refusal => {
  const [holder] = leasesOn(yard.leases, segmentsOf(lock));
  const current = holder?.state.kind === 'held' ? holder.epoch : undefined;
  const token = current === undefined ? '' : `, token ${current}`;
  const standing = holder === undefined ? `nobody holds ${lock}` : `${leaseWords(yard, holder)}${token}`;
  return refuse(
    'stale_epoch',
    `Token ${given} of ${lock} is not the current one: ${standing}. Whoever worked under it has lost the lock and must stop. Nothing was done.`,
    {
      ...(holder !== undefined && leaseDetails(yard, holder)),
      ...(current !== undefined && { current }),
      lock,
      given,
    },
  );
};

export const limitPassed = (sentence: string, limit: number): Refusal =>
  refuse('limit_exceeded', sentence, { limit });
