import { Rerooted } from './rerooted.ts';

/** That a key has this value; without a value it is not there. */
interface Setting<V> {
  readonly key: string;
  readonly value: V | undefined;
}

/** A map of which every version stays readable, though there is only one `Map`. */
export class RerootedMap<V> extends Rerooted<Map<string, V>, Setting<V>> {
  get size(): number {
    return this.ground().size;
  }

  get(key: string): V | undefined {
    return this.ground().get(key);
  }

  has(key: string): boolean {
    return this.ground().has(key);
  }

  /** All values as they are in this version, whatever is done while somebody goes through them. */
  values(): IterableIterator<V> {
    return [...this.ground().values()].values();
  }

  /** A map of its own with the same entries. */
  copy(): Map<string, V> {
    return new Map(this.ground());
  }

  /** The version in which this key has this value; without a value it is not there. */
  with(key: string, value: V | undefined): RerootedMap<V> {
    const next = new RerootedMap(this.ground());
    next.follow(this, { key, value });
    return next;
  }

  protected override change(map: Map<string, V>, { key, value }: Setting<V>): Setting<V> {
    const back = { key, value: map.get(key) };
    if (value === undefined) map.delete(key);
    else map.set(key, value);
    return back;
  }
}
