import { awaitedMsMax, weight } from '../../journal/wakefulness.ts';

/**
 * Where the thread that waits for an append may meet the one that writes, without either going to sleep. On a quick
 * disk waking a sleeping thread costs as much as half the sync; a thread that looks for the end instead has it at once.
 */
const working = 0;
const watched = 1;
const finished = 2;

export class Rendezvous {
  readonly cell: Int32Array<SharedArrayBuffer>;
  /** What appends usually take, in milliseconds; on a slow disk watching is no use. */
  #usualMs = 0;
  #beganAt = 0;

  constructor(cell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))) {
    this.cell = cell;
  }

  /** Before the append is handed over. */
  begin(): void {
    this.#beganAt = performance.now();
    Atomics.store(this.cell, 0, working);
  }

  /** When its outcome is known, however it became so. */
  end(): void {
    this.#usualMs += weight * (performance.now() - this.#beganAt - this.#usualMs);
  }

  get worthWatching(): boolean {
    return this.#usualMs < awaitedMsMax;
  }

  /** Waits for the other thread to say that the append has succeeded; false if it has not said so in time. */
  watch(): boolean {
    if (Atomics.compareExchange(this.cell, 0, working, watched) !== working) return false;
    const until = performance.now() + awaitedMsMax;
    while (Atomics.load(this.cell, 0) === watched && performance.now() < until);
    return Atomics.compareExchange(this.cell, 0, watched, working) === finished;
  }

  /** Says that the append has succeeded; false if nobody watches, and a message has to be sent. */
  finish(): boolean {
    return Atomics.exchange(this.cell, 0, finished) === watched;
  }
}
