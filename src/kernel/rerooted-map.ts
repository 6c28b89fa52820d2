import type { Records } from './records.ts';
import { Rerooted } from './rerooted.ts';

/** That a key has this value; without a value it is not there. */
interface Setting<V> {
  readonly key: string;
  readonly value: V | undefined;
}

/** A map of which every version stays readable, though its records are there only once. */
export class RerootedMap<V> extends Rerooted<Records<V>, Setting<V>> {
  get size(): number {
    return this.ground().size;
  }

  get(key: string): V | undefined {
    return this.ground().get(key);
  }

  has(key: string): boolean {
    return this.ground().get(key) !== undefined;
  }

  /** All values as they are in this version, whatever is done while somebody goes through them. */
  values(): IterableIterator<V> {
    return [...this.ground().values()].values();
  }

  /** Records of their own, which are the same. */
  copy(): Records<V> {
    return this.ground().copy();
  }

  /** The version in which this key has this value; without a value it is not there. */
  with(key: string, value: V | undefined): RerootedMap<V> {
    const next = new RerootedMap(this.ground());
    next.follow(this, { key, value });
    return next;
  }

  protected override change(records: Records<V>, { key, value }: Setting<V>): Setting<V> {
    const back = { key, value: records.get(key) };
    if (value === undefined) records.delete(key);
    else records.set(key, value);
    return back;
  }
}
