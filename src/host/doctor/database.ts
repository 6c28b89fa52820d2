import type { JournalName, Storage } from '../../journal/storage.ts';
import { entriesIn, checkJournal } from '../journal-check.ts';
import { openStorage } from '../storage.ts';
import { refuseHalfRestored } from '../upkeep/restore/half-restored.ts';
import { type Check, type Finding, bad, good, warn } from './check.ts';
import { mendArchive } from './mends.ts';

/** Where the journals are in a database: whether it can be reached and used, and what is in it. */
export const database: Check = {
  name: 'database',
  run: async ({ configuration: { settings } }) => {
    if (settings.store.kind === 'sqlite') return [];
    const storage = await openStorage(settings);
    if (!storage.ok) return [bad(storage.message, 'signalbox config')];
    try {
      const { warning } = storage.value;
      const warnings = warning === undefined ? [] : [warn(warning, 'signalbox config')];
      return [...warnings, ...(await ofJournals(storage.value))];
    } finally {
      await storage.value.close();
    }
  },
};

const ofJournals = async (storage: Storage): Promise<readonly Finding[]> => {
  const names = await storage.names();
  if (!names.ok) return [bad(names.message, 'signalbox config')];
  const whole = await refuseHalfRestored(storage, names.value);
  if (!whole.ok) return [bad(whole.message, 'signalbox help restore')];
  if (names.value.length === 0) return [good(`${storage.place} can be reached, and has no journals yet.`)];
  const findings: Finding[] = [];
  for (const name of names.value) {
    const checked = await checkJournal(storage, name);
    findings.push(
      checked.ok
        ? good(`${storage.placeOf(name)}: ${entriesIn(checked.value.entries)}, all good.`)
        : bad(
            checked.message,
            checked.details['archive'] === undefined ? 'signalbox restore --help' : mendArchive(checked.code),
          ),
    );
    const stands = await inTheWay(storage, name);
    if (stands !== undefined && !findings.some(({ what }) => what === stands))
      findings.push(bad(stands, 'signalbox config'));
  }
  return findings;
};

/** Why nothing can be written to a journal that can be opened. */
const inTheWay = async (storage: Storage, name: JournalName): Promise<string | undefined> => {
  const store = await storage.open(name, 'must-exist');
  if (!store.ok) return undefined;
  try {
    return (await store.value.health()).reason;
  } finally {
    await store.value.close();
  }
};
