import type { JournalName, Storage } from '../../journal/storage.ts';
import type { Outcome } from '../../kernel/errors.ts';

/** No workspace has two dots in its name. */
const suffix = '..draft';

/** The last part of its name. */
export const fileOf = (name: JournalName): string => name.slice(name.lastIndexOf('/') + 1);

/** Where a journal is built that is to come to its place once it is whole. */
export const draftOf = (name: JournalName): JournalName => `workspaces/${fileOf(name)}${suffix}`;

export const isDraft = (name: JournalName): boolean => name.endsWith(suffix);

/** Puts a journal that was built in its place, where there is none. */
export const placeDraft = (storage: Storage, name: JournalName): Promise<Outcome<true>> =>
  storage.replace(name, draftOf(name), 0);
