import type { JournalName, Storage } from '../../journal/storage.ts';
import type { Outcome } from '../../kernel/errors.ts';

/** What is built of journals that take the place of others once they are whole; no workspace has such a name. */
const marks = { placing: '..draft', encryption: '~encryption' } as const;

/** The last part of its name. */
export const fileOf = (name: JournalName): string => name.slice(name.lastIndexOf('/') + 1);

const beside = (name: JournalName, mark: string): JournalName => `workspaces/${fileOf(name)}${mark}`;

/** Where a journal is built that is restored, imported, migrated or begun anew. */
export const draftOf = (name: JournalName): JournalName => beside(name, marks.placing);

/** Where a journal is stored anew under another key. */
export const encryptionDraftOf = (name: JournalName): JournalName => beside(name, marks.encryption);

/** Whether it is no journal of anybody's yet, whatever builds it. */
export const isDraft = (name: JournalName): boolean =>
  Object.values(marks).some((mark) => name.endsWith(mark));

export const isEncryptionDraft = (name: JournalName): boolean => name.endsWith(marks.encryption);

/** Puts a journal that was built in its place, where there is none. */
export const placeDraft = (storage: Storage, name: JournalName): Promise<Outcome<true>> =>
  storage.replace(name, draftOf(name), 0);
