import { ok } from '../../../kernel/errors.ts';
import { withFailed, withoutLease, withoutTicket } from '../model/changes.ts';
import type { Lapsed, LeasesEvent } from '../model/events.ts';
import {
  type Claim,
  type Lease,
  type Ticket,
  lapsesAt,
  leasesIn,
  onlyPartition,
  ticketsOf,
} from '../model/lease.ts';
import { lapsesMax } from '../model/limits.ts';
import type { EndSessionCommand, LeasesDecision, Yard } from './commands.ts';
import { handOver, lostOf } from './hand-over.ts';
import { freedBy } from './release.ts';

/** What ends together, and how each of it ends. */
interface Ending {
  readonly lapsed: readonly { readonly lease: Lease; readonly why: Lapsed['why'] }[];
  readonly opened: readonly Lease[];
  readonly tickets: readonly Ticket[];
  readonly why: 'timeout' | 'session_ended';
}

/** LE27, LE28, LE30: whatever time has ended, in one unit. */
export const lapse = (yard: Yard): LeasesDecision => {
  const { leases, context } = yard;
  const due: Lease[] = [];
  for (const lease of leases.leases.scan('expiry', onlyPartition)) {
    if ((lapsesAt(lease) ?? 0) > context.now) break;
    if (due.length >= lapsesMax && !isOneOffer(due.at(-1), lease)) break;
    due.push(lease);
  }
  const tickets: Ticket[] = [];
  for (const ticket of leases.tickets.scan('until', onlyPartition)) {
    if (ticket.until > context.now || tickets.length === lapsesMax) break;
    tickets.push(ticket);
  }
  return end(yard, {
    lapsed: due.flatMap((lease) => {
      if (lease.state.kind === 'delayed') return [];
      return [{ lease, why: lease.state.kind === 'offered' ? 'not_picked_up' : 'expired' } as const];
    }),
    opened: due.filter(({ state }) => state.kind === 'delayed'),
    tickets,
    why: 'timeout',
  });
};

/** LE13: an offer ends as a whole. Its leases stand beside each other, as they were offered at once until one time. */
const isOneOffer = (one: Lease | undefined, other: Lease): boolean =>
  one?.state.kind === 'offered' && other.state.kind === 'offered' && one.state.ticket === other.state.ticket;

/** LE29 */
export const endSession = (yard: Yard, { session, holds }: EndSessionCommand): LeasesDecision => {
  const { leases } = yard;
  const held = holds ? leasesIn(leases, session) : [];
  return end(yard, {
    lapsed: held.map((lease) => ({ lease, why: 'session_expired' })),
    opened: [],
    tickets: ticketsOf(leases, session),
    why: 'session_ended',
  });
};

/** How an entry names a lease that ends, or that somebody asks for. */
export const endingOf = ({ holder, session, state }: Lease) => ({
  agent: holder,
  session,
  ...(state.kind === 'offered' && { ticket: state.ticket }),
});

const end = ({ leases, context }: Yard, { lapsed, opened, tickets, why }: Ending): LeasesDecision => {
  let after = leases;
  const freed: Claim[] = [];
  const events: LeasesEvent[] = [];
  if (lapsed.length > 0) {
    for (const { lease } of lapsed) after = withFailed(after, lease, context.now);
    freed.push(...lapsed.flatMap(({ lease }) => freedBy(lease)));
    events.push({
      type: 'leases.expired',
      data: {
        lapsed: lapsed.map(({ lease, why: because }) => ({
          ...endingOf(lease),
          lock: lease.lock,
          why: because,
        })),
      },
    });
  }
  if (opened.length > 0) {
    for (const { key } of opened) after = withoutLease(after, key);
    freed.push(...opened.flatMap(freedBy));
    const locks = opened.map(({ holder, session, lock }) => ({ agent: holder, session, lock }));
    events.push({ type: 'leases.delay_ended', data: { locks } });
  }
  if (tickets.length > 0) {
    for (const { seq } of tickets) after = withoutTicket(after, seq);
    freed.push(...tickets.flatMap(({ claims }) => claims));
    const left = tickets.map(({ seq, agent }) => ({ ticket: seq, agent }));
    events.push({ type: 'leases.left', data: { tickets: left, why } });
  }
  const lost = [
    ...lapsed.flatMap(({ lease }) => lostOf(freedBy(lease), lease.session)),
    ...tickets.flatMap(({ claims, session }) => lostOf(claims, session)),
  ];
  return ok([...events, ...handOver(after, freed, { now: context.now, lost })]);
};
