import { present } from '../kernel/assert.ts';

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
  'issue:115',
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

/** What is a part of what. */
const wholes: readonly (readonly [whole: string, part: string])[] = [
  ['wave:5c', 'wave:5c.1'],
  ['wave:5c', 'wave:5c.2'],
  ['file:src/**', 'file:src/a.ts'],
  ['file:**/*.ts', 'file:src/a.ts'],
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
  /** As they were asked for, and what they stand for once it is decided. */
  names: readonly string[];
  readonly mode: RefMode;
  readonly ttl: number;
  readonly delay: number;
  readonly until: number;
}

export type RefOutcome =
  | 'granted'
  | 'queued'
  | 'held'
  | 'deadlock'
  | 'not_holder'
  | 'not_found'
  | 'invalid_input'
  | 'done';

interface Obstacles {
  readonly holds: readonly RefHold[];
  readonly waits: readonly RefRequest[];
}

const nothing: Obstacles = { holds: [], waits: [] };

const pickUpMs = 10_000;
const graceMs = 120_000;

const clash = (a: RefClaim, b: RefClaim): boolean =>
  a.session !== b.session && namesMeet(a.name, b.name) && !(a.mode === 'shared' && b.mode === 'shared');

export class ReferenceLocks {
  now: number;
  holds: RefHold[] = [];
  queue: RefRequest[] = [];
  /** The requests that the area takes out of circles, in their order; each is taken off here once it is agreed on. */
  readonly refused: number[];
  readonly aliases = new Map<string, string>();
  readonly endedAt = new Map<number, number>();

  constructor(now: number, refused: number[]) {
    this.now = now;
    this.refused = refused;
  }

  own(session: number, name: string): RefHold | undefined {
    return this.holds.find((one) => one.session === session && one.name === name && one.state === 'held');
  }

  /** What a name stands for. None of the names here has parts as an alias. */
  meant(name: string): string {
    return this.aliases.get(name) ?? name;
  }

  alias(name: string, target: string | null): RefOutcome {
    const before = this.aliases.get(name);
    if (target !== null && wholes.some(([, part]) => part === name)) return 'invalid_input';
    if (target === null && before === undefined) return 'not_found';
    if (before === target) return 'done';
    const touched = [name, before, target].filter((one) => typeof one === 'string');
    const inUse = [...this.holds.map((one) => one.name), ...this.queue.flatMap((one) => one.names)];
    if (inUse.some((used) => touched.some((one) => namesMeet(used, one)))) return 'held';
    if (target === null) this.aliases.delete(name);
    else this.aliases.set(name, target);
    return 'done';
  }

  isLive(session: number): boolean {
    return !this.endedAt.has(session);
  }

