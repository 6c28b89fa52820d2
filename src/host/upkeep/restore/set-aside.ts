import { type JournalName, type Storage, hubJournal, workspaceJournal } from '../../../journal/storage.ts';
import { type Outcome, ok } from '../../../kernel/errors.ts';
import { draftOf, fileOf } from '../drafts.ts';

/** Is there while journals are being restored, wherever that was begun: nobody begins to work on the others meanwhile. */
export const planJournal = draftOf(workspaceJournal('restoring..plan'));

const mark = '..aside';
const suffix = fileOf(draftOf(workspaceJournal(mark)));

/** What a journal is called that was taken out of its place, so that nobody writes to it any more. */
export const asideOf = (name: JournalName): JournalName =>
  draftOf(workspaceJournal(`${fileOf(name)}${mark}`));

/** What it was called before. */
const placeOfAside = (name: JournalName): JournalName | undefined => {
  const file = fileOf(name);
  if (!file.endsWith(suffix)) return undefined;
  const before = file.slice(0, -suffix.length);
  return before === hubJournal ? hubJournal : workspaceJournal(before);
};

/** The journals that were taken out of their places, by the names that they had there. */
export const namesAside = async (storage: Storage): Promise<Outcome<readonly JournalName[]>> => {
  const names = await storage.names();
  return names.ok ? ok(names.value.flatMap((name) => placeOfAside(name) ?? [])) : names;
};

/** Those journals as if they were in their places, for reading. */
export const storageAside = (storage: Storage): Storage => ({
  ...storage,
  placeOf: (name) => storage.placeOf(asideOf(name)),
  open: (name) => storage.open(asideOf(name), 'must-exist'),
  names: () => namesAside(storage),
});
