const digitZero = 0x30;
const digitNine = 0x39;
/** Of a number that is looked up; there are no longer lists. */
const digitsMax = 9;
/** A list grows to no more than this many places for each record, and some to begin with. */
const placesPerRecord = 8;
const placesSpare = 1_024;

/**
 * Records by key, in no particular order. Those whose keys are a beginning of their own and a number are found by that
 * number in a list: among a hundred thousand, a `Map` reads several places of memory that no cache holds to find one,
 * and a list reads one.
 */
export class Records<V> {
  readonly #beginning: string | undefined;
  readonly #numbered: (V | undefined)[] = [];
  #numberedCount = 0;
  readonly #others = new Map<string, V>();

  /** @param beginning - what comes before the number in nearly all keys, where that is so. */
  constructor(beginning?: string) {
    this.#beginning = beginning;
  }

  get size(): number {
    return this.#numberedCount + this.#others.size;
  }

  get(key: string): V | undefined {
    const number = this.#numberIn(key);
    const found = number < this.#numbered.length ? this.#numbered[number] : undefined;
    return found === undefined && this.#others.size > 0 ? this.#others.get(key) : found;
  }

  set(key: string, record: V): void {
    const number = this.#numberIn(key);
    const hasPlace = number < this.#numbered.length || number < placesPerRecord * this.size + placesSpare;
    if (!hasPlace || this.#others.has(key)) {
      this.#others.set(key, record);
      return;
    }
    while (this.#numbered.length <= number) this.#numbered.push(undefined);
    if (this.#numbered[number] === undefined) this.#numberedCount += 1;
    this.#numbered[number] = record;
  }

  delete(key: string): void {
    const number = this.#numberIn(key);
    if (this.#others.delete(key) || this.#numbered[number] === undefined) return;
    this.#numbered[number] = undefined;
    this.#numberedCount -= 1;
  }

  *values(): IterableIterator<V> {
    for (const record of this.#numbered) if (record !== undefined) yield record;
    yield* this.#others.values();
  }

  copy(): Records<V> {
    const copied = new Records<V>(this.#beginning);
    for (const record of this.#numbered) copied.#numbered.push(record);
    copied.#numberedCount = this.#numberedCount;
    for (const [key, record] of this.#others) copied.#others.set(key, record);
    return copied;
  }

  /** Beyond every list where the key has none, or not as it would be written. */
  #numberIn(key: string): number {
    const beginning = this.#beginning;
    if (beginning === undefined || !key.startsWith(beginning)) return Number.POSITIVE_INFINITY;
    const { length } = beginning;
    const digits = key.length - length;
    if (digits === 0 || digits > digitsMax) return Number.POSITIVE_INFINITY;
    let number = 0;
    for (let i = length; i < key.length; i += 1) {
      const digit = key.charCodeAt(i);
      const isFirstZero = digit === digitZero && i === length;
      if (digit < digitZero || digit > digitNine || isFirstZero) return Number.POSITIVE_INFINITY;
      number = number * 10 + digit - digitZero;
    }
    return number;
  }
}
