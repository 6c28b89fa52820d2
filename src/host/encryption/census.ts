import { sealedWith } from '../../journal/cipher.ts';
import { type Store, StoreFailure } from '../../journal/store.ts';
import type { JournalName, Storage } from '../../journal/storage.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';

/** How the entries of one journal are stored. Needs no key. */
export interface Census {
  readonly journal: JournalName;
  readonly entries: number;
  readonly plain: number;
  /** By key id, how many entries. */
  readonly keys: ReadonlyMap<string, number>;
}

const pageRows = 5_000;

/** What a journal that is being rewritten is called until it takes the place of the old one. No workspace has such a name. */
const draftMark = '~encryption';

export const draftOf = (name: JournalName): JournalName =>
  `workspaces/${name.replace('workspaces/', '')}${draftMark}`;

export const isDraft = (name: JournalName): boolean => name.endsWith(draftMark);

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
