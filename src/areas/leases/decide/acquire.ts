import { ok, type Refusal } from '../../../kernel/errors.ts';
import type { Instant } from '../../../kernel/instants.ts';
import { withGrant } from '../model/changes.ts';
import { type Blocker, blockersOf, last, stepOf } from '../model/conflicts.ts';
import type { LeasesEvent } from '../model/events.ts';
import { type Claim, leasesIn, resolved, ticketsOf } from '../model/lease.ts';
import {
  blockersNamedMax,
  locksMax,
  locksPerSessionMax,
  waitingMax,
  waitingPerSessionMax,
} from '../model/limits.ts';
import type { Mode } from '../model/modes.ts';
import { type LeasesDecision, type Speaker, type WantedLocks, type Yard, speakerOf } from './commands.ts';
import { findCircle, refuseCircle, unstored } from './deadlock.ts';
import { givenUpBy, handOver, lostOf } from './hand-over.ts';
import { limitPassed, lockHeld } from './refusals.ts';

/** LE6, LE13: the names with aliases resolved, each once, in one order for everybody. */
const claimsFor = (yard: Yard, names: readonly string[], mode: Mode): readonly Claim[] =>
  [...new Set(names.map((name) => resolved(yard.leases, name)))].toSorted().map((lock) => ({ lock, mode }));

export const acquire = (yard: Yard, command: WantedLocks): LeasesDecision => {
  const speaker = speakerOf(yard);
  if (!speaker.ok) return speaker;
  const claims = claimsFor(yard, command.names, command.mode);
  const { session } = speaker.value;
  const blocked = firstBlocked(yard, claims, session);
  if (blocked === undefined)
    return refuseMore(yard, claims, session) ?? grant(yard, command, { claims, speaker: speaker.value });
  const { claim } = blocked;
  if (stepOf(yard.leases, { session }, claim) === 'upgrade') {
    return lockHeld(yard, {
      ...blocked,
      next: `You share ${claim.lock}; it becomes exclusive only for its sole holder while nobody waits to share it, and that is not waited for. Release it and acquire it anew, or ask the others with lock_break.`,
    });
  }
  if (command.waitMs === 0) return lockHeld(yard, blocked);
  const refusal = refuseQueue(yard, claims, speaker.value);
  return refusal ?? ok([queuedEvent(command, { claims, speaker: speaker.value, now: yard.context.now })]);
};

/** The first of the claims that cannot be had, those that can never be waited for first; and what is in the way of it. */
export const firstBlocked = (
  { leases }: Yard,
  claims: readonly Claim[],
  session: string,
): { readonly claim: Claim; readonly blockers: readonly Blocker[] } | undefined => {
  const isUpgrade = (claim: Claim): boolean => stepOf(leases, { session }, claim) === 'upgrade';
  for (const claim of claims.toSorted((a, b) => Number(isUpgrade(b)) - Number(isUpgrade(a)))) {
    // However many wait, only some of them are named.
    const blockers = [...blockersOf(leases, claim, { session, before: last }).take(blockersNamedMax + 1)];
    if (blockers.length > 0) return { claim, blockers };
  }
  return undefined;
};

const freshOf = ({ leases }: Yard, claims: readonly Claim[], session: string): number =>
  claims.filter((claim) => stepOf(leases, { session }, claim) === 'fresh').length;

/** LE41 */
const refuseMore = (yard: Yard, claims: readonly Claim[], session: string): Refusal | undefined => {
  const fresh = freshOf(yard, claims, session);
  if (fresh > 0 && leasesIn(yard.leases, session).length + fresh > locksPerSessionMax) {
    return limitPassed(
      `A session holds at most ${locksPerSessionMax} locks. Release some with lock_release, or lock a whole, such as wave:5c instead of its parts.`,
      locksPerSessionMax,
    );
  }
  return yard.leases.leases.size + fresh > locksMax
    ? limitPassed(`A workspace has at most ${locksMax} locks held at once. Release some.`, locksMax)
    : undefined;
};

/** LE26, LE41 */
const refuseQueue = (
  { leases }: Yard,
  claims: readonly Claim[],
  { agent, session }: Speaker,
): Refusal | undefined => {
  if (ticketsOf(leases, session).length >= waitingPerSessionMax) {
    return limitPassed(
      `At most ${waitingPerSessionMax} requests of one session wait for locks at once. Wait for one of them first.`,
      waitingPerSessionMax,
    );
  }
  if (leases.tickets.size >= waitingMax) {
    return limitPassed(
      `At most ${waitingMax} requests wait for locks at once. Call again later.`,
      waitingMax,
    );
  }
  const circle = findCircle(leases, unstored({ agent, session, claims }));
  return circle && refuseCircle(circle.links, 'never queued');
};

interface Asked {
  readonly claims: readonly Claim[];
  readonly speaker: Speaker;
}

const wantedBy = ({ ttl, delayMs, purpose }: WantedLocks, { claims, speaker }: Asked) => ({
  ...speaker,
  claims,
  ttl,
  ...(delayMs > 0 && { delayMs }),
  ...(purpose !== undefined && { purpose }),
});

const grant = (yard: Yard, command: WantedLocks, asked: Asked): LeasesDecision => {
  const { leases, context } = yard;
  const { session } = asked.speaker;
  const acquired: LeasesEvent = { type: 'leases.acquired', data: wantedBy(command, asked) };
  const freed = givenUpBy(leases, asked.claims, session);
  if (freed.length === 0 && ticketsOf(leases, session).length === 0) return ok([acquired]);
  const { ttl, delayMs, purpose } = command;
  const after = withGrant(leases, {
    holder: asked.speaker.agent,
    session,
    claims: asked.claims,
    ttl,
    delayMs,
    purpose,
    epoch: 0,
    at: context.now,
  });
  return ok([
    acquired,
    ...handOver(after, freed, { now: context.now, session, lost: lostOf(freed, session) }),
  ]);
};

const queuedEvent = (command: WantedLocks, asked: Asked & { readonly now: Instant }): LeasesEvent => ({
  type: 'leases.queued',
  data: { ...wantedBy(command, asked), until: asked.now + command.waitMs },
});
