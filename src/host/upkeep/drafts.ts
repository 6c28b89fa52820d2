import type { JournalName, Storage } from '../../journal/storage.ts';
import { type SubjectKey, takeOverKeys } from '../../journal/subject-keys.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';

/** What is built of journals that take the place of others once they are whole; no workspace has such a name. */
const marks = { placing: '..draft', encryption: '~encryption' } as const;

const beside = (name: JournalName, mark: string): JournalName =>
  `workspaces/${name.slice(name.lastIndexOf('/') + 1)}${mark}`;

/** Where a journal is built that is restored, imported, migrated or begun anew. */
export const draftOf = (name: JournalName): JournalName => beside(name, marks.placing);

/** Where a journal is stored anew under another key. */
export const encryptionDraftOf = (name: JournalName): JournalName => beside(name, marks.encryption);

/** Whether it is no journal of anybody's yet, whatever builds it. */
export const isDraft = (name: JournalName): boolean =>
  Object.values(marks).some((mark) => name.endsWith(mark));

export const isEncryptionDraft = (name: JournalName): boolean => name.endsWith(marks.encryption);

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
