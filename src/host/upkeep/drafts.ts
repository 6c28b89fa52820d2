import type { JournalName, Storage } from '../../journal/storage.ts';
import { type SubjectKey, takeOverKeys } from '../../journal/subject-keys.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';

/** No workspace has two dots in its name. */
const suffix = '..draft';

/** Where a journal is built that is to take the place of another once it is whole. */
export const draftOf = (name: JournalName): JournalName =>
  `workspaces/${name.slice(name.lastIndexOf('/') + 1)}${suffix}`;

export const isDraft = (name: JournalName): boolean => name.endsWith(suffix);

/**
 * Puts a journal that was built in the place of another. Where that is the same journal its keys are kept as well, and
 * what is destroyed in one of them is destroyed. Throws `StoreFailure`.
 */
export const placeDraft = async (storage: Storage, name: JournalName): Promise<Outcome<true>> => {
  const draft = await keysOf(storage, draftOf(name));
  if (!draft.ok) return draft;
  const there = await keysOf(storage, name);
  const replaced = await storage.replace(name, draftOf(name));
  if (!replaced.ok) return replaced;
  const placed = await storage.open(name, 'must-exist');
  if (!placed.ok) return placed;
  try {
    const { subjectKeys } = placed.value;
    if (subjectKeys === undefined) return replaced;
    // One that was not there, or damaged, has none to be taken along.
    if (there.ok && there.value.id === draft.value.id) await takeOverKeys(subjectKeys, there.value.keys);
    await takeOverKeys(subjectKeys, draft.value.keys);
    return replaced;
  } finally {
    await placed.value.close();
  }
};

interface KeysOfJournal {
  readonly id: string;
  readonly keys: readonly SubjectKey[];
}

const keysOf = async (storage: Storage, name: JournalName): Promise<Outcome<KeysOfJournal>> => {
  const opened = await storage.open(name, 'must-exist');
  if (!opened.ok) return opened;
  try {
    const { identity, subjectKeys } = opened.value;
    return ok({ id: identity.id, keys: (await subjectKeys?.load()) ?? [] });
  } finally {
    await opened.value.close();
  }
};
