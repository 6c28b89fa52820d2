import type { LeasesEvent } from '../../../src/areas/leases/model/events.ts';
import { type Entry, entryGuard } from '../../../src/kernel/entry.ts';
import type { Checks } from './checks.ts';
import type { Sessions } from './sessions.ts';

const is = entryGuard<LeasesEvent>();

type DataOf<T extends LeasesEvent['type']> = Extract<LeasesEvent, { readonly type: T }>['data'];
type Mode = 'exclusive' | 'shared';

/** The names that simulated agents use; of two of them, the first is the whole and the second its part. */
export const lockNames = ['pytest', 'issue:7', 'wave:5c', 'wave:5c.1', 'wave:5c.2'] as const;
const wholes: readonly (readonly [whole: string, part: string])[] = [
  ['wave:5c', 'wave:5c.1'],
  ['wave:5c', 'wave:5c.2'],
];

const isPartOf = (part: string, whole: string): boolean =>
  wholes.some(([one, other]) => one === whole && other === part);
const meet = (a: string, b: string): boolean => a === b || isPartOf(a, b) || isPartOf(b, a);

interface RefClaim {
  readonly session: string;
  readonly lock: string;
  readonly mode: Mode;
}

interface RefHold extends RefClaim {
  readonly agent: string;
  mode: Mode;
  token: number;
  count: number;
  state: 'held' | 'offered' | 'delayed';
  until: number;
  ttl: number;
  delay: number;
  readonly ticket: number | undefined;
}

interface RefWait {
  readonly ticket: number;
  readonly data: DataOf<'leases.queued'>;
}

interface Obstacles {
  readonly holds: readonly RefHold[];
  readonly waits: readonly RefWait[];
}

const nothing: Obstacles = { holds: [], waits: [] };

const clash = (a: RefClaim, b: RefClaim): boolean =>
  a.session !== b.session && meet(a.lock, b.lock) && !(a.mode === 'shared' && b.mode === 'shared');

const msOf = (ttl: number | string): number => (typeof ttl === 'number' ? ttl : Number.POSITIVE_INFINITY);

/** Locks and their queues once more: lists, and loops over all of them. */
export class Locks {
  holds: RefHold[] = [];
  waits: RefWait[] = [];
  /** Requests of which nothing came: they may be made again. */
  readonly ended = new Set<number>();
  /** LE44: requests whose turn came in the entries that were folded last, or that wait no longer. */
  readonly woken = new Set<number>();
  readonly #checks: Checks;
  readonly #sessions: Sessions;
  readonly #tokens = new Map<string, number>();
  #touched = false;

  constructor(checks: Checks, sessions: Sessions) {
    this.#checks = checks;
    this.#sessions = sessions;
  }

  own(session: string, lock: string): RefHold | undefined {
    return this.holds.find((one) => one.session === session && one.lock === lock && one.state === 'held');
  }

  fold(entry: Entry): void {
    const before = this.#touched;
    this.#touched = true;
    if (is(entry, 'leases.acquired')) this.#acquire(entry.seq, entry.time, entry.data);
    else if (is(entry, 'leases.queued')) this.waits.push({ ticket: entry.seq, data: entry.data });
    else if (is(entry, 'leases.granted')) this.#offer(entry.seq, entry.data);
    else if (is(entry, 'leases.taken')) this.#take(entry.seq, entry.time, entry.data);
    else if (is(entry, 'leases.left')) this.#leave(entry.data);
    else if (is(entry, 'leases.refused')) this.#leave({ tickets: [entry.data] });
    else if (is(entry, 'leases.renewed')) this.#renew(entry.time, entry.data);
    else if (is(entry, 'leases.released')) this.#release(entry.data);
    else if (is(entry, 'leases.expired')) this.#expire(entry.time, entry.data);
    else if (is(entry, 'leases.delay_ended')) this.#open(entry.time, entry.data);
    else this.#touched = before;
  }

