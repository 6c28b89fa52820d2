/*
 * What locks mean, written down a second time and as plainly as possible: lists, and loops over all of them. Which names
 * meet is a table. Tests compare the area with it.
 */

export type RefMode = 'exclusive' | 'shared';

/** The names that random runs use, and which of them are about the same things. */
export const refNames = [
  'file:**/*.ts',
  'file:docs/*.md',
  'file:src/**',
  'file:src/a.ts',
  'issue:42',
  'pytest',
  'wave:5c',
  'wave:5c.1',
  'wave:5c.2',
] as const;

const meet: readonly (readonly [string, string])[] = [
  ['wave:5c', 'wave:5c.1'],
  ['wave:5c', 'wave:5c.2'],
  ['file:src/**', 'file:src/a.ts'],
  ['file:src/**', 'file:**/*.ts'],
  ['file:src/a.ts', 'file:**/*.ts'],
];

const namesMeet = (a: string, b: string): boolean =>
  a === b || meet.some(([one, two]) => (a === one && b === two) || (a === two && b === one));

interface RefClaim {
  readonly session: number;
  readonly name: string;
  readonly mode: RefMode;
}

export interface RefHold extends RefClaim {
  mode: RefMode;
  count: number;
  /** Unknown until it has been compared with that of the area. */
  token: number | undefined;
  ttl: number;
  delay: number;
  state: 'held' | 'offered' | 'delayed';
  until: number;
  readonly ticket: number | undefined;
}

export interface RefRequest {
  /** Order of asking; the ticket of the area once it is known. */
  id: number;
  readonly session: number;
  readonly names: readonly string[];
  readonly mode: RefMode;
  readonly ttl: number;
  readonly delay: number;
  readonly until: number;
}

export type RefOutcome = 'granted' | 'queued' | 'held' | 'deadlock' | 'not_holder' | 'done';

const pickUpMs = 10_000;
const graceMs = 120_000;

const clash = (a: RefClaim, b: RefClaim): boolean =>
  a.session !== b.session && namesMeet(a.name, b.name) && !(a.mode === 'shared' && b.mode === 'shared');

export class ReferenceLocks {
  now: number;
  holds: RefHold[] = [];
  queue: RefRequest[] = [];
  readonly endedAt = new Map<number, number>();

  constructor(now: number) {
    this.now = now;
  }

  own(session: number, name: string): RefHold | undefined {
    return this.holds.find((one) => one.session === session && one.name === name && one.state === 'held');
  }

  isLive(session: number): boolean {
    return !this.endedAt.has(session);
  }

  /** Which sessions keep this one from a name: holders, and those who have waited longer. */
  #inTheWay(claim: RefClaim, before: number, held = this.holds): number[] {
    const own = this.own(claim.session, claim.name);
    if (own !== undefined && (own.mode === claim.mode || claim.mode === 'shared')) return [];
    const holders = held.filter((one) => clash(one, claim)).map(({ session }) => session);
    if (this.#hasWholeOf(claim)) return holders;
    const earlier = this.queue
      .filter((one) => one.id < before && (own === undefined || one.mode === 'shared'))
      .filter((one) => one.names.some((name) => clash({ ...one, name }, claim)));
    return [...holders, ...earlier.map(({ session }) => session)];
  }

