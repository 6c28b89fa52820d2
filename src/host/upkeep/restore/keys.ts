import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isAbsent } from '../../../journal/file-faults.ts';
import type { JournalName, Storage } from '../../../journal/storage.ts';
import { type Store, StoreFailure } from '../../../journal/store.ts';
import { type SubjectKey, takeOverKeys } from '../../../journal/subject-keys.ts';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import type { Given } from '../../commands/command.ts';
import type { BackupJournal } from '../backup/format.ts';
import { keysFileOf, readKeysFile } from '../backup/keys-file.ts';
import type { CheckedBackup } from '../backup/read.ts';
import { asideOf } from './set-aside.ts';

/** The subject keys that are kept of a backup, by the ids of its journals. */
export type KeptKeys = ReadonlyMap<string, readonly SubjectKey[]>;

const withoutKeys = 'without-keys';

/** Those of the file that was named, or else lies beside the backup. */
export const keptKeysOf = async (
  { flags }: Pick<Given, 'flags'>,
  { path: backup, journals }: CheckedBackup,
): Promise<Outcome<KeptKeys>> => {
  const named = flags.get('keys');
  const path = typeof named === 'string' ? resolve(named) : keysFileOf(backup);
  if (typeof named !== 'string' && (flags.has(withoutKeys) || !(await isThere(path)))) return ok(new Map());
  const read = await readKeysFile(path);
  if (!read.ok) return read;
  const kept = new Map(read.value.map(({ journal, keys }) => [journal, keys]));
  return journals.some(({ id }) => kept.has(id))
    ? ok(kept)
    : refuse(
        'invalid_input',
        `${path} has the keys of other journals than those of the backup ${backup}. Nothing was changed. Name the file that was written with it, or with a later backup of the same journals.`,
        { path, backup },
      );
};

const isThere = async (path: string): Promise<boolean> => {
  try {
    await stat(path);
    return true;
  } catch (thrown) {
    if (isAbsent(thrown)) return false;
    // Reading it says what is wrong.
    return true;
  }
};

/** Those of the same journal that are where it is restored to. Throws `StoreFailure`. */
const keysThere = async (storage: Storage, { name, id }: BackupJournal): Promise<readonly SubjectKey[]> => [
  ...(await keysAt(storage, asideOf(name), id)),
  ...(await keysAt(storage, name, id)),
];

const keysAt = async (storage: Storage, name: JournalName, id: string): Promise<readonly SubjectKey[]> => {
  const opened = await storage.open(name, 'must-exist');
  if (!opened.ok) return (await storage.keysLeft?.(name).load()) ?? [];
  try {
    const { identity, subjectKeys } = opened.value;
    return identity.id === id ? ((await subjectKeys?.load()) ?? []) : [];
  } finally {
    await opened.value.close();
  }
};

/** How many keys of the backup are nowhere. Those that were destroyed are not missing. Throws `StoreFailure`. */
const missingOf = async (storage: Storage, { journals }: CheckedBackup, kept: KeptKeys): Promise<number> => {
  let missing = 0;
  for (const journal of journals) {
    const known = new Set(
      [...(kept.get(journal.id) ?? []), ...(await keysThere(storage, journal))].map(({ id }) => id),
    );
    missing += (journal.keys ?? []).filter((id) => !known.has(id)).length;
  }
  return missing;
};

/** Refuses while keys are missing, unless it was said that it is to be gone on without them; how many are. */
export const agreedMissing = async (
  { flags }: Pick<Given, 'flags'>,
  storage: Storage,
  { backup, kept }: { readonly backup: CheckedBackup; readonly kept: KeptKeys },
): Promise<Outcome<number>> => {
  const missing = await missingOf(storage, backup, kept);
  if (missing === 0 || flags.has(withoutKeys)) return ok(missing);
  const count = missing === 1 ? '1 key' : `${missing} keys`;
  return refuse(
    'invalid_input',
    `${count} of personal text that belong to the backup ${backup.path} are missing: titles, messages and notes under them could never be read. Nothing was changed. Put ${keysFileOf(backup.path)} back there, or name it with --keys; or go on without them with --${withoutKeys}.`,
    { backup: backup.path, missing },
  );
};

/** Gives a journal that is being built the keys of the one in whose place it comes, and those that are kept. */
export const giveKeys = async (
  to: Store,
  journal: BackupJournal,
  { storage, kept }: { readonly storage: Storage; readonly kept: KeptKeys },
): Promise<void> => {
  const keys = to.subjectKeys;
  if (keys === undefined) {
    if (journal.keys === undefined || journal.keys.length === 0) return;
    throw new StoreFailure(
      refuse(
        'invalid_state',
        `The store at ${storage.place} keeps no keys of personal text, and ${journal.name} of the backup has such text. Nothing was put in its place. Restore it into another store.`,
        { place: storage.place, journal: journal.name },
      ),
    );
  }
  await takeOverKeys(keys, await keysThere(storage, journal));
  await takeOverKeys(keys, kept.get(journal.id) ?? []);
};

/** Once more in their places: an earlier attempt may have had no keys. Throws `StoreFailure`. */
export const giveKeysInPlace = async (
  storage: Storage,
  journals: readonly BackupJournal[],
  kept: KeptKeys,
): Promise<void> => {
  for (const { name, id } of journals) {
    const keys = kept.get(id);
    if (keys === undefined) continue;
    const opened = await storage.open(name, 'must-exist');
    if (!opened.ok) throw new StoreFailure(opened);
    try {
      if (opened.value.subjectKeys !== undefined) await takeOverKeys(opened.value.subjectKeys, keys);
    } finally {
      await opened.value.close();
    }
  }
};
