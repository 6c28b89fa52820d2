import type { Clock } from '../../../engine/clock.ts';

/**
 * Tells of each key at most once in `everyMs`: at once, and again at the end of that time if it has been touched since,
 * so that the last state is always told. A key is forgotten when nothing more happens under it.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #tell: (key: string) => void;
  readonly #resting = new Map<string, { touched: boolean; cancel: () => void }>();

  constructor(clock: Clock, everyMs: number, tell: (key: string) => void) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#tell = tell;
  }

  /** How many keys are remembered at the moment. */
  get size(): number {
    return this.#resting.size;
  }

  touch(key: string): void {
    const resting = this.#resting.get(key);
    if (resting === undefined) this.#tellAndRest(key);
    else resting.touched = true;
  }

  /** Tells nothing any more. */
  end(): void {
    for (const { cancel } of this.#resting.values()) cancel();
    this.#resting.clear();
  }

  #tellAndRest(key: string): void {
    const cancel = this.#clock.after(this.#everyMs, () => this.#wake(key));
    this.#resting.set(key, { touched: false, cancel });
    this.#tell(key);
  }

  #wake(key: string): void {
    const touched = this.#resting.get(key)?.touched ?? false;
    this.#resting.delete(key);
    if (touched) this.#tellAndRest(key);
  }
}
