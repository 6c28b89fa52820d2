import type { Writable } from 'node:stream';
import type { Clock } from '../../engine/clock.ts';
import { everything } from '../hub.ts';
import { changeKeysMax, changesEveryMs, streamKeepAliveMs, streamStallMs } from './limits.ts';

/**
 * Writes keys as server-sent events. What comes close together is told together; what comes while the reader does not
 * read is kept, as keys as long as they are few and then as everything, so that a slow reader costs no memory.
 */
export class ChangeFeed {
  readonly #output: Writable;
  readonly #clock: Clock;
  #keys = new Set<string>();
  /** When the last event was written. */
  #toldAt = Number.NEGATIVE_INFINITY;
  /** Since when the reader has not read. */
  #stalledAt: number | undefined;
  #state: 'new' | 'running' | 'ended' = 'new';
  #cancelEvent: (() => void) | undefined;
  #cancelKeepAlive: () => void = () => {};

  constructor(output: Writable, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  /** Tells that it listens, and then what has been added so far. */
  begin(): void {
    this.#state = 'running';
    this.#output.on('drain', this.#resume);
    this.#write(': listening\n\n');
    this.#keepAlive();
    this.#schedule();
  }

  add(keys: ReadonlySet<string>): void {
    if (this.#state === 'ended') return;
    for (const key of keys) this.#keys.add(key);
    if (this.#keys.has(everything) || this.#keys.size > changeKeysMax) this.#keys = new Set([everything]);
    this.#schedule();
  }

  /** Writes no more, and ends the output. */
  end(): void {
    this.#state = 'ended';
    this.#cancelEvent?.();
    this.#cancelKeepAlive();
    this.#output.off('drain', this.#resume);
    this.#output.end();
  }

  #schedule(): void {
    if (this.#state !== 'running' || this.#keys.size === 0) return;
    if (this.#cancelEvent !== undefined || this.#stalledAt !== undefined) return;
    const waitMs = this.#toldAt + changesEveryMs - this.#clock.monotonic();
    if (waitMs > 0) this.#cancelEvent = this.#clock.after(waitMs, () => this.#tell());
    else this.#tell();
  }

  #tell(): void {
    this.#cancelEvent = undefined;
    if (this.#stalledAt !== undefined) return;
    this.#toldAt = this.#clock.monotonic();
    const keys = [...this.#keys];
    this.#keys = new Set();
    this.#write(`data: ${JSON.stringify(keys)}\n\n`);
  }

  #write(text: string): void {
    if (!this.#output.write(text)) this.#stalledAt ??= this.#clock.monotonic();
  }

  readonly #resume = (): void => {
    this.#stalledAt = undefined;
    this.#schedule();
  };

  #keepAlive(): void {
    this.#cancelKeepAlive = this.#clock.after(streamKeepAliveMs, () => {
      const stalledAt = this.#stalledAt;
      if (stalledAt === undefined) this.#write(': alive\n\n');
      else if (this.#clock.monotonic() - stalledAt >= streamStallMs) this.#output.destroy();
      this.#keepAlive();
    });
  }
}
