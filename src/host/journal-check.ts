import { areas } from '../areas/index.ts';
import { Codec } from '../journal/codec.ts';
import { type Verified, tornEnd, verify } from '../journal/journal.ts';
import type { JournalName, Storage } from '../journal/storage.ts';
import type { JournalIdentity } from '../journal/store.ts';
import type { Seq } from '../kernel/entry.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import type { Instant } from '../kernel/instants.ts';

export interface CheckedJournal extends Verified {
  readonly identity: JournalIdentity;
  /** The time of its last entry; undefined where there is none that this version can read. */
  readonly lastAt: Instant | undefined;
}

/** How many, with the word. */
export const entriesIn = (count: number): string => (count === 1 ? '1 entry' : `${count} entries`);

/** In so many entries the last unit begins. */
const endEntries = 5_000;

/**
 * Reads a journal from the first entry to the last, and writes nothing. What can be decoded has to end where a unit ends.
 * `at`: an entry whose link is wanted.
 */
export const checkJournal = async (
  storage: Pick<Storage, 'open'>,
  name: JournalName,
  at?: Seq,
): Promise<Outcome<CheckedJournal>> => {
  const store = await storage.open(name, 'must-exist');
  if (!store.ok) return store;
  try {
    const verified = await verify(store.value, at);
    if (!verified.ok) return verified;
    const { entries } = verified.value;
    const rows = entries === 0 ? [] : await store.value.read(Math.max(0, entries - endEntries), endEntries);
    const decoded = new Codec(areas).decodeAll(rows);
    const torn = decoded.ok ? tornEnd(decoded.value) : undefined;
    if (torn !== undefined) return torn;
    const lastAt = decoded.ok ? decoded.value.at(-1)?.time : undefined;
    return ok({ ...verified.value, identity: store.value.identity, lastAt });
  } finally {
    await store.value.close();
  }
};
