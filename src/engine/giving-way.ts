import type { Clock } from './clock.ts';

/** Others whose entries were seen this recently are at work. */
const recentMs = 200;
/** No longer than that anybody waits for what others write. */
const turnMs = 25;
const pauseMs = 1;
const jitterMs = 2;
/** How much of an estimate the last time makes up. */
const weight = 0.2;
/** Others keep pace who write this many times as late, after a batch of ours, as a batch of ours takes: they have to hear of it first. */
const paceMax = 6;
/** When more than one other has written this recently, nobody knows whose turn it is. */
const severalMs = 2_000;
/** Others are worth waiting for who write this part of what we write, or more. */
const shareMin = 0.4;

export interface Others {
  readonly clock: Pick<Clock, 'monotonic' | 'pause'>;
  /** Whether it is heard at once when others have written. */
  readonly hears: () => boolean;
}

/**
 * Processes that write to one journal at the same time decide much of their work twice, for only one of them finds the
 * journal as it was. So one that has just written gives way for a moment, and one that came too late goes at once: else
 * whoever has just written would also be the first again, and others could starve. Two that write as much, and keep
 * pace, take turns: each waits for what the other writes.
 */
export class GivingWay {
  readonly #clock: Others['clock'];
  readonly #hears: () => boolean;
  #othersAt = Number.NEGATIVE_INFINITY;
  #ownAt = Number.NEGATIVE_INFINITY;
  #begunAt = Number.NEGATIVE_INFINITY;
  /** How many entries others have written since this process last did; one as long as it never has. */
  #othersSince = 1;
  /** How many that usually are, and how many its own batches have. */
  #othersEntries = 0;
  #ownEntries = 0;
  /** How long after its batches others write, when they do, and what its own batches take. */
  #othersMs = 0;
  #ownMs = 0;
  /** Which other process has written last, and when that was another one than before. */
  #other: string | undefined;
  #severalAt = Number.NEGATIVE_INFINITY;
  /** Others were waited for, and have not written since. */
  #inVain = false;
  /** Others were faster since it last wrote. */
  #isLate = false;
  #seen: (() => void) | undefined;

  constructor({ clock, hears }: Others) {
    this.#clock = clock;
    this.#hears = hears;
  }

  /** So many entries of others have come, the last of them from this one. */
  sawOthers(entries: number, other: string): void {
    this.#othersAt = this.#clock.monotonic();
    if (this.#other !== undefined && this.#other !== other) this.#severalAt = this.#othersAt;
    this.#other = other;
    if (this.#othersSince === 0) {
      const ms = Math.min(this.#othersAt - this.#ownAt, recentMs);
      this.#othersMs += weight * (ms - this.#othersMs);
    }
    this.#othersSince += entries;
    this.#inVain = false;
    this.#seen?.();
  }

  /** A batch of this process is stored. */
  wrote(entries: number): void {
    this.#ownAt = this.#clock.monotonic();
    this.#ownMs += weight * (this.#ownAt - this.#begunAt - this.#ownMs);
    this.#ownEntries += weight * (entries - this.#ownEntries);
    // More than that would count for long: all that was read at the start, say.
    this.#othersEntries += weight * (Math.min(this.#othersSince, entries) - this.#othersEntries);
    this.#othersSince = 0;
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
      const isTheirTurn = this.#ownAt > this.#othersAt && this.#hears();
      if (isTheirTurn && this.#takesTurns) await this.#others(turnMs + jitter);
      else await this.#clock.pause(pauseMs + jitter);
    }
    this.#begunAt = this.#clock.monotonic();
  }

  get #takesTurns(): boolean {
    const areSeveral = this.#clock.monotonic() - this.#severalAt <= severalMs;
    const writesAsMuch = this.#othersEntries >= this.#ownEntries * shareMin;
    return !this.#inVain && !areSeveral && writesAsMuch && this.#othersMs <= this.#ownMs * paceMax;
  }

  async #others(limitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#seen = resolve;
    this.#inVain = true;
    await Promise.race([promise, this.#clock.pause(limitMs)]);
    this.#seen = undefined;
  }
}
