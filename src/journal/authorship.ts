import type { Area } from '../kernel/area.ts';
import type { Codec } from './codec.ts';
import { hasText, personalMembers, subjectOf } from './sealer.ts';
import { type Store, StoreFailure } from './store.ts';
import { type Subject, subjectName } from './subject-keys.ts';

const pageRows = 5_000;

/** What somebody wrote into a journal. */
export interface Authorship extends Subject {
  /** Entries with personal text that is sealed; its key may be destroyed. */
  sealed: number;
  /** Entries with personal text that stands in the journal as it was written, from before texts were sealed. */
  plain: number;
}

export interface Written {
  readonly store: Store;
  readonly codec: Codec;
  readonly areas: readonly Area[];
}

/** Everybody who wrote into a journal, of which all is read for it. Throws `StoreFailure`. */
export const authorsIn = async ({ store, codec, areas }: Written): Promise<readonly Authorship[]> => {
  const personal = personalMembers(areas);
  const authors = new Map<string, Authorship>();
  for (let after = 0; ; after += pageRows) {
    const rows = await store.read(after, pageRows);
    for (const { text, seq } of rows) {
      const stored = codec.stored(text, seq);
      if (!stored.ok) throw new StoreFailure(stored);
      const entry = stored.value;
      const texts = personal.get(entry.type);
      const subject = subjectOf(entry, { of: texts?.of });
      const name = subjectName(subject);
      const one = authors.get(name) ?? { ...subject, sealed: 0, plain: 0 };
      authors.set(name, one);
      if (entry.sealed !== undefined) one.sealed += 1;
      else if (texts !== undefined && hasText(entry, texts)) one.plain += 1;
    }
    if (rows.length < pageRows) return [...authors.values()];
  }
};