  /** What is in the way of a claim: what others hold, and who has waited longer. */
  #obstacles({ session, lock, mode }: RefClaim, before: number): Obstacles {
    const own = this.own(session, lock)?.mode;
    if (own !== undefined && (own === mode || mode === 'shared')) return nothing;
    const claim = { session, lock, mode };
    const hasWhole = this.holds.some(
      (one) =>
        one.session === session &&
        one.state === 'held' &&
        (one.mode === 'exclusive' || mode === 'shared') &&
        isPartOf(lock, one.lock),
    );
    const isAhead = ({ ticket, data }: RefWait): boolean =>
      ticket < before &&
      data.claims.some((one) => clash({ session: data.session, ...one }, claim)) &&
      (own === undefined || data.claims.some((one) => one.mode === 'shared'));
    return {
      holds: this.holds.filter((one) => clash(one, claim)),
      waits: hasWhole ? [] : this.waits.filter(isAhead),
    };
  }

  #mustBeFree(claim: RefClaim, before: number, seq: number): void {
    const { holds, waits } = this.#obstacles(claim, before);
    this.#checks.holds('one holder per lock', holds.length === 0, () => {
      const others = holds.map(({ agent, lock }) => `${agent} has ${lock}`).join();
      return `${claim.lock} was granted at ${seq} although ${others}`;
    });
    this.#checks.holds('locks are granted in order', waits.length === 0, () => {
      const others = waits.map(({ ticket, data }) => `${data.agent} has waited since ${ticket}`).join();
      return `${claim.lock} was granted at ${seq} although ${others}`;
    });
  }

  #acquire(seq: number, time: number, data: DataOf<'leases.acquired'>): void {
    const { session, agent, claims } = data;
    this.#checks.holds(
      'an ended session holds nothing',
      this.#sessions.live.get(session)?.agent === agent,
      () => `a lock was granted at ${seq} to a session that is not there`,
    );
    for (const claim of claims) this.#mustBeFree({ session, ...claim }, seq, seq);
    for (const claim of claims) this.#grant({ seq, time }, { session, ...claim }, data);
  }

  #grant(
    { seq, time }: { readonly seq: number; readonly time: number },
    { session, lock, mode }: RefClaim,
    wanted: Pick<DataOf<'leases.acquired'>, 'agent' | 'ttl' | 'delayMs'>,
  ): void {
    const own = this.own(session, lock);
    const ttl = msOf(wanted.ttl);
    const delay = wanted.delayMs ?? 0;
    if (own === undefined) {
      this.holds = this.holds.filter(
        (one) => one.session !== session || one.lock !== lock || one.state === 'offered',
      );
      const { agent } = wanted;
      const fresh = { session, lock, mode, agent, token: seq, count: 1, ttl, delay, ticket: undefined };
      this.holds.push({ ...fresh, state: 'held', until: time + ttl });
      this.#mint(lock, seq);
      return;
    }
    if (own.mode === 'shared' && mode === 'exclusive') {
      own.token = seq;
      this.#mint(lock, seq);
    }
    own.count += 1;
    own.mode = mode;
    own.ttl = Math.max(own.ttl, ttl);
    own.delay = Math.max(own.delay, delay);
    own.until = Math.max(own.until, time + own.ttl);
  }

  #mint(lock: string, token: number): void {
    const last = this.#tokens.get(lock) ?? 0;
    this.#checks.holds('epochs only grow', token > last, () => `${lock}: token ${token} after ${last}`);
    this.#tokens.set(lock, token);
  }

  #offer(seq: number, { grants, until }: DataOf<'leases.granted'>): void {
    for (const { ticket } of grants.toSorted((a, b) => a.ticket - b.ticket)) {
      const wait = this.waits.find((one) => one.ticket === ticket);
      this.#checks.holds('locks are granted in order', wait !== undefined, () => `${ticket} does not wait`);
      if (wait === undefined) continue;
      const { session, agent, claims, ttl, delayMs = 0 } = wait.data;
      for (const claim of claims) this.#mustBeFree({ session, ...claim }, ticket, seq);
      this.waits = this.waits.filter((one) => one !== wait);
      for (const { lock, mode } of claims) {
        const offer = { session, agent, lock, mode, token: 0, count: 1, ttl: msOf(ttl), delay: delayMs };
        this.holds.push({ ...offer, state: 'offered', until, ticket });
      }
      this.woken.add(ticket);
    }
  }

  #take(seq: number, time: number, { ticket }: DataOf<'leases.taken'>): void {
    const offered = this.holds.filter((one) => one.ticket === ticket && one.state === 'offered');
    this.#checks.holds(
      'one holder per lock',
      offered.length > 0,
      () => `${ticket} was taken and not offered`,
    );
    this.holds = this.holds.filter((one) => !offered.includes(one));
    for (const one of offered) this.#grant({ seq, time }, one, { ...one, delayMs: one.delay });
  }

  #leave({ tickets }: { readonly tickets: readonly { readonly ticket: number }[] }): void {
    for (const { ticket } of tickets) {
      this.waits = this.waits.filter((one) => one.ticket !== ticket);
      this.holds = this.holds.filter((one) => one.ticket !== ticket);
      this.#end(ticket);
    }
  }

  #end(ticket: number): void {
    this.ended.add(ticket);
    this.woken.add(ticket);
  }

  #renew(time: number, { session, lock, ttl }: DataOf<'leases.renewed'>): void {
    const own = this.#mine(session, lock);
    if (own === undefined) return;
    own.ttl = Math.max(own.ttl, msOf(ttl));
    own.until = Math.max(own.until, time + own.ttl);
  }

  #release({ session, locks }: DataOf<'leases.released'>): void {
    for (const { lock, count } of locks) {
      const own = this.#mine(session, lock);
      if (own !== undefined) own.count = count;
    }
    this.holds = this.holds.filter(({ count }) => count > 0);
  }

  #mine(session: string, lock: string): RefHold | undefined {
    const own = this.own(session, lock);
    this.#checks.holds(
      'only holders change what they hold',
      own !== undefined,
      () => `${lock} was renewed or released by a session that does not hold it`,
    );
    return own;
  }

  #expire(time: number, { lapsed }: DataOf<'leases.expired'>): void {
    for (const { session, lock, ticket, why } of lapsed) {
      const gone = this.holds.filter((one) =>
        ticket === undefined
          ? one.session === session && one.lock === lock && one.state === 'held'
          : one.ticket === ticket,
      );
      for (const one of gone) {
        this.#checks.holds(
          'locks do not end too early',
          why === 'session_expired' || time >= one.until,
          () => `${lock} of ${one.agent} ended ${one.until - time} ms too early`,
        );
        if (one.ticket !== undefined) this.#end(one.ticket);
        if (one.state === 'held' && one.delay > 0)
          Object.assign(one, { state: 'delayed', until: time + one.delay });
        else this.holds = this.holds.filter((other) => other !== one);
      }
    }
  }

  #open(time: number, { locks }: DataOf<'leases.delay_ended'>): void {
    for (const { session, lock } of locks) {
      const closed = this.holds.find(
        (one) => one.session === session && one.lock === lock && one.state === 'delayed',
      );
      this.#checks.holds(
        'locks do not end too early',
        closed !== undefined && time >= closed.until,
        () => `${lock} was opened before its delay was over`,
      );
      this.holds = this.holds.filter((one) => one !== closed);
    }
  }

  endOfUnit(): void {
    if (!this.#touched) return;
    this.#touched = false;
    for (const { ticket, data } of this.waits) {
      const { session, agent, claims } = data;
      this.#checks.holds(
        'whose turn it is has it',
        claims.some((claim) => {
          const { holds, waits } = this.#obstacles({ session, ...claim }, ticket);
          return holds.length + waits.length > 0;
        }),
        () => `nothing keeps back request ${ticket} of ${agent}, and it waits on`,
      );
    }
    const { expired } = this.#sessions;
    for (const one of this.holds)
      this.#checks.holds(
        'an ended session holds nothing',
        one.state === 'delayed' || !expired.has(one.session),
        () => `${one.lock} is held by ${one.agent} in a session that has expired`,
      );
  }
}