  /** What lies under a whole that the session holds alone, it has already. */
  #hasWholeOf({ session, name }: RefClaim): boolean {
    return name.startsWith('wave:5c.') && this.own(session, 'wave:5c')?.mode === 'exclusive';
  }

  #waitsFor({ session, names, mode, id }: RefRequest, held = this.holds): number[] {
    return names.flatMap((name) => this.#inTheWay({ session, name, mode }, id, held));
  }

  /** Without what only time keeps closed: nobody can be waited for there. */
  #waitsForSessions(request: RefRequest): number[] {
    return this.#waitsFor(
      request,
      this.holds.filter(({ state }) => state !== 'delayed'),
    );
  }

  /** Whether a session waits for another, directly or through others, by what is queued now. */
  #leadsTo(from: number, to: number, seen: Set<number> = new Set()): boolean {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return this.queue
      .filter(({ session }) => session === from)
      .some((one) => this.#waitsForSessions(one).some((next) => this.#leadsTo(next, to, seen)));
  }

  acquire(request: RefRequest): RefOutcome {
    const { session, names, mode } = request;
    const upgrades = names.filter(
      (name) => this.own(session, name)?.mode === 'shared' && mode === 'exclusive',
    );
    const inTheWay = this.#waitsFor(request);
    if (inTheWay.length === 0) {
      this.#grant(request);
      this.#drain();
      return 'granted';
    }
    const stuck = upgrades.some((name) => this.#inTheWay({ session, name, mode }, request.id).length > 0);
    if (stuck || request.until === this.now) return 'held';
    if (this.#waitsForSessions(request).some((other) => this.#leadsTo(other, session))) return 'deadlock';
    this.queue.push(request);
    return 'queued';
  }

  #grant(request: Pick<RefRequest, 'session' | 'names' | 'mode' | 'ttl' | 'delay'>): void {
    const { session, names, mode, ttl, delay } = request;
    for (const name of names) {
      const own = this.own(session, name);
      if (own === undefined) {
        this.holds = this.holds.filter(
          (one) => one.session !== session || one.name !== name || one.state === 'offered',
        );
        this.holds.push(this.#fresh(request, name, undefined));
        continue;
      }
      if (own.mode === mode) own.count += 1;
      if (own.mode === 'shared' && mode === 'exclusive') own.token = undefined;
      own.mode = mode;
      own.ttl = Math.max(own.ttl, ttl);
      own.delay = Math.max(own.delay, delay);
      this.#hold(own);
    }
  }

  #fresh(
    { session, mode, ttl, delay }: Pick<RefRequest, 'session' | 'mode' | 'ttl' | 'delay'>,
    name: string,
    ticket: number | undefined,
  ): RefHold {
    return {
      session,
      name,
      mode,
      count: 1,
      token: undefined,
      ttl,
      delay,
      state: ticket === undefined ? 'held' : 'offered',
      until: this.now + (ticket === undefined ? ttl : pickUpMs),
      ticket,
    };
  }

  #hold(hold: RefHold): void {
    hold.until = Math.max(hold.state === 'held' ? hold.until : 0, this.now + hold.ttl);
    hold.state = 'held';
  }

  /** Offers what they wait for to all whose turn has come, the first who came first. */
  #drain(): void {
    let next: RefRequest | undefined;
    do {
      next = this.queue.find((request) => this.#waitsFor(request).length === 0);
      if (next === undefined) continue;
      const asked = next;
      this.queue = this.queue.filter((one) => one !== asked);
      this.holds.push(...asked.names.map((name) => this.#fresh(asked, name, asked.id)));
    } while (next !== undefined);
  }

  /** Picks up what a request is offered. */
  take(ticket: number): RefOutcome {
    const offered = this.holds.filter((one) => one.ticket === ticket);
    this.holds = this.holds.filter((one) => one.ticket !== ticket);
    for (const one of offered) this.#grant({ ...one, names: [one.name] });
    this.#drain();
    return 'done';
  }

  leave(ticket: number): RefOutcome {
    this.queue = this.queue.filter(({ id }) => id !== ticket);
    this.holds = this.holds.filter((one) => one.ticket !== ticket);
    this.#drain();
    return 'done';
  }

  release(session: number, names: readonly string[] | undefined, all: boolean): RefOutcome {
    const mine = this.holds.filter((one) => one.session === session && one.state === 'held');
    if (names?.some((name) => this.own(session, name) === undefined)) return 'not_holder';
    for (const hold of names === undefined ? mine : mine.filter(({ name }) => names.includes(name))) {
      hold.count -= 1;
      if (names === undefined || all) hold.count = 0;
    }
    this.holds = this.holds.filter(({ count }) => count > 0);
    this.#drain();
    return 'done';
  }

  renew(session: number, name: string, ttl: number): RefOutcome {
    const own = this.own(session, name);
    if (own === undefined) return 'not_holder';
    own.ttl = Math.max(own.ttl, ttl);
    this.#hold(own);
    return 'done';
  }

  /** Its session ends: it waits for nothing any more, and what it holds is kept for the time of grace. */
  end(session: number): RefOutcome {
    this.endedAt.set(session, this.now);
    this.queue = this.queue.filter((one) => one.session !== session);
    this.#drain();
    return 'done';
  }

  pass(ms: number): RefOutcome {
    this.now += ms;
    for (const [session, endedAt] of this.endedAt) {
      if (endedAt + graceMs > this.now) continue;
      this.#fail(this.holds.filter((one) => one.session === session && one.state !== 'delayed'));
    }
    const over = this.holds.filter(({ until }) => until <= this.now);
    this.holds = this.holds.filter((one) => one.state !== 'delayed' || !over.includes(one));
    this.queue = this.queue.filter(({ until }) => until > this.now);
    this.#fail(over.filter(({ state }) => state !== 'delayed'));
    return 'done';
  }

  #fail(failed: readonly RefHold[]): void {
    this.holds = this.holds.filter((one) => !failed.includes(one) || (one.delay > 0 && one.state === 'held'));
    for (const one of this.holds) {
      if (!failed.includes(one)) continue;
      one.state = 'delayed';
      one.until = this.now + one.delay;
    }
    this.#drain();
  }
}
