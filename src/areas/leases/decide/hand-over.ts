import { present } from '../../../kernel/assert.ts';
import type { Seq } from '../../../kernel/entry.ts';
import type { Instant } from '../../../kernel/instants.ts';
import { withOffer, withoutTicket } from '../model/changes.ts';
import { type Blocker, type Spot, blockersOf, includes, spotsOf } from '../model/conflicts.ts';
import type { LeasesEvent } from '../model/events.ts';
import { type Claim, type LeasesSlice, type Ticket, leaseKey, ticketsOf } from '../model/lease.ts';
import { circleChecksStepsMax, pickUpMs } from '../model/limits.ts';
import { type StepsLeft, findCircleAmong } from './deadlock.ts';

/** What a session had of a lock, or had asked for. */
interface Lost {
  readonly session: string;
  readonly lock: string;
}

export const lostOf = (claims: readonly Claim[], session: string): readonly Lost[] =>
  claims.map(({ lock }) => ({ session, lock }));

interface Moment {
  readonly now: Instant;
  /** Has just been granted something, which may be all that another request of its own lacked. */
  readonly session?: string;
  /** Where other requests of these sessions may have to wait now for somebody whom they passed by before. */
  readonly lost: readonly Lost[];
}

/**
 * LE22: the requests whose turn comes when these claims are given up, on the slice as that leaves it. What waits for one
 * name in one mode stands in one order, and its first that cannot be granted keeps back all behind it but those of one
 * session. So a release looks at those whom it serves and the next in line, however many wait behind. Where a whole is
 * given up, those who wait for its parts stand in one order, and all of them are looked at.
 *
 * LE26: all this can close a circle: through a request of a session that has got something and waits for more, or of one
 * that lost or gave up something and now has to wait for it like all others. The youngest request in it is refused, and
 * what that one kept back goes on.
 */
export const handOver = (
  slice: LeasesSlice,
  freed: Iterable<Claim>,
  { now, session, lost }: Moment,
): readonly LeasesEvent[] => {
  const steps: StepsLeft = { left: circleChecksStepsMax };
  const events: LeasesEvent[] = [];
  const changed: Lost[] = [...lost];
  const served = new Set<string>();
  for (let [at, free] = [slice, freed]; ; ) {
    const turns = new Turns(at, now);
    if (session !== undefined) turns.retry(session);
    turns.serveAll(free);
    events.push(...turns.granted());
    for (const one of turns.sessions()) served.add(one);
    const circle = findCircleAmong(turns.slice, suspects(turns.slice, served, changed), steps);
    const refused = circle && turns.slice.tickets.get(String(circle.youngest));
    if (circle === undefined || refused === undefined) return events;
    const { seq: ticket, agent, session: of, claims } = refused;
    events.push({ type: 'leases.refused', data: { ticket, agent, session: of, circle: circle.links } });
    changed.push(...lostOf(claims, of));
    [at, free] = [withoutTicket(turns.slice, ticket), claims];
  }
};

/** The requests through which a circle can have closed. */
function* suspects(
  slice: LeasesSlice,
  served: Iterable<string>,
  changed: readonly Lost[],
): Generator<Ticket> {
  for (const session of served) yield* ticketsOf(slice, session);
  for (const { session, lock } of changed) {
    const had = { lock, mode: 'exclusive' } as const;
    for (const ticket of ticketsOf(slice, session))
      if (ticket.claims.some((claim) => includes(had, claim))) yield ticket;
  }
}

/** LE17: what a session gives up of what it had exclusively, because it has it shared from now on. */
export const givenUpBy = (
  { leases }: LeasesSlice,
  claims: readonly Claim[],
  session: string,
): readonly Claim[] =>
  claims.flatMap(({ lock, mode }) =>
    mode === 'shared' && leases.get(leaseKey(session, lock))?.mode === 'exclusive'
      ? [{ lock, mode: 'exclusive' }]
      : [],
  );

/** What is in the way of a request, and of which of its claims. */
interface Obstacle {
  readonly by: Blocker;
  readonly index: number;
}

/**
 * What is granted is only offered: it keeps out whom the request has kept out already, and gives nothing else free. So it
 * does not matter in which order requests are looked at.
 */
class Turns {
  readonly #before: LeasesSlice;
  readonly #now: Instant;
  readonly #until: Instant;
  readonly #served: Ticket[] = [];
  #slice: LeasesSlice;

  constructor(slice: LeasesSlice, now: Instant) {
    this.#before = slice;
    this.#slice = slice;
    this.#now = now;
    this.#until = now + pickUpMs;
  }

  /** With what was granted taken out of the queue. */
  get slice(): LeasesSlice {
    return this.#slice;
  }

  /** Those to whom something was granted. */
  sessions(): readonly string[] {
    return this.#served.map(({ session }) => session);
  }

  granted(): readonly LeasesEvent[] {
    if (this.#served.length === 0) return [];
    const grants = this.#served
      .toSorted((a, b) => a.seq - b.seq)
      .map(({ seq, agent, claims }) => ({ ticket: seq, agent, locks: claims.map(({ lock }) => lock) }));
    return [{ type: 'leases.granted', data: { grants, until: this.#until } }];
  }

  /** Grants what can be granted of those who wait for any of these. */
  serveAll(freed: Iterable<Claim>): void {
    const seen = new Set<string>();
    for (const claim of freed) {
      for (const spot of spotsOf(this.#before, claim, 'waits')) {
        const key = `${spot.order} ${spot.partition}`;
        if (seen.has(key)) continue;
        seen.add(key);
        this.#serve(spot);
      }
    }
  }

  /** Grants what can be granted of those who wait at one spot. */
  #serve({ order, partition }: Spot): void {
    const closed = new Set<string>();
    const apart = new Set<string>();
    for (const wait of this.#before.waits.scan(order, partition)) {
      if (closed.has(wait.lock)) {
        // All that stands here is for one name, and nothing behind it can be granted.
        if (order === 'node') break;
        continue;
      }
      const blocker = this.#tryToGrant(wait.ticket, wait.index);
      if (blocker === undefined) continue;
      const own = blocker.index === wait.index;
      if (!own && wait.mode === 'shared') continue;
      closed.add(wait.lock);
      apart.add(own ? blocker.by.session : wait.session);
    }
    for (const session of apart) this.retry(session);
  }

  /** Grants what can be granted of the requests of one session. */
  retry(session: string): void {
    for (const { seq } of ticketsOf(this.#slice, session)) this.#tryToGrant(seq, 0);
  }

  /** What is in the way of it, at claim `first` if there is something; `undefined` when it is granted by now. */
  #tryToGrant(seq: Seq, first: number): Obstacle | undefined {
    const ticket = this.#slice.tickets.get(String(seq));
    if (ticket === undefined) return undefined;
    const obstacle = this.#obstacleOf(ticket, first);
    if (obstacle !== undefined) return obstacle;
    this.#served.push(ticket);
    this.#slice = withOffer(this.#slice, ticket, { epoch: 0, at: this.#now, until: this.#until });
    return undefined;
  }

  #obstacleOf({ seq, claims, session }: Ticket, first: number): Obstacle | undefined {
    for (let i = 0; i < claims.length; i += 1) {
      const index = (first + i) % claims.length;
      const claim = present(claims[index], 'claims are numbered from 0');
      for (const by of blockersOf(this.#slice, claim, { session, before: seq })) return { by, index };
    }
    return undefined;
  }
}
