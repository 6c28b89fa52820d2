/**
 * A map of which every version stays readable, though there is only one `Map`: it is as the version is that was used
 * last, and each of the others knows by what one entry it differs from the next on the way there. Going over to
 * another version changes the map along that way and turns the way round (Baker, "Shallow binding makes functional
 * arrays fast", 1991). Nearly all reading is of one version in a row, and costs what a `Map` costs; a version that
 * nobody has any more is forgotten like any other object.
 */
export class RerootedMap<V> {
  #at: Map<string, V> | Difference<V>;

  constructor(entries: Map<string, V>) {
    this.#at = entries;
  }

  get size(): number {
    return this.#map().size;
  }

  get(key: string): V | undefined {
    return this.#map().get(key);
  }

  has(key: string): boolean {
    return this.#map().has(key);
  }

  /** All values as they are in this version, whatever is done while somebody goes through them. */
  values(): IterableIterator<V> {
    return [...this.#map().values()].values();
  }

  /** A map of its own with the same entries. */
  copy(): Map<string, V> {
    return new Map(this.#map());
  }

  /** The version in which this key has this value; without a value it is not there. */
  with(key: string, value: V | undefined): RerootedMap<V> {
    const next = new RerootedMap(this.#map());
    next.#exchange(this, { key, value });
    return next;
  }

  #map(): Map<string, V> {
    return this.#at instanceof Map ? this.#at : this.#reroot(this.#at);
  }

  #reroot(difference: Difference<V>): Map<string, V> {
    const way: Difference<V>[] = [];
    let at: Map<string, V> | Difference<V> = difference;
    while (!(at instanceof Map)) {
      way.push(at);
      at = at.from.#at;
    }
    for (let step = way.pop(); step !== undefined; step = way.pop()) {
      const to = way.at(-1)?.from ?? this;
      to.#at = at;
      to.#exchange(step.from, step);
    }
    return at;
  }

  /** Takes the map over from another version, which differs from this one by the value of one key. */
  #exchange(from: RerootedMap<V>, { key, value }: Pick<Difference<V>, 'key' | 'value'>): void {
    const map = this.#map();
    from.#at = { from: this, key, value: map.get(key) };
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }
}

/** What to change of another version to get this one. */
interface Difference<V> {
  readonly from: RerootedMap<V>;
  readonly key: string;
  readonly value: V | undefined;
}
