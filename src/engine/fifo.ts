const compactedAt = 1_024;

/** A queue over one array: both ends cost the same however much has passed through it. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #taken = 0;

  get first(): T | undefined {
    return this.#items[this.#taken];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#taken === this.#items.length) return undefined;
    const first = this.#items[this.#taken];
    // What has been taken must not be kept alive until the array is cut.
    this.#items[this.#taken] = undefined;
    this.#taken += 1;
    if (this.#taken >= compactedAt && this.#taken * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#taken);
      this.#taken = 0;
    }
    return first;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = this.#taken; i < this.#items.length; i += 1) {
      const item = this.#items[i];
      if (item !== undefined) yield item;
    }
  }
}
