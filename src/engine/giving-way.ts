import type { Clock } from './clock.ts';

/** Others whose entries were seen this recently are at work. */
const recentMs = 200;
/** So long somebody who writes in turn with others waits for theirs. They come within one of their batches. */
const turnMs = 12;
const pauseMs = 1;
const jitterMs = 2;

/**
 * Processes that write to one journal at the same time decide much of their work twice, for only one of them finds the
 * journal as it was. So one that has just written, while others keep pace, waits for what they write, and one that came too late
 * goes at once. Without that, whoever has just written would also be the first again, and others could starve.
 */
export class GivingWay {
  readonly #clock: Pick<Clock, 'monotonic' | 'pause'>;
  #othersAt = Number.NEGATIVE_INFINITY;
  #ownAt = Number.NEGATIVE_INFINITY;
  /** Others have written since this process last did. */
  #othersWrote = false;
  /** They had, between its last two batches. */
  #keepPace = false;
  /** How often others were faster since it last wrote. */
  #losses = 0;
  #seen: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'monotonic' | 'pause'>) {
    this.#clock = clock;
  }

  /** Others' entries have come. */
  sawOthers(): void {
    this.#othersAt = this.#clock.monotonic();
    this.#othersWrote = true;
    this.#seen?.();
  }

  /** A batch of this process is stored. */
  wrote(): void {
    this.#ownAt = this.#clock.monotonic();
    this.#keepPace = this.#othersWrote;
    this.#othersWrote = false;
    this.#losses = 0;
  }

  /** A batch of this process came too late. */
  lost(): void {
    this.#losses += 1;
  }

  /** How long to wait before a batch is decided; undefined: not at all. */
  wait(): Promise<void> | undefined {
    if (this.#clock.monotonic() - this.#othersAt > recentMs) return undefined;
    const jitter = Math.random() * jitterMs;
    if (this.#ownAt > this.#othersAt && this.#keepPace) return this.#others(turnMs + jitter);
    return this.#losses === 1 ? undefined : this.#clock.pause(pauseMs + jitter);
  }

  async #others(limitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#seen = resolve;
    await Promise.race([promise, this.#clock.pause(limitMs)]);
    this.#seen = undefined;
  }
}
