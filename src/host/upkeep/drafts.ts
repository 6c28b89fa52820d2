import type { JournalName } from '../../journal/storage.ts';

/** No workspace has two dots in its name. */
const suffix = '..draft';

/** Where a journal is built that is to take the place of another once it is whole. */
export const draftOf = (name: JournalName): JournalName =>
  `workspaces/${name.slice(name.lastIndexOf('/') + 1)}${suffix}`;

export const isDraft = (name: JournalName): boolean => name.endsWith(suffix);
