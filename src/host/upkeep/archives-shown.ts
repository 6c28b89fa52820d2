import { Archives } from '../../journal/archives/archives.ts';
import { setShared } from '../../journal/archives/format.ts';
import type { JournalName, Storage } from '../../journal/storage.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { isDraft } from './drafts.ts';

export interface FirstArchive {
  readonly storage: Storage;
  /** Where the archives of all journals of the cluster would be, in the folder that is set. */
  readonly archives: string;
  readonly folder: string;
  /** A person says that the cluster has none yet, and that every machine mounts this folder. */
  readonly isFirst: boolean;
}

/**
 * That a folder is the one which every machine of a cluster mounts, before a journal has its first archive: a folder
 * where nothing is mounted looks as empty. What the cluster has archived already, of whichever journal, shows it; where
 * that is nothing, somebody has to say it. Throws `StoreFailure`.
 */
export const demandShown = async ({
  storage,
  archives,
  folder,
  isFirst,
}: FirstArchive): Promise<Outcome<true>> => {
  const names = await storage.names();
  if (!names.ok) return names;
  let elsewhere: Refusal | undefined;
  for (const name of names.value) {
    if (isDraft(name)) continue;
    const stands = await standingOf(storage, name, archives);
    if (!stands.ok) return stands;
    if (stands.value === 'here') return ok(true);
    if (stands.value !== 'none') elsewhere ??= stands.value;
  }
  return elsewhere ?? (isFirst ? ok(true) : unshown(folder));
};

/** Of one journal: whether it has archives at all, and whether they are here. */
const standingOf = async (
  storage: Storage,
  name: JournalName,
  archives: string,
): Promise<Outcome<'none' | 'here' | Refusal>> => {
  const store = await storage.open(name, 'must-exist');
  if (!store.ok) return store;
  try {
    const { seq } = await store.value.base();
    if (seq === 0) return ok('none');
    return ok((await new Archives(archives, store.value.identity).lacking(seq)) ?? 'here');
  } finally {
    await store.value.close();
  }
};

const unshown = (folder: string): Refusal =>
  refuse(
    'invalid_state',
    `This cluster has no archive yet, so nothing shows that ${folder} is the same folder on every machine of it: one where nothing is mounted looks as empty, and what is put there is lost to the others. Nothing was changed. ${setShared} See that it is mounted here, then run this once more with --first.`,
    { setting: 'archives', path: folder },
  );
