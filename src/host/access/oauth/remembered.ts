interface Kept<T> {
  readonly value: T;
  readonly until: number;
}

/** What was found out, for a time that each thing has of its own. Beyond a number of things the oldest makes room. */
export class Remembered<T> {
  readonly #now: () => number;
  readonly #keptMax: number;
  readonly #kept = new Map<string, Kept<T>>();

  /** @param now - monotonic, in milliseconds. */
  constructor(now: () => number, keptMax: number) {
    this.#now = now;
    this.#keptMax = keptMax;
  }

  get(key: string): T | undefined {
    const kept = this.#kept.get(key);
    return kept !== undefined && this.#now() < kept.until ? kept.value : undefined;
  }

  /** Whether it was found out before, however long ago that is, as far as it is still known. */
  knew(key: string): boolean {
    return this.#kept.has(key);
  }

  keep(key: string, value: T, forMs: number): void {
    this.#kept.delete(key);
    this.#kept.set(key, { value, until: this.#now() + forMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#keptMax && oldest !== undefined) this.#kept.delete(oldest);
  }
}
