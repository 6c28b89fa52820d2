import type { Seq } from '../../../kernel/entry.ts';
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import {
  type Asking,
  type Blocker,
  type Spot,
  includes,
  isLease,
  last,
  spotsOf,
  stepOf,
  waitSpotsOf,
} from '../model/conflicts.ts';
import type { CircleLink } from '../model/events.ts';
import {
  type Claim,
  type Lease,
  type LeasesSlice,
  type Ticket,
  type Wait,
  leasesIn,
  ticketsOf,
  waitKey,
} from '../model/lease.ts';
import { circleSearchStepsMax } from '../model/limits.ts';
import type { Mode } from '../model/modes.ts';

/** A request that waits, or would. */
type Waiter = Pick<Ticket, 'seq' | 'agent' | 'session' | 'claims'>;

/** A request that has not been stored yet waits behind all others. */
export const unstored = (request: Omit<Waiter, 'seq'>): Waiter => ({ ...request, seq: last });

/** A request that others wait for, directly or not. */
interface Reached {
  readonly waiter: Waiter;
  /** The step that led here; none leads to the first. */
  readonly by: Step | undefined;
  /** The youngest request on the way here. */
  readonly youngest: Seq;
}

/** A request, and the lock because of which it waits for the next one. */
interface Step {
  readonly from: Reached;
  readonly lock: string;
}

export interface Circle {
  /** Beginning with the request that was asked about. */
  readonly links: readonly CircleLink[];
  /** The youngest request in it. */
  readonly youngest: Seq;
}

/** How many steps searches may still take. */
export interface StepsLeft {
  left: number;
}

/**
 * LE26: the circle in which a request waits for itself. A request waits for the sessions that hold what is in its way, and
 * for the requests that have waited longer; a session waits for all that it has asked for. What a session is offered it
 * is taken to have: it picks that up, or nobody waits for it. Behind an earlier request of its own for the same, it waits
 * for that one and for nobody in between, who waits for it as well: with it comes what it lacks.
 */
export const findCircle = (
  slice: LeasesSlice,
  waiter: Waiter,
  steps: StepsLeft = { left: circleSearchStepsMax },
): Circle | undefined =>
  // Nobody can wait for a request that is not stored, nor for a session that holds nothing.
  waiter.seq === last && leasesIn(slice, waiter.session).length === 0
    ? undefined
    : new CircleSearch(slice, waiter, steps).run();

/** How far a part of an order has been looked through: for everything, and for all but what is this session's own. */
interface Looked {
  readonly all: Seq;
  readonly others: { readonly session: string; readonly to: Seq } | undefined;
}

/** Follows who waits for whom. However many wait in a part of an order, it is looked through twice at most. */
class CircleSearch {
  readonly #slice: LeasesSlice;
  readonly #asked: Waiter;
  readonly #steps: StepsLeft;
  readonly #sessions = new Set<string>();
  readonly #tickets = new Set<Seq>();
  readonly #open: Reached[] = [];
  readonly #looked = new Map<string, Looked>();
  readonly #offers = new Map<string, readonly Lease[]>();

  constructor(slice: LeasesSlice, asked: Waiter, steps: StepsLeft) {
    this.#slice = slice;
    this.#asked = asked;
    this.#steps = steps;
  }

  run(): Circle | undefined {
    this.#open.push({ waiter: this.#asked, by: undefined, youngest: this.#asked.seq });
    for (let from = this.#open.pop(); from !== undefined; from = this.#open.pop()) {
      for (const claim of from.waiter.claims) {
        for (const blocker of this.#inTheWay(from.waiter, claim)) {
          // One that waits behind another request of its own session is taken for that one.
          const step = blocker.session === from.waiter.session ? from.by : { from, lock: blocker.lock };
          if (this.#closes(blocker)) return circleOf(step, from.youngest);
          this.#goOn(blocker, step, from.youngest);
        }
      }
    }
    return undefined;
  }

  #closes(blocker: Blocker): boolean {
    return isLease(blocker) ? blocker.session === this.#asked.session : blocker.ticket === this.#asked.seq;
  }

