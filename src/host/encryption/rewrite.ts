import { randomUUID } from 'node:crypto';
import { chainLink, chainStart } from '../../journal/chain.ts';
import { type Cipher, sealedWith } from '../../journal/cipher.ts';
import { unopened } from '../../journal/codec.ts';
import { type Store, StoreFailure, type StoredRow } from '../../journal/store.ts';
import type { JournalName, Storage } from '../../journal/storage.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { countIn, draftOf } from './census.ts';

/** As what a journal is to be stored. */
export interface Target {
  readonly storage: Storage;
  /** Opens what is stored, and seals it where it is to be encrypted. */
  readonly cipherOf: (journal: string) => Cipher;
  /** The key with which everything is to be encrypted; undefined: everything is to be plain. */
  readonly key: string | undefined;
}

/** `rewritten`: whether anything had to be. */
export interface Rewritten {
  readonly journal: string;
  readonly entries: number;
  readonly rewritten: boolean;
}

const pageRows = 500;

/**
 * Stores a journal anew under the next generation: beside the old one, from where an earlier attempt was interrupted, and in its place
 * only when entry after entry is the same. Until then the old one is not touched. `before`: called when all is ready, while the
 * old one is still open.
 */
export const rewriteJournal = async (target: Target, name: JournalName): Promise<Outcome<Rewritten>> => {
  const { storage, key } = target;
  const old = await storage.open(name, 'must-exist');
  if (!old.ok) return old;
  const { identity } = old.value;
  try {
    const { entries, plain, keys } = await countIn(old.value);
    const left = key === undefined ? entries - plain : entries - (keys.get(key) ?? 0);
    if (left === 0) {
      const removed = await storage.remove(draftOf(name));
      return removed.ok ? ok({ journal: identity.id, entries, rewritten: false }) : removed;
    }
    const alone = await takeAlone(old.value, name);
    if (alone !== undefined) return alone;
    const made = await makeDraft(target, name, old.value);
    if (!made.ok) return made;
    const late = (await old.value.head()) === made.value ? undefined : written(name);
    if (late !== undefined) return late;
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  } finally {
    await old.value.close();
  }
  const entries = await storage.replace(name, draftOf(name));
  return entries.ok ? ok({ journal: identity.id, entries: 0, rewritten: true }) : entries;
};
