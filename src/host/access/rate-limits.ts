import { hash } from 'node:crypto';
import { type ProfileName, type RateSetting, limitOf } from '../../areas/access/limits.ts';
import type { Clock } from '../../engine/clock.ts';
import type { Log } from '../../engine/log.ts';
import { type Counters, type Slot, type Taken, type Taking, takeFrom } from '../../journal/counters.ts';
import type { Role } from '../../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { minuteMs, secondMs } from '../../kernel/instants.ts';
import type { Caller } from '../../kernel/operation.ts';
import { type RateClass, type RateReading, rateClasses } from '../../kernel/rate.ts';
import type { RateStanding } from '../../surfaces/hub.ts';

export interface RateLimitsOptions {
  /** Shared by all hubs on one store. */
  readonly counters: Counters;
  /** What was said while running, as of now. */
  readonly setting: () => RateSetting;
  /** What holds as long as nothing was said. */
  readonly configured: ProfileName;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Milliseconds since 1970, as all processes of this machine see it. */
  readonly wall: () => number;
  readonly log: Log;
}

/** What one role may do of one class, and what is known of those who have that role. */
interface Rule {
  readonly rate: RateClass;
  readonly limit: number;
  /** The most that is taken from the shared counter at once. */
  readonly blockMax: number;
  readonly held: Map<string, Held>;
}

/** What was taken for a principal and is not spent, on the clock of this process. */
interface Held {
  left: number;
  /** When what is left is void. */
  until: number;
  /** How many were taken the last time. */
  block: number;
  /** Nothing is to be had before. */
  closedUntil: number;
  /** How many calls were left in all when it was taken, less those made since. */
  remaining: number;
  /** When nothing of it counts any more. */
  clearAt: number;
  taking: Promise<void> | undefined;
}

type Rules = Readonly<Record<RateClass, Readonly<Record<Role, Rule | undefined>>>>;

/** A hub that stops has taken up to this part of a limit in vain, for one window. */
const blocksPerLimit = 100;

/** Of how many principals is known what they hold; then all are asked for anew. */
const heldMax = 10_000;

/** How many calls somebody may make is told when less than this part of them is left. */
const toldBelow = 0.5;

const plenty = ok(undefined);

/**
 * AC23 to AC26: a sliding window for each principal and class, counted in the store for all hubs. What a hub takes from there
 * it takes in blocks, which grow while they are used up, and void what is left of them after three seconds: nearly
 * every call is counted in memory, and never more are made than the limit.
 */
export class RateLimits {
  readonly #options: RateLimitsOptions;
  #setting: RateSetting;
  #rules: Rules;
  /** What this process counts by itself while the shared counters cannot be reached. */
  readonly #own = new Map<string, readonly Slot[]>();
  #warnedAt: number | undefined;

  constructor(options: RateLimitsOptions) {
    this.#options = options;
    this.#setting = options.setting();
    this.#rules = rulesOf(this.#setting, options.configured);
  }

  /** Counts a call, at once where it can. How its caller stands, when not much is left; or the refusal. */
  spend(
    caller: Pick<Caller, 'principal' | 'role' | 'kind'>,
    rate: RateClass,
  ): Outcome<RateStanding | undefined> | Promise<Outcome<RateStanding | undefined>> {
    const rule = this.#ruleOf(rate, caller.role);
    if (rule === undefined) return plenty;
    const whose = countOf(caller);
    return this.#fromHeld(rule, whose) ?? this.#fromShared(rule, whose);
  }

  /** How a principal stands with each class. Takes nothing. */
  async readings(caller: Pick<Caller, 'principal' | 'role' | 'kind'>): Promise<readonly RateReading[]> {
    const whose = countOf(caller);
    return Promise.all(
      rateClasses.map(async (rate): Promise<RateReading> => {
        const rule = this.#ruleOf(rate, caller.role);
        if (rule === undefined) return { rate, limit: undefined, used: 0, clearInMs: 0 };
        const { used, clearInMs } = await this.#take(rule, whose, 0);
        const held = rule.held.get(whose);
        const unspent = held !== undefined && held.until > this.#options.clock.monotonic() ? held.left : 0;
        return { rate, limit: rule.limit, used: Math.max(0, used - unspent), clearInMs };
      }),
    );
  }

