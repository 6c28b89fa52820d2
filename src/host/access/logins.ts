import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../engine/clock.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { hourMs, minuteMs, secondMs } from '../../kernel/instants.ts';
import type { Caller } from '../../kernel/operation.ts';
import { Standings } from './standings.ts';
import type { Login, LoginDesk, LoginOffer } from '../../surfaces/http/login-desk.ts';

const codeBytes = 16;
const codeMs = 10 * minuteMs;
const secretBytes = 32;
const sessionMs = 12 * hourMs;

/** How many there may be of one principal, whose oldest makes room for another, and of all. */
interface Bounds {
  readonly ownMax: number;
  readonly max: number;
}

const codeBounds: Bounds = { ownMax: 5, max: 200 };
const sessionBounds: Bounds = { ownMax: 20, max: 2_000 };

interface Kept {
  readonly caller: Caller;
  /** On the monotonic clock. */
  readonly until: number;
}

export interface LoginsOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** Counts one who failed; what they are told. */
  readonly failed: (refusal: Refusal, remote: string | undefined) => Refusal;
}

const hashOf = (text: string): string => hash('sha256', text, 'hex');

/** Codes and sessions of browsers, of one hub and as long as it runs. Only hashes of them are kept, and in memory. */
export class Logins implements LoginDesk {
  readonly #options: LoginsOptions;
  readonly #codes = new Map<string, Kept>();
  readonly #sessions = new Map<string, Kept>();
  readonly #standings: Standings;

  constructor(options: LoginsOptions) {
    this.#options = options;
    this.#standings = new Standings(options.clock);
  }

  readonly offer = (caller: Caller): Outcome<LoginOffer> => {
    this.#forgetOver();
    if (!makeRoom(this.#codes, caller, codeBounds)) {
      return refuse(
        'limit_exceeded',
        `${codeBounds.max} links to log in are open, which is the limit. Try again when some of them have ended, in ${codeMs / minuteMs} minutes at most.`,
        { codesMax: codeBounds.max },
      );
    }
    const code = randomBytes(codeBytes).toString('base64url');
    this.#codes.set(hashOf(code), { caller, until: this.#now() + codeMs });
    return ok({ code, lastsS: codeMs / secondMs });
  };

  readonly redeem = (code: string, remote: string | undefined): Outcome<Login> => {
    this.#forgetOver();
    const kept = this.#take(hashOf(code));
    if (kept === undefined) return this.#options.failed(usedUp, remote);
    const { caller: maker } = kept;
    const lastsMs = Math.min(sessionMs, maker.standing?.leftMs() ?? Infinity);
    if (lastsMs <= 0) return this.#options.failed(usedUp, remote);
    if (!makeRoom(this.#sessions, maker, sessionBounds)) return tooManySessions;
    // What was opened in the session that has made room ends with it.
    this.#standings.look();
    const secret = randomBytes(secretBytes).toString('base64url');
    const key = hashOf(secret);
    const standing = this.#standings.of(() => this.#leftMs(key), maker.standing);
    const caller: Caller = { ...maker, standing };
    this.#sessions.set(key, { caller, until: this.#now() + lastsMs });
    return ok({ secret, caller, lastsS: Math.ceil(lastsMs / secondMs) });
  };

  readonly end = (secret: string): void => {
    this.#forget(hashOf(secret));
  };

  /** In whose name a browser comes in that shows this, as long as that is good with which it was let in. */
  find(secret: string): Caller | undefined {
    const kept = this.#sessions.get(hashOf(secret));
    return (kept?.caller.standing?.leftMs() ?? 0) > 0 ? kept?.caller : undefined;
  }

  #leftMs(key: string): number {
    const kept = this.#sessions.get(key);
    return kept === undefined ? 0 : kept.until - this.#now();
  }

  #forget(key: string): void {
    this.#sessions.delete(key);
    this.#standings.look();
  }

  /** A code is good once. All are compared, and each takes the same time. */
  #take(wanted: string): Kept | undefined {
    const bytes = Buffer.from(wanted);
    const [found] = [...this.#codes.keys()].filter((known) => timingSafeEqual(Buffer.from(known), bytes));
    const kept = found === undefined ? undefined : this.#codes.get(found);
    if (found !== undefined) this.#codes.delete(found);
    return kept;
  }

  #forgetOver(): void {
    const now = this.#now();
    for (const kept of [this.#codes, this.#sessions])
      for (const [key, { until }] of kept) if (until <= now) kept.delete(key);
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}

/** Whether there is room for one more of whoever this is: nobody takes that of others. */
const makeRoom = (kept: Map<string, Kept>, { principal }: Caller, { ownMax, max }: Bounds): boolean => {
  const own = [...kept].filter(([, { caller }]) => caller.principal === principal);
  if (own.length < ownMax && kept.size < max) return true;
  const [oldest] = own;
  return oldest !== undefined && kept.delete(oldest[0]);
};

const tooManySessions = refuse(
  'limit_exceeded',
  `${sessionBounds.max} browsers are logged in, which is the limit. Log out where nobody is any more, then run signalbox login in a terminal for another link.`,
  { sessionsMax: sessionBounds.max },
);

const usedUp = refuse(
  'unauthenticated',
  'This link does not hold: it was used before, is older than 10 minutes, was followed by five newer ones, or comes from another start of the hub. Run signalbox login in a terminal for another one.',
);
