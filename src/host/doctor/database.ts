import { noJournals } from '../../journal/refusals.ts';
import { type JournalName, type Storage, hubJournal } from '../../journal/storage.ts';
import { type Refusal, ok } from '../../kernel/errors.ts';
import type { Settings } from '../configuration/settings.ts';
import { keys } from '../configuration/keys.ts';
import { entriesIn, checkJournal } from '../journal-check.ts';
import {
  type KeptStore,
  boardMissing,
  demandKeptStore,
  hasBoard,
  hasBoardInFiles,
  keptStorePath,
  readKeptStore,
} from '../kept-store.ts';
import { openStorage } from '../storage.ts';
import { isDraft } from '../upkeep/drafts.ts';
import { refuseHalfRestored } from '../upkeep/restore/half-restored.ts';
import { type Check, type Finding, type Patient, bad, good, warn } from './check.ts';
import { leftDraft } from './left-draft.ts';
import { mendArchive, moveAside } from './mends.ts';
import { acceptedLoss } from './running-hub.ts';

/** Where the journals are in a database: whether it is the right one, can be reached and used, and what is in it. */
export const database: Check = {
  name: 'database',
  run: async ({ configuration: { settings }, sealed }: Patient) => {
    const kept = sealed ? ok(undefined) : await demandKeptStore(settings);
    if (!kept.ok) return [await another(kept, settings)];
    if (settings.store.kind === 'sqlite') return [];
    return ofStorage(settings, kept.value);
  },
};

const looking = { mayPrepare: false };

const ofStorage = async (settings: Settings, kept: KeptStore | undefined): Promise<readonly Finding[]> => {
  const storage = await openStorage(settings, looking);
  if (!storage.ok) return ofRefusal(storage, settings, kept);
  try {
    const findings = await ofJournals(storage.value, settings, kept);
    return [...warningsOf(storage.value.warning), ...findings];
  } finally {
    await storage.value.close();
  }
};

const ofRefusal = async (
  refusal: Refusal,
  settings: Settings,
  kept: KeptStore | undefined,
): Promise<readonly Finding[]> => {
  const { store_warning: warning, loss_window: window } = refusal.details;
  const { store } = settings;
  const accepted =
    window === undefined || store.acceptDataLossWindow ? undefined : await acceptedLoss(settings);
  if (accepted === undefined) return [...warningsOf(warning), unopened(refusal, settings, kept)];
  const more = await ofStorage({ ...settings, store: { ...store, acceptDataLossWindow: true } }, kept);
  return [acceptedThere(accepted), ...more];
};

/** Calls go through the hub, so that they work from here as well. */
const acceptedThere = (window: string): Finding => {
  const { variable } = keys['accept-data-loss-window'];
  return warn(
    `The hub that runs accepts that changes may be lost (${window}), and ${variable} is not set here: calls through the hub work, and what opens the journals itself is refused.`,
    `export ${variable}=true`,
  );
};

const warningsOf = (warning: unknown): readonly Finding[] =>
  typeof warning === 'string' ? [warn(warning, 'signalbox config')] : [];

const another = async ({ message }: Refusal, { dataDir }: Settings): Promise<Finding> => {
  const kept = await readKeptStore(dataDir);
  if (!kept.ok || kept.value === undefined) return bad(message, moveAside(keptStorePath(dataDir)));
  const { store, cluster } = kept.value;
  return bad(
    message,
    `export ${keys.store.variable}=${store}${store === 'sqlite' ? '' : ` ${keys.cluster.variable}=${cluster}`}`,
  );
};

const help = 'signalbox restore --help';

const moveFromFiles = ({ store: { kind } }: Settings): string =>
  `signalbox migrate --from sqlite --to ${kind}`;

const unopened = (refusal: Refusal, settings: Settings, kept: KeptStore | undefined): Finding => {
  if (refusal.details['empty'] !== true) return bad(refusal.message, 'signalbox config');
  if (!hasBoard(settings, kept))
    return good(`${String(refusal.details['place'])} can be reached, and has no journals yet.`);
  const { message } = boardMissing(refusal, settings, kept);
  return bad(message, kept === undefined ? moveFromFiles(settings) : help);
};

const ofJournals = async (
  storage: Storage,
  settings: Settings,
  kept: KeptStore | undefined,
): Promise<readonly Finding[]> => {
  const names = await storage.names();
  if (!names.ok) return [bad(names.message, 'signalbox config')];
  const whole = await refuseHalfRestored(storage, names.value);
  if (!whole.ok) return [bad(whole.message, 'signalbox help restore')];
  if (names.value.length === 0) return [unopened(noJournals(storage.place), settings, kept)];
  const findings: Finding[] = names.value.includes(hubJournal) ? [] : [withoutList(storage, settings)];
  for (const name of names.value) {
    if (isDraft(name)) {
      findings.push(leftDraft(name, { where: storage.placeOf(name), remove: undefined }));
      continue;
    }
    const checked = await checkJournal(storage, name);
    findings.push(
      checked.ok
        ? good(`${storage.placeOf(name)}: ${entriesIn(checked.value.entries)}, all good.`)
        : bad(checked.message, checked.details['archive'] === undefined ? help : mendArchive(checked.code)),
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

/** Every command is refused there: a new list would hide all the workspaces. */
const withoutList = ({ place }: Storage, settings: Settings): Finding => {
  const { dataDir } = settings;
  const what = `${place} has journals of workspaces, and no list of them (the journal hub), so no command can be done.`;
  return hasBoardInFiles(dataDir)
    ? bad(
        `${what} A migration from the files of ${dataDir} that did not come to its end leaves it so; the command goes on with it.`,
        moveFromFiles(settings),
      )
    : bad(
        `${what} A migration or a restore that did not come to its end leaves it so: run the same command again, and it goes on. If the list was deleted, bring back a backup.`,
        help,
      );
};