  /** What stands in the way of a name: what others hold, and who has waited longer. */
  #inTheWay(claim: RefClaim, before: number, own = this.own(claim.session, claim.name)?.mode): Obstacles {
    if (own !== undefined && (own === claim.mode || claim.mode === 'shared')) return nothing;
    const holds = this.holds.filter((one) => clash(one, claim));
    const waits = this.queue
      .filter((one) => one.id < before && (own === undefined || one.mode === 'shared'))
      .filter((one) => one.names.some((name) => clash({ ...one, name }, claim)));
    return { holds, waits };
  }

  #keptBackBy({ session, names, mode, id }: RefRequest): Obstacles {
    const all = names.map((name) => {
      const claim = { session, name, mode };
      const { holds, waits } = this.#inTheWay(claim, id);
      return { holds, waits: this.#hasWholeOf(claim) ? [] : waits };
    });
    return { holds: all.flatMap(({ holds }) => holds), waits: all.flatMap(({ waits }) => waits) };
  }

  #isFree(request: RefRequest): boolean {
    const { holds, waits } = this.#keptBackBy(request);
    return holds.length + waits.length === 0;
  }

  /** What lies under a whole that the session has, it has already. */
  #hasWholeOf({ session, name, mode }: RefClaim, states: readonly RefHold['state'][] = ['held']): boolean {
    return this.holds.some(
      (one) =>
        one.session === session &&
        states.includes(one.state) &&
        (one.mode === 'exclusive' || mode === 'shared') &&
        wholes.some(([whole, part]) => whole === one.name && part === name),
    );
  }

  /** Whom a request waits for, if what its session is offered is picked up; what only time keeps closed is nobody. */
  #waitsFor({ session, names, mode, id }: RefRequest): Obstacles {
    const all = names.map((name) => {
      const claim = { session, name, mode };
      const modes = this.holds
        .filter((one) => one.session === session && one.name === name && one.state !== 'delayed')
        .map((one) => one.mode);
      const own = modes.includes('exclusive') ? 'exclusive' : modes[0];
      const { holds, waits } = this.#inTheWay(claim, id, own);
      const kept = this.#hasWholeOf(claim, ['held', 'offered']) ? [] : waits;
      return {
        holds: holds.filter(({ state }) => state !== 'delayed'),
        waits: kept.map((one) => {
          const ahead = this.#aheadOf(claim, id, one.mode);
          return ahead !== undefined && ahead.id < one.id ? ahead : one;
        }),
      };
    });
    return { holds: all.flatMap(({ holds }) => holds), waits: all.flatMap(({ waits }) => waits) };
  }

  /** The first request of the session by which it will have the same, or be past those who wait in this mode. */
  #aheadOf({ session, name, mode }: RefClaim, before: number, waiting: RefMode): RefRequest | undefined {
    return this.queue.find(
      (one) =>
        one.session === session &&
        one.id < before &&
        one.names.some((other) => {
          const includes = other === name || wholes.some(([whole, part]) => whole === other && part === name);
          const suffices = one.mode === 'exclusive' || mode === 'shared';
          return (includes && suffices) || (other === name && waiting === 'exclusive');
        }),
    );
  }

  /** Whether a request waits for itself, directly or through others, of which none is younger. */
  #isInCircle(request: RefRequest): boolean {
    const seen = new Set<RefRequest>();
    const open = [request];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const { holds, waits } = this.#waitsFor(at);
      const holders = new Set(holds.map(({ session }) => session));
      const next = [...waits, ...this.queue.filter(({ session }) => holders.has(session))];
      if (next.includes(request)) return true;
      const fresh = next.filter((one) => one.id <= request.id && !seen.has(one));
      for (const one of fresh) seen.add(one);
      open.push(...fresh);
    }
    return false;
  }

  acquire(request: RefRequest): RefOutcome {
    const { session, mode } = request;
    const names = [...new Set(request.names.map((name) => this.meant(name)))].toSorted();
    request.names = names;
    if (this.#isFree(request)) {
      this.#grant(request);
      this.#drain();
      return 'granted';
    }
    const stuck = names.some((name) => {
      const { holds, waits } = this.#inTheWay({ session, name, mode }, request.id);
      const upgrades = this.own(session, name)?.mode === 'shared' && mode === 'exclusive';
      const passes = this.#hasWholeOf({ session, name, mode });
      return upgrades && holds.length + (passes ? 0 : waits.length) > 0;
    });
    if (stuck || request.until === this.now) return 'held';
    this.queue.push(request);
    if (!this.#isInCircle(request)) return 'queued';
    this.queue.pop();
    return 'deadlock';
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
      own.count += 1;
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

  /**
   * Offers what they wait for to all whose turn has come, the first who came first. Where a circle has closed, the area
   * chooses which: of those in one it must be the youngest.
   */
  #drain(): void {
    for (;;) {
      const asked = this.queue.find((request) => this.#isFree(request));
      if (asked !== undefined) {
        this.queue = this.queue.filter((one) => one !== asked);
        this.holds.push(...asked.names.map((name) => this.#fresh(asked, name, asked.id)));
        continue;
      }
      const circle = this.queue.find((request) => this.#isInCircle(request));
      if (circle === undefined) return;
      const id = present(this.refused.shift(), `request ${circle.id} waits for itself, and nobody noticed`);
      const refused = this.queue.find((request) => request.id === id && this.#isInCircle(request));
      present(refused, `request ${id} is the youngest of those that wait for each other`);
      this.queue = this.queue.filter((request) => request !== refused);
    }
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

  release(session: number, given: readonly string[] | undefined, all: boolean): RefOutcome {
    const names = given?.map((name) => this.meant(name));
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
    const own = this.own(session, this.meant(name));
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
