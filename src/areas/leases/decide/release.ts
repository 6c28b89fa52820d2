import type { Seq } from '../../../kernel/entry.ts';
import { type Refusal, ok } from '../../../kernel/errors.ts';
import { longerTtl, withTaken, withoutLease, withoutOffer, withoutTicket } from '../model/changes.ts';
import type { LeasesEvent } from '../model/events.ts';
import {
  type Claim,
  type Lease,
  type LeasesSlice,
  leaseOf,
  leasesIn,
  resolved,
  ticketsOf,
} from '../model/lease.ts';
import {
  type LeaveCommand,
  type LeasesDecision,
  type ReleaseCommand,
  type RenewCommand,
  type TakeCommand,
  type Yard,
  speakerOf,
} from './commands.ts';
import { givenUpBy, handOver, lostOf } from './hand-over.ts';
import { notHolder, staleToken } from './refusals.ts';

/** What is free when a lease ends: an offer ends as a whole. */
export const freedBy = ({ lock, mode, state }: Lease): readonly Claim[] =>
  state.kind === 'offered' ? state.locks.map((one) => ({ lock: one, mode })) : [{ lock, mode }];

/** LE24, LE25: the session must hold the lock, under the token that it names if it names one. */
const refuseOthers = (
  yard: Yard,
  lock: string,
  { own, token }: { readonly own: Lease | undefined; readonly token: number | undefined },
): Refusal | undefined => {
  if (token !== undefined && own?.epoch !== token) return staleToken(yard, lock, token);
  return own === undefined ? notHolder(yard, lock) : undefined;
};

export const release = (yard: Yard, { names, token, all }: ReleaseCommand): LeasesDecision => {
  const speaker = speakerOf(yard);
  if (!speaker.ok) return speaker;
  const { leases } = yard;
  const { agent, session } = speaker.value;
  const given: Lease[] = [];
  if (names === undefined)
    given.push(...leasesIn(leases, session).filter(({ state }) => state.kind === 'held'));
  for (const lock of new Set(names?.map((name) => resolved(leases, name)))) {
    const own = leaseOf(leases, session, lock);
    const refusal = refuseOthers(yard, lock, { own, token });
    if (refusal !== undefined) return refusal;
    if (own !== undefined) given.push(own);
  }
  if (given.length === 0) return ok([]);
  const drop = all || names === undefined;
  const locks = given.map(({ lock, count }) => ({ lock, count: drop ? 0 : count - 1 }));
  const free = given.filter((_, i) => locks[i]?.count === 0);
  return ok([{ type: 'leases.released', data: { agent, session, locks } }, ...handedOver(yard, free)]);
};

/** What follows when these are free. */
const handedOver = ({ leases, context }: Yard, free: readonly Lease[]): readonly LeasesEvent[] => {
  const after = free.reduce((next, { key }) => withoutLease(next, key), leases);
  return handOver(after, free.flatMap(freedBy), { now: context.now, lost: free });
};

export const renew = (yard: Yard, { name, token, ttl }: RenewCommand): LeasesDecision => {
  const speaker = speakerOf(yard);
  if (!speaker.ok) return speaker;
  const { agent, session } = speaker.value;
  const lock = resolved(yard.leases, name);
  const own = leaseOf(yard.leases, session, lock);
  const refusal = refuseOthers(yard, lock, { own, token });
  if (refusal !== undefined || own === undefined) return refusal ?? notHolder(yard, lock);
  const longer = longerTtl(own.ttl, ttl ?? own.ttl);
  // A hold that follows its session is renewed by every call.
  if (own.ttl === 'session' && own.state.kind === 'held') return ok([]);
  return ok([{ type: 'leases.renewed', data: { agent, session, lock, ttl: longer } }]);
};

/** What a ticket of this session is offered, if its turn has come. */
const offeredTo = (slice: LeasesSlice, session: string, ticket: Seq): readonly Lease[] =>
  leasesIn(slice, session).filter(({ state }) => state.kind === 'offered' && state.ticket === ticket);

/** LE28: from now on it is held; what that gives up, or lets the session have again, goes on. */
export const take = (yard: Yard, { ticket }: TakeCommand): LeasesDecision => {
  const speaker = speakerOf(yard);
  if (!speaker.ok) return speaker;
  const { leases, context } = yard;
  const { agent, session } = speaker.value;
  const offered = offeredTo(leases, session, ticket);
  if (offered.length === 0) return ok([]);
  const locks = offered.map(({ lock }) => lock);
  const taken: LeasesEvent = { type: 'leases.taken', data: { ticket, agent, session, locks } };
  const freed = givenUpBy(leases, offered, session);
  if (freed.length === 0 && ticketsOf(leases, session).length === 0) return ok([taken]);
  const after = withTaken(leases, { ticket, locks }, { epoch: 0, at: context.now });
  return ok([taken, ...handOver(after, freed, { now: context.now, session, lost: lostOf(freed, session) })]);
};

/** LE23: the caller waits no longer; what had been offered to it meanwhile goes to the next. */
export const leave = (yard: Yard, { ticket }: LeaveCommand): LeasesDecision => {
  const { leases, context } = yard;
  const waiting = leases.tickets.get(String(ticket));
  const { session, agent } = context.actor;
  if (waiting !== undefined && waiting.session === session) {
    const why = waiting.until <= context.now ? 'timeout' : 'given_up';
    return ok([
      { type: 'leases.left', data: { tickets: [{ ticket, agent: waiting.agent }], why } },
      ...handOver(withoutTicket(leases, ticket), waiting.claims, {
        now: context.now,
        lost: lostOf(waiting.claims, waiting.session),
      }),
    ]);
  }
  if (session === undefined || agent === undefined) return ok([]);
  const offered = offeredTo(leases, session, ticket);
  if (offered.length === 0) return ok([]);
  const locks = offered.map(({ lock }) => lock);
  return ok([
    { type: 'leases.left', data: { tickets: [{ ticket, agent, locks }], why: 'given_up' } },
    ...handOver(withoutOffer(leases, ticket, locks), offered, { now: context.now, lost: offered }),
  ]);
};