  /** AC27: another setting holds from the next call on. What was taken under the one before stays counted. */
  #ruleOf(rate: RateClass, role: Role): Rule | undefined {
    const setting = this.#options.setting();
    if (setting !== this.#setting) {
      this.#setting = setting;
      this.#rules = rulesOf(setting, this.#options.configured);
    }
    return this.#rules[rate][role];
  }

  #fromHeld(rule: Rule, principal: string): Outcome<RateStanding | undefined> | undefined {
    const held = rule.held.get(principal);
    if (held === undefined) return undefined;
    const now = this.#options.clock.monotonic();
    if (held.left > 0 && now < held.until) {
      held.left -= 1;
      held.remaining -= 1;
      return held.remaining < rule.limit * toldBelow ? ok(standingOf(rule, held, now)) : plenty;
    }
    return now < held.closedUntil ? tooMany(rule, held.closedUntil - now) : undefined;
  }

  /** Those who call meanwhile share what is taken, and take again when it was not enough. */
  async #fromShared(rule: Rule, principal: string): Promise<Outcome<RateStanding | undefined>> {
    for (;;) {
      const held = heldBy(rule, principal);
      held.taking ??= this.#refill(rule, principal, held).finally(() => {
        held.taking = undefined;
      });
      await held.taking;
      const spent = this.#fromHeld(rule, principal);
      if (spent !== undefined) return spent;
    }
  }

  async #refill(rule: Rule, principal: string, held: Held): Promise<void> {
    const wanted = Math.min(
      rule.blockMax,
      held.left > 0 ? Math.max(1, held.block - held.left) : held.block * 2,
    );
    const { given, used, spendWithinMs, freeInMs, clearInMs } = await this.#take(rule, principal, wanted);
    const now = this.#options.clock.monotonic();
    held.left = given;
    held.block = Math.max(1, given);
    held.until = now + spendWithinMs;
    held.closedUntil = given === 0 ? now + freeInMs : 0;
    held.remaining = rule.limit - used + given;
    held.clearAt = now + clearInMs;
  }

  async #take({ rate, limit }: Rule, principal: string, wanted: number): Promise<Taken> {
    // Counters lie beside journals, which may be encrypted: they need not say whom they count.
    const key = hash('sha256', `${rate} ${principal}`);
    const taking = { key, wanted, limit, now: this.#options.wall() };
    try {
      return await this.#options.counters.take(taking);
    } catch (thrown) {
      this.#warn(thrown);
      return this.#takeOwn(taking);
    }
  }

  /** AC25: whom the shared counters do not hear counts for itself. */
  #takeOwn(taking: Taking): Taken {
    const { taken, slots } = takeFrom(this.#own.get(taking.key) ?? [], taking);
    if (this.#own.size >= heldMax) this.#own.clear();
    this.#own.set(taking.key, slots);
    return taken;
  }

  #warn(thrown: unknown): void {
    const now = this.#options.clock.monotonic();
    if (this.#warnedAt !== undefined && now - this.#warnedAt < minuteMs) return;
    this.#warnedAt = now;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    this.#options.log.warn(`calls are counted in this process only: ${why}`);
  }
}

const rulesOf = (setting: RateSetting, configured: ProfileName): Rules => {
  const ruleFor = (rate: RateClass, role: Role): Rule | undefined => {
    const limit = limitOf(setting, { configured, rate, role });
    if (limit === undefined) return undefined;
    return { rate, limit, blockMax: Math.max(1, Math.floor(limit / blocksPerLimit)), held: new Map() };
  };
  const rulesFor = (rate: RateClass) => ({
    reader: ruleFor(rate, 'reader'),
    worker: ruleFor(rate, 'worker'),
    approver: ruleFor(rate, 'approver'),
    admin: ruleFor(rate, 'admin'),
  });
  return {
    read: rulesFor('read'),
    general: rulesFor('general'),
    task: rulesFor('task'),
    broadcast: rulesFor('broadcast'),
  };
};

const heldBy = ({ held }: Rule, principal: string): Held => {
  const known = held.get(principal);
  if (known !== undefined) return known;
  if (held.size >= heldMax) held.clear();
  // The first block is of one call: a process that makes one call takes no more.
  const none: Held = {
    left: 0,
    until: 0,
    block: 0.5,
    closedUntil: 0,
    remaining: 0,
    clearAt: 0,
    taking: undefined,
  };
  held.set(principal, none);
  return none;
};

const secondsFor = (ms: number): number => Math.max(1, Math.ceil(ms / secondMs));

const standingOf = ({ rate, limit }: Rule, { remaining, clearAt }: Held, now: number): RateStanding => ({
  rate,
  limit,
  remaining: Math.max(0, remaining),
  clearInS: secondsFor(clearAt - now),
});

const called: Readonly<Record<RateClass, string>> = {
  read: 'calls that read',
  general: 'calls that are neither reading nor about tasks',
  task: 'calls that change tasks',
  broadcast: 'messages to everyone',
};

/** AC26 */
const tooMany = ({ rate, limit }: Rule, waitMs: number): Refusal => {
  const seconds = secondsFor(waitMs);
  return refuse(
    'rate_limited',
    `You have made ${limit} ${called[rate]} within a minute, and that is your limit, whichever agent or session makes them. Nothing was stored. Wait ${seconds} s, then call again; rate_limit_status shows all limits.`,
    { class: rate, limit, retry_after_s: seconds },
  );
};

/** AC23: what a person does is counted apart from what its agents do, so that they cannot keep it from stopping them. */
const countOf = ({ principal, kind }: Pick<Caller, 'principal' | 'kind'>): string =>
  kind === 'person' ? `${principal} in person` : principal;
