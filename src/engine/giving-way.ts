import type { Clock } from './clock.ts';

/** Others whose entries were seen this recently are at work. */
const recentMs = 200;
/** No longer than that anybody waits for what others write. */
const turnMs = 12;
const pauseMs = 1;
const jitterMs = 2;
/** How much of an estimate the last time makes up. */
const weight = 0.2;
/** Others keep pace who write this many times as late, after a batch of ours, as a batch of ours takes. */
const paceMax = 2;

export interface Others {
  readonly clock: Pick<Clock, 'monotonic' | 'pause'>;
  /** Whether it is heard at once when others have written. */
  readonly hears: () => boolean;
}

/**
 * Processes that write to one journal at the same time decide much of their work twice, for only one of them finds the
 * journal as it was. So one that has just written, while others keep pace, waits for what they write, and one that came too late
 * goes at once. Without that, whoever has just written would also be the first again, and others could starve.
 */
export class GivingWay {
  readonly #clock: Others['clock'];
  readonly #hears: () => boolean;
  #othersAt = Number.NEGATIVE_INFINITY;
  #ownAt = Number.NEGATIVE_INFINITY;
  #begunAt = Number.NEGATIVE_INFINITY;
  /** Others have written since this process last did. */
  #othersWrote = true;
  /** They had, between its last two batches. */
  #tookTurns = false;
  /** How long after its batches others usually write, and what its own batches take. */
  #othersMs = 0;
  #ownMs = 0;
  /** Others were faster since it last wrote. */
  #isLate = false;
  #seen: (() => void) | undefined;

  constructor({ clock, hears }: Others) {
    this.#clock = clock;
    this.#hears = hears;
  }

  /** Others' entries have come. */
  sawOthers(): void {
    this.#othersAt = this.#clock.monotonic();
    if (!this.#othersWrote) this.#learn(this.#othersAt - this.#ownAt);
    this.#othersWrote = true;
    this.#seen?.();
  }

  /** A batch of this process is stored. */
  wrote(): void {
    this.#ownAt = this.#clock.monotonic();
    this.#ownMs += weight * (this.#ownAt - this.#begunAt - this.#ownMs);
    if (!this.#othersWrote) this.#learn(recentMs);
    this.#tookTurns = this.#othersWrote;
    this.#othersWrote = false;
    this.#isLate = false;
  }

  /** A batch of this process came too late. */
  lost(): void {
    this.#isLate = true;
  }

  /** Before a batch is decided: until it is the turn of this process. */
  async wait(): Promise<void> {
    if (this.#clock.monotonic() - this.#othersAt <= recentMs && !this.#isLate) {
      const jitter = Math.random() * jitterMs;
      const isTheirTurn = this.#ownAt > this.#othersAt && this.#tookTurns && this.#hears();
      if (isTheirTurn && this.#othersMs <= this.#ownMs * paceMax) await this.#others(turnMs + jitter);
      else await this.#clock.pause(pauseMs + jitter);
    }
    this.#begunAt = this.#clock.monotonic();
  }

  /** What comes later than that counts no more: others are no longer at work then. */
  #learn(ms: number): void {
    this.#othersMs += weight * (Math.min(ms, recentMs) - this.#othersMs);
  }

  async #others(limitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#seen = resolve;
    await Promise.race([promise, this.#clock.pause(limitMs)]);
    this.#seen = undefined;
  }
}
