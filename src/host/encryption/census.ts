import { sealedWith } from '../../journal/cipher.ts';
import { type Store, StoreFailure } from '../../journal/store.ts';
import type { JournalName, Storage } from '../../journal/storage.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { entriesIn } from '../journal-check.ts';

/** How the entries of one journal are stored. Needs no key. */
export interface Census {
  readonly journal: JournalName;
  readonly entries: number;
  readonly plain: number;
  /** By key id, how many entries. */
  readonly keys: ReadonlyMap<string, number>;
}

const pageRows = 5_000;

export const takeCensus = async (storage: Storage, journal: JournalName): Promise<Outcome<Census>> => {
  const store = await storage.open(journal, 'must-exist');
  if (!store.ok) return store;
  try {
    return ok({ journal, ...(await countIn(store.value)) });
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  } finally {
    await store.value.close();
  }
};

/** Refuses what cannot be read as a whole with the keys that are there, by their ids. */
export const demandKeys = (
  { journal, keys }: Pick<Census, 'journal' | 'keys'>,
  known: readonly string[],
): Outcome<true> => {
  const missing = [...keys.keys()].filter((key) => !known.includes(key));
  if (missing.length === 0) return ok(true);
  const which = missing.map((key) => `${entriesIn(keys.get(key) ?? 0)} with ${key}`).join(', ');
  const has = known.length === 0 ? 'no key' : `only ${known.join(', ')}`;
  return refuse(
    'encryption_key_missing',
    `Of ${journal} are encrypted: ${which}; this process has ${has}. Nothing was changed. Let SIGNALBOX_ENCRYPTION_KEY, or encryption_key in your configuration file, say where all of them are, one on each line, and call again.`,
    { journal, keys: missing },
  );
};

/** Throws `StoreFailure`. */
export const countIn = async (store: Store): Promise<Omit<Census, 'journal'>> => {
  const keys = new Map<string, number>();
  let [entries, plain, last] = [0, 0, 0];
  for (;;) {
    const rows = await store.read(last, pageRows);
    for (const { seq, text } of rows) {
      last = seq;
      entries += 1;
      const key = sealedWith(text);
      if (key === undefined) plain += 1;
      else keys.set(key, (keys.get(key) ?? 0) + 1);
    }
    if (rows.length < pageRows) return { entries, plain, keys };
  }
};
