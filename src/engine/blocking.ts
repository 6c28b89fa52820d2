import type { Intent } from '../kernel/area.ts';
import type { Refusal } from '../kernel/errors.ts';
import type { Instant } from '../kernel/instants.ts';
import type { PreparedCommand } from '../kernel/operation.ts';
import type { Place } from '../kernel/waiting.ts';
import { type Call, type Fate, rehearse } from './batch.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { FoldedState } from './state.ts';
import type { Rules } from './unit.ts';
import { type Wait, Waits } from './waits.ts';

/** How often a waiting call looks again although nobody rang: time alone can make something free. */
const waitLooksEveryMs = 5_000;
/** How soon it looks again when what was due has not come. */
const dueLooksAgainMs = 50;

export interface BlockingOptions {
  readonly rules: Rules;
  readonly state: FoldedState;
  readonly clock: Clock;
  readonly log: Log;
  readonly now: () => Instant;
  readonly submit: (call: Call) => Promise<Fate>;
  /** Lets happen what time has brought. */
  readonly tick: () => Promise<unknown>;
  readonly stopped: () => Refusal | undefined;
  /** Somebody waits, and so wants to hear of what others write. */
  readonly waiting: () => void;
}

/** A call's patience: for how long, and until whose end. */
interface Patience {
  readonly limitMs: number;
  readonly signal: AbortSignal | undefined;
}

/** How a call's waiting for its turn ended. */
interface Waited {
  readonly refusal?: Refusal;
  /** The place was not lost to anybody: the call itself waits no longer. */
  readonly left: boolean;
}

/** All calls that wait for what others do. */
export class Blocking {
  readonly #options: BlockingOptions;
  readonly #waits: Waits;
  /** How many calls wait here at each place in a queue: repeats of one call share it. */
  readonly #sharing = new Map<string, number>();

  constructor(options: BlockingOptions) {
    this.#options = options;
    this.#waits = new Waits(options.clock);
  }

  get size(): number {
    return this.#waits.size;
  }

  ring(key: string): void {
    this.#waits.ring(key);
  }

  /** Wakes everybody, because the process is stopping. */
  ringAll(): void {
    this.#waits.ringAll();
  }

  /** Tries, and as long as the refusal is one worth waiting on, waits under the key until another try could succeed. */
  async retry(
    call: Call,
    { key, codes }: NonNullable<PreparedCommand['retry']>,
    { limitMs, signal }: Patience,
  ): Promise<Fate> {
    const { rules, state, clock, log, now, submit, stopped } = this.#options;
    const deadline = clock.monotonic() + limitMs;
    const worthWaiting = (refusal: Refusal): boolean => codes.includes(refusal.code);
    return this.#listening([key], signal, async (wait) => {
      for (;;) {
        const fate = await submit(call);
        if (fate.kind !== 'refused' || !worthWaiting(fate.refusal)) return fate;
        for (let hopeless = true; hopeless; ) {
          const leftMs = deadline - clock.monotonic();
          const refusal = stopped();
          if (refusal !== undefined) return { kind: 'refused', refusal };
          if (leftMs <= 0 || signal?.aborted) return fate;
          await wait.next(Math.min(leftMs, waitLooksEveryMs));
          const rehearsed = rehearse(rules, state, { call, now: now(), log });
          hopeless = signal?.aborted === true || (!rehearsed.ok && worthWaiting(rehearsed));
        }
      }
    });
  }

  /**
   * Waits until a place in a queue is over: taken, when its turn came, or given up at its limit and when the last caller
   * that waits at it here has gone. While the process stops it is left as it is, for the same call at the next process to
   * find.
   */
  async turn(
    ask: () => Place | undefined,
    submit: (intent: Intent) => Promise<Fate>,
    signal: AbortSignal | undefined,
  ): Promise<Waited> {
    const place = ask();
    if (place === undefined) return { left: false };
    const { key } = place;
    this.#sharing.set(key, (this.#sharing.get(key) ?? 0) + 1);
    try {
      return await this.#waitAt(place, { ask, submit, signal });
    } finally {
      const others = (this.#sharing.get(key) ?? 0) - 1;
      if (others > 0) this.#sharing.set(key, others);
      else this.#sharing.delete(key);
    }
  }

  async #waitAt(
    first: Place,
    {
      ask,
      submit,
      signal,
    }: {
      readonly ask: () => Place | undefined;
      readonly submit: (intent: Intent) => Promise<Fate>;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<Waited> {
    const { now, stopped, tick } = this.#options;
    const settle = async (intent: Intent, left: boolean): Promise<Waited> => {
      const fate = await submit(intent);
      return fate.kind === 'refused' ? { refusal: fate.refusal, left: true } : { left };
    };
    for (let place: Place | undefined = first; place !== undefined; ) {
      const refusal = stopped();
      if (refusal !== undefined) return { refusal, left: true };
      const { key, leave }: Place = place;
      if (signal?.aborted) return (this.#sharing.get(key) ?? 0) > 1 ? { left: true } : settle(leave, true);
      if (place.kind === 'called') return settle(place.take, false);
      const { until, dueAt = until } = place;
      if (until <= now()) return settle(leave, true);
      place = await this.#listening([key], signal, async (wait) => {
        const before = ask();
        if (before?.kind !== 'queued') return before;
        const dueInMs = Math.max(dueAt - now(), dueLooksAgainMs);
        await wait.next(Math.min(until - now(), dueInMs, waitLooksEveryMs));
        const after = ask();
        if (after?.kind !== 'queued' || dueAt > now()) return after;
        await tick();
        return ask();
      });
    }
    return { left: false };
  }

  /** Asks again whenever a key is rung, until the answer is enough or the patience is over. */
  async watch<T>(
    ask: () => Promise<T>,
    { keys, enough }: { readonly keys: readonly string[]; readonly enough: (answer: T) => boolean },
    { limitMs, signal }: Patience,
  ): Promise<T> {
    const { clock, stopped } = this.#options;
    const deadline = clock.monotonic() + limitMs;
    return this.#listening(keys, signal, async (wait) => {
      for (;;) {
        const answer = await ask();
        const leftMs = deadline - clock.monotonic();
        if (enough(answer) || leftMs <= 0 || signal?.aborted || stopped() !== undefined) return answer;
        await wait.next(Math.min(leftMs, waitLooksEveryMs));
      }
    });
  }

  async #listening<T>(
    keys: readonly string[],
    signal: AbortSignal | undefined,
    work: (wait: Wait) => Promise<T>,
  ): Promise<T> {
    const wait = this.#waits.open(keys, signal);
    this.#options.waiting();
    try {
      return await work(wait);
    } finally {
      wait.end();
    }
  }
}