  /** Notes the requests that one in the way waits with. */
  #goOn(blocker: Blocker, by: Step | undefined, youngest: Seq): void {
    const waiting: (Ticket | undefined)[] = [];
    if (!isLease(blocker)) waiting.push(this.#slice.tickets.get(String(blocker.ticket)));
    else if (!this.#sessions.has(blocker.session)) {
      this.#sessions.add(blocker.session);
      waiting.push(...ticketsOf(this.#slice, blocker.session));
    }
    for (const waiter of waiting) {
      if (waiter === undefined || this.#tickets.has(waiter.seq)) continue;
      this.#tickets.add(waiter.seq);
      this.#open.push({ waiter, by, youngest: Math.max(waiter.seq, youngest) });
    }
  }

  *#inTheWay(waiter: Waiter, claim: Claim): Generator<Blocker> {
    const { session, seq } = waiter;
    const asking: Asking = { session, offers: this.#offersTo(session) };
    const step = stepOf(this.#slice, asking, claim);
    if (step === 'again' || step === 'downgrade') return;
    for (const { order, partition } of spotsOf(this.#slice, claim, 'leases')) {
      if (this.#begin(`held ${order} ${partition}`, { session, before: last }) === undefined) continue;
      yield* this.#others(this.#slice.leases.scan(order, partition), { session, before: last });
    }
    const ahead = this.#aheadOf(waiter, claim);
    for (const spot of waitSpotsOf(this.#slice, asking, claim)) {
      const { order, partition } = spot;
      const own = this.#standsBehind(ahead[spot.mode], seq, spot);
      if (own !== undefined) yield own;
      const before = own?.ticket ?? seq;
      const from = this.#begin(`${order} ${partition}`, { session, before });
      if (from === undefined) continue;
      const after = [from - 1, Number.MAX_SAFE_INTEGER] as const;
      yield* this.#others(this.#slice.waits.scan(order, partition, after), { session, before });
    }
  }

  /** The session's first requests by which it will have the same, or be past all who wait in one of the modes. */
  #aheadOf({ session, seq }: Waiter, claim: Claim): Readonly<Record<Mode, Wait | undefined>> {
    let exclusive: Wait | undefined;
    for (const ticket of ticketsOf(this.#slice, session)) {
      if (ticket.seq >= seq) break;
      this.#steps.left -= ticket.claims.length;
      for (const [index, one] of ticket.claims.entries()) {
        const same = one.lock === claim.lock;
        if (!same && !includes(one, claim)) continue;
        const wait = this.#slice.waits.get(waitKey(ticket.seq, index));
        exclusive ??= wait;
        if (includes(one, claim)) return { exclusive, shared: wait };
      }
    }
    return { exclusive, shared: undefined };
  }

  /** The session's own request ahead, if somebody stands between the two, and so waits for what that one gets. */
  #standsBehind(ahead: Wait | undefined, seq: Seq, { order, partition }: Spot): Wait | undefined {
    if (ahead === undefined) return undefined;
    const behind = [ahead.ticket, Number.MAX_SAFE_INTEGER] as const;
    for (const wait of this.#slice.waits.scan(order, partition, behind)) {
      this.#steps.left -= 1;
      if (wait.ticket >= seq) return undefined;
      if (wait.session !== ahead.session) return ahead;
    }
    return undefined;
  }

  /** From where on a part of an order has to be looked through up to `before`; `undefined` = it has been. */
  #begin(
    part: string,
    { session, before }: { readonly session: string; readonly before: Seq },
  ): Seq | undefined {
    const { all, others } = this.#looked.get(part) ?? { all: 0, others: undefined };
    const same = others === undefined || others.session === session;
    const from = others !== undefined && same ? others.to : all;
    if (from >= before) return undefined;
    const known = others?.to ?? 0;
    this.#looked.set(part, {
      all: same ? all : Math.min(before, known),
      others: before > known ? { session, to: before } : others,
    });
    return from;
  }

  *#others(
    all: Iterable<Blocker>,
    { session, before }: { readonly session: string; readonly before: Seq },
  ): Generator<Blocker> {
    for (const one of all) {
      this.#steps.left -= 1;
      if (this.#steps.left < 0 || (!isLease(one) && one.ticket >= before)) return;
      // What only time keeps closed, no session can open.
      const onlyTime = isLease(one) && one.state.kind === 'delayed';
      if (one.session !== session && !onlyTime) yield one;
    }
  }

  #offersTo(session: string): readonly Lease[] {
    const known = this.#offers.get(session);
    if (known !== undefined) return known;
    const all = leasesIn(this.#slice, session);
    this.#steps.left -= all.length;
    const offers = all.filter(({ state }) => state.kind === 'offered');
    this.#offers.set(session, offers);
    return offers;
  }
}

const circleOf = (end: Step | undefined, youngest: Seq): Circle => {
  const steps: Step[] = [];
  for (let at = end; at !== undefined; at = at.from.by) steps.unshift(at);
  const agents = steps.map(({ from }) => from.waiter.agent);
  return {
    links: steps.map(({ lock }, i) => ({
      agent: agents[i] ?? '',
      waits_for: lock,
      kept_by: agents[(i + 1) % agents.length] ?? '',
    })),
    youngest,
  };
};

/** `was`: what became of the request. */
export const refuseCircle = (circle: readonly CircleLink[], was: 'never queued' | 'taken out'): Refusal => {
  const words = circle.map(
    ({ agent, waits_for, kept_by }) => `${agent} waits for ${waits_for}, kept by ${kept_by}`,
  );
  const fate =
    was === 'never queued'
      ? 'You were the last to ask, so nothing was queued'
      : 'You were the last of them to ask, so your request waits no longer';
  return refuse(
    'deadlock',
    `You would all wait for ever: ${words.join('; ')}. ${fate}. Release what the others wait for, and acquire all that you need in one call.`,
    { circle },
  );
};

/** The circle in which one of these waits for itself. */
export const findCircleAmong = (
  slice: LeasesSlice,
  waiters: Iterable<Waiter>,
  steps: StepsLeft,
): Circle | undefined => {
  for (const waiter of waiters) {
    const circle = findCircle(slice, waiter, steps);
    if (circle !== undefined) return circle;
  }
  return undefined;
};
