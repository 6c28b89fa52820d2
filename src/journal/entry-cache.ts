import type { Entry, Seq } from '../kernel/entry.ts';

/** How much text the entries that are kept were decoded from. */
const cachedCharactersMax = 4_000_000;

/**
 * Entries read lately, for answers that need the same ones again. Entries never change, so that nothing here can be
 * stale; the least recently used make room.
 */
export class EntryCache {
  readonly #entries = new Map<Seq, { readonly entry: Entry; readonly characters: number }>();
  #characters = 0;

  get(seq: Seq): Entry | undefined {
    const found = this.#entries.get(seq);
    if (found === undefined) return undefined;
    this.#entries.delete(seq);
    this.#entries.set(seq, found);
    return found.entry;
  }

  put(entry: Entry, characters: number): void {
    if (this.#entries.has(entry.seq)) return;
    this.#entries.set(entry.seq, { entry, characters });
    this.#characters += characters;
    for (const [seq, oldest] of this.#entries) {
      if (this.#characters <= cachedCharactersMax) return;
      this.#entries.delete(seq);
      this.#characters -= oldest.characters;
    }
  }
}
