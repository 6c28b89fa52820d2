import type { Seq } from '../../../kernel/entry.ts';
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { type Blocker, isLease, last, spotsOf, stepOf, yieldsToWaits } from '../model/conflicts.ts';
import { type Claim, type LeasesSlice, leasesIn, ticketsOf } from '../model/lease.ts';
import { circleSearchStepsMax } from '../model/limits.ts';
import type { Yard } from './commands.ts';

/** A session, and the lock because of which it waits for the next one. */
interface Link {
  readonly session: string;
  readonly lock: string;
}

interface Reached extends Link {
  /** Who waits for this session; `undefined` = the one that asks. */
  readonly by: Reached | undefined;
}

/**
 * LE26: the circle of waiting sessions that a request would close, beginning with the one that asks. A session waits
 * for those that hold what it waits for, and for those that have waited for it longer. Every part of an order is looked
 * through at most once, however many wait there.
 */
export const findCircle = (
  slice: LeasesSlice,
  claims: readonly Claim[],
  session: string,
): readonly Link[] | undefined => {
  // Nobody can wait for whoever holds nothing and waits for nothing.
  if (leasesIn(slice, session).length === 0 && ticketsOf(slice, session).length === 0) return undefined;
  return new CircleSearch(slice, session).run(claims);
};

class CircleSearch {
  readonly #slice: LeasesSlice;
  readonly #asking: string;
  readonly #reached = new Map<string, Reached>();
  readonly #open: Reached[] = [];
  /** How far each part of an order has been looked through. */
  readonly #looked = new Map<string, Seq>();
  #steps = circleSearchStepsMax;

  constructor(slice: LeasesSlice, asking: string) {
    this.#slice = slice;
    this.#asking = asking;
  }

  run(claims: readonly Claim[]): readonly Link[] | undefined {
    for (const claim of claims) {
      const end = this.#reach(claim, { session: this.#asking, before: last, by: undefined });
      if (end !== undefined) return end;
    }
    // What was looked through for the one that asks was looked at without its own holds.
    this.#looked.clear();
    for (let at = this.#open.pop(); at !== undefined; at = this.#open.pop()) {
      for (const ticket of ticketsOf(this.#slice, at.session)) {
        for (const claim of ticket.claims) {
          const end = this.#reach(claim, { session: at.session, before: ticket.seq, by: at });
          if (end !== undefined) return end;
        }
      }
    }
    return undefined;
  }

  /** Notes all that are in the way of a claim; the circle when the one that asks is among them. */
  #reach(
    claim: Claim,
    from: { readonly session: string; readonly before: Seq; readonly by: Reached | undefined },
  ): readonly Link[] | undefined {
    for (const { session, lock } of this.#inTheWay(claim, from)) {
      if (this.#reached.has(session)) continue;
      const reached: Reached = { session, lock, by: from.by };
      if (session === this.#asking) return linksTo(reached, this.#asking);
      this.#reached.set(session, reached);
      this.#open.push(reached);
    }
    return undefined;
  }

  *#inTheWay(
    claim: Claim,
    { session, before }: { readonly session: string; readonly before: Seq },
  ): Generator<Pick<Blocker, 'session' | 'lock'>> {
    const step = stepOf(this.#slice, session, claim);
    if (step === 'again' || step === 'downgrade') return;
    for (const { order, partition } of spotsOf(this.#slice, claim, 'leases')) {
      if (this.#looked.has(`held ${order} ${partition}`)) continue;
      this.#looked.set(`held ${order} ${partition}`, last);
      yield* this.#others(this.#slice.leases.scan(order, partition), session);
    }
    const modesBefore = yieldsToWaits(this.#slice, session, claim);
    for (const { order, mode, partition } of spotsOf(this.#slice, claim, 'waits')) {
      if (!modesBefore.includes(mode)) continue;
      const from = this.#looked.get(`${order} ${partition}`) ?? 0;
      if (from >= before) continue;
      this.#looked.set(`${order} ${partition}`, before);
      for (const wait of this.#slice.waits.scan(order, partition, [from - 1, Number.MAX_SAFE_INTEGER])) {
        if (wait.ticket >= before) break;
        yield* this.#others([wait], session);
      }
    }
  }

  *#others(all: Iterable<Blocker>, session: string): Generator<Blocker> {
    for (const one of all) {
      this.#steps -= 1;
      if (this.#steps < 0) return;
      // What only time keeps closed, no session can open.
      const onlyTime = isLease(one) && one.state.kind === 'delayed';
      if (one.session !== session && !onlyTime) yield one;
    }
  }
}

/** From the one that asks along those who are waited for, back to it. */
const linksTo = (end: Reached, asking: string): readonly Link[] => {
  const links: Link[] = [];
  for (let at: Reached | undefined = end; at !== undefined; at = at.by)
    links.unshift({ session: at.by?.session ?? asking, lock: at.lock });
  return links;
};

export const refuseCircle = ({ agents }: Yard, circle: readonly Link[]): Refusal => {
  const names = circle.map(({ session }) => agents.sessions.get(session)?.agent ?? session);
  const links = circle.map(({ lock }, i) => ({
    agent: names[i],
    waits_for: lock,
    kept_by: names[(i + 1) % names.length],
  }));
  const words = links.map(
    ({ agent, waits_for, kept_by }) => `${agent} waits for ${waits_for}, kept by ${kept_by}`,
  );
  return refuse(
    'deadlock',
    `You would all wait for ever: ${words.join('; ')}. You were the last to ask, so nothing was queued. Release what the others wait for, and acquire all that you need in one call.`,
    { circle: links },
  );
};
