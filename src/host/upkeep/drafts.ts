import type { JournalName, Storage } from '../../journal/storage.ts';
import type { SubjectKey } from '../../journal/subject-keys.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';

/** No workspace has two dots in its name. */
const suffix = '..draft';

/** Where a journal is built that is to take the place of another once it is whole. */
export const draftOf = (name: JournalName): JournalName =>
  `workspaces/${name.slice(name.lastIndexOf('/') + 1)}${suffix}`;

export const isDraft = (name: JournalName): boolean => name.endsWith(suffix);

/**
 * Puts a journal that was built in the place of another, with the keys that the text of both was sealed under: which of
 * them are kept by a replacement is the store's affair.
 */
export const placeDraft = async (storage: Storage, name: JournalName): Promise<Outcome<true>> => {
  const keys: SubjectKey[] = [];
  for (const from of [name, draftOf(name)]) {
    const store = await storage.open(from, 'must-exist');
    // One that is not there, or damaged, has none to be taken along.
    if (!store.ok) continue;
    keys.push(...((await store.value.subjectKeys?.load()) ?? []));
    await store.value.close();
  }
  const replaced = await storage.replace(name, draftOf(name));
  if (!replaced.ok || keys.length === 0) return replaced;
  const placed = await storage.open(name, 'must-exist');
  if (!placed.ok) return placed;
  await placed.value.subjectKeys?.adopt(keys);
  await placed.value.close();
  return ok(true);
};
