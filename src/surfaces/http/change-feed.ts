import type { Writable } from 'node:stream';
import type { Clock } from '../../engine/clock.ts';
import { everything } from '../hub.ts';
import { changeKeysMax, changesEveryMs } from './limits.ts';
import { SseOutput, eventText } from './sse.ts';

/**
 * Writes keys as server-sent events. What comes close together is told together; what comes while the reader does not
 * read is kept, as keys as long as they are few and then as everything, so that a slow reader costs no memory.
 */
export class ChangeFeed {
  readonly #output: SseOutput;
  readonly #clock: Clock;
  #keys = new Set<string>();
  /** When the last event was written. */
  #toldAt = Number.NEGATIVE_INFINITY;
  #state: 'new' | 'running' | 'ended' = 'new';
  #cancelEvent: (() => void) | undefined;

  constructor(output: Writable, clock: Clock) {
    this.#output = new SseOutput(output, clock, {
      resumed: () => this.#schedule(),
      alive: () => '',
      stalled: () => output.destroy(),
    });
    this.#clock = clock;
  }

  /** Tells that it listens, and then what has been added so far. */
  begin(): void {
    this.#state = 'running';
    this.#output.begin(': listening\n\n');
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
    this.#output.end();
  }

  #schedule(): void {
    if (this.#state !== 'running' || this.#keys.size === 0) return;
    if (this.#cancelEvent !== undefined || this.#output.stalled) return;
    const waitMs = this.#toldAt + changesEveryMs - this.#clock.monotonic();
    if (waitMs > 0) this.#cancelEvent = this.#clock.after(waitMs, () => this.#tell());
    else this.#tell();
  }

  #tell(): void {
    this.#cancelEvent = undefined;
    if (this.#output.stalled) return;
    this.#toldAt = this.#clock.monotonic();
    const keys = [...this.#keys];
    this.#keys = new Set();
    this.#output.write(eventText({ data: keys }));
  }
}
