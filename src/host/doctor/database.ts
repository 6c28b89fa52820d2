import type { Storage } from '../../journal/storage.ts';
import { entriesIn, checkJournal } from '../journal-check.ts';
import { openStorage } from '../storage.ts';
import { isDraft } from '../upkeep/drafts.ts';
import { type Check, type Finding, bad, good } from './check.ts';
import { leftDraft } from './left-draft.ts';

/** Where the journals are in a database: whether it can be reached and used, and what is in it. */
export const database: Check = {
  name: 'database',
  run: async ({ configuration: { settings } }) => {
    if (settings.store.kind === 'sqlite') return [];
    const storage = await openStorage(settings);
    if (!storage.ok) return [bad(storage.message, 'signalbox config')];
    try {
      return await ofJournals(storage.value);
    } finally {
      await storage.value.close();
    }
  },
};

const ofJournals = async (storage: Storage): Promise<readonly Finding[]> => {
  const names = await storage.names();
  if (!names.ok) return [bad(names.message, 'signalbox config')];
  if (names.value.length === 0) return [good(`${storage.place} can be reached, and has no journals yet.`)];
  const findings: Finding[] = [];
  for (const name of names.value) {
    if (isDraft(name)) {
      findings.push(leftDraft(name, { where: storage.placeOf(name), remove: undefined }));
      continue;
    }
    const checked = await checkJournal(storage, name);
    findings.push(
      checked.ok
        ? good(`${storage.placeOf(name)}: ${entriesIn(checked.value.entries)}, all good.`)
        : bad(checked.message, 'signalbox restore --help'),
    );
  }
  return findings;
};
