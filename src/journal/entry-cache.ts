import type { Entry, Seq } from '../kernel/entry.ts';

/** How much text the entries of one generation were decoded from, at most. */
const generationCharactersMax = 2_000_000;

/**
 * Entries read lately, for answers that need the same ones again. Entries never change, so that nothing here can be
 * stale, until a text is erased; then all of it goes. There are two generations: when the younger is full, it becomes the older, and the older is forgotten; what
 * is asked for again moves to the younger. (One map that gives up its oldest entry at each turn took a third of the
 * time of a reading.)
 */
export class EntryCache {
  #younger = new Map<Seq, Cached>();
  #older: ReadonlyMap<Seq, Cached> = new Map();
  #characters = 0;

  get(seq: Seq): Entry | undefined {
    const young = this.#younger.get(seq);
    if (young !== undefined) return young.entry;
    const old = this.#older.get(seq);
    if (old !== undefined) this.#keep(seq, old);
    return old?.entry;
  }

  put(entry: Entry, characters: number): void {
    if (!this.#younger.has(entry.seq)) this.#keep(entry.seq, { entry, characters });
  }

  #keep(seq: Seq, cached: Cached): void {
    if (this.#characters + cached.characters > generationCharactersMax) {
      this.#older = this.#younger;
      this.#younger = new Map();
      this.#characters = 0;
    }
    this.#younger.set(seq, cached);
    this.#characters += cached.characters;
  }
}

interface Cached {
  readonly entry: Entry;
  readonly characters: number;
}
