import type { Entry, Seq } from '../kernel/entry.ts';
import type { Instant } from '../kernel/instants.ts';
import type { Slices } from '../kernel/slices.ts';
import type { Remembered, Snapshot } from '../journal/snapshots.ts';
import { RequestIndex } from './requests.ts';
import type { Rules, Unit } from './unit.ts';

/** Where folding begins: at nothing, or at a snapshot. */
export interface Origin {
  readonly slices: Slices;
  readonly seq: Seq;
  readonly time: Instant;
  readonly requests: Iterable<Remembered>;
}

export const originOf = (snapshot: Snapshot | undefined, initial: Slices): Origin => {
  if (snapshot === undefined) return { slices: initial, seq: 0, time: 0, requests: [] };
  const { header, slices, requests } = snapshot;
  return { slices, requests, seq: header.head.seq, time: header.time };
};

/** What has been folded so far. Only entries that are durable reach it, in order, each once. */
export class FoldedState {
  readonly #rules: Rules;
  readonly requests: RequestIndex;
  #slices: Slices;
  #seq: Seq;
  #time: Instant;

  constructor(rules: Rules, origin: Origin) {
    this.#rules = rules;
    this.#slices = origin.slices;
    this.#seq = origin.seq;
    this.#time = origin.time;
    this.requests = new RequestIndex(origin.requests);
  }

  get slices(): Slices {
    return this.#slices;
  }

  get seq(): Seq {
    return this.#seq;
  }

  /** The time of the last entry. */
  get time(): Instant {
    return this.#time;
  }

  fold(entries: readonly Entry[]): void {
    let slices = this.#slices;
    for (const entry of entries) {
      const owner = this.#rules.owners.get(entry.type);
      if (owner !== undefined) slices = owner.area.evolve(slices, entry);
    }
    this.#settle(slices, entries);
  }

  /** Takes over what was folded while a batch was decided on exactly this state. */
  adopt(batch: Unit): void {
    this.#settle(batch.slices, batch.entries);
  }

  /** Takes the same entries folded anew, some of whose texts were erased meanwhile. */
  replace(folded: FoldedState): void {
    this.#slices = folded.slices;
  }

  /** For replay: see `Table.bulk`. */
  bulk(): void {
    for (const area of this.#rules.areas) this.#slices = area.bulk(this.#slices);
  }

  endBulk(): void {
    for (const area of this.#rules.areas) this.#slices = area.settle(this.#slices);
  }

  #settle(slices: Slices, entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.requests.fold(entry);
      for (const seq of this.#rules.owners.get(entry.type)?.area.voids(entry) ?? []) this.requests.void(seq);
    }
    const last = entries.at(-1);
    this.#slices = slices;
    this.#seq = last?.seq ?? this.#seq;
    this.#time = last?.time ?? this.#time;
  }
}
