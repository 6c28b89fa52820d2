import { resolve } from 'node:path';
import type { Storage } from '../../../journal/storage.ts';
import { StoreFailure } from '../../../journal/store.ts';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { secondMs } from '../../../kernel/instants.ts';
import { shellWord } from '../../../surfaces/cli/answer.ts';
import { seeHelp } from '../../../surfaces/cli/flags.ts';
import { writeJson } from '../../../surfaces/cli/plain.ts';
import { type Alone, whileAlone } from '../../at-work.ts';
import type { Given } from '../../commands/command.ts';
import { prepareDataDirectory } from '../../data-directory.ts';
import { entriesIn } from '../../journal-check.ts';
import { keepStore } from '../../kept-store.ts';
import { withStorage } from '../../storage.ts';
import { agreed } from '../agreed.ts';
import { backUpTo, backupIn } from '../backup/backup.ts';
import { type BackupJournal, shownJournal } from '../backup/format.ts';
import { type CheckedBackup, checkBackup } from '../backup/read.ts';
import { isDraft } from '../drafts.ts';
import { withoutHub } from '../hub-at-work.ts';
import { buildDrafts, putInPlace } from './build.ts';
import { type KeptKeys, agreedMissing, giveKeysInPlace, keptKeysOf } from './keys.ts';
import { type RestorePlan, notFinished, readPlan, removePlan, writePlan } from './plan.ts';

/**
 * Brings back the journals of a backup, each under a generation above the one that is there and the one of the backup. In
 * this order, so that it can be broken off anywhere and run again: everything in the backup is read, what is there is
 * backed up, each journal is built beside the one that it replaces, and only then they change places, one by one.
 */
export const restoreBackup = async (given: Given): Promise<Outcome<true>> => {
  const { configuration, words } = given;
  const { settings } = configuration;
  const [file, extra] = words;
  if (file === undefined || extra !== undefined)
    return refuse('invalid_input', `Name one backup to restore.${seeHelp({ command: 'restore' })}`);
  const backup = await checkBackup(resolve(file));
  if (!backup.ok) return backup;
  const kept = await keptKeysOf(given, backup.value);
  if (!kept.ok) return kept;
  const prepared = await prepareDataDirectory(settings.dataDir);
  if (!prepared.ok) return prepared;
  return withoutHub(settings.dataDir, () =>
    withStorage(
      settings,
      (storage) => restoreInto(given, storage, { backup: backup.value, kept: kept.value }),
      { mayPrepare: true },
    ),
  );
};

interface Wanted {
  readonly backup: CheckedBackup;
  readonly kept: KeptKeys;
}

const restoreInto = async (given: Given, storage: Storage, wanted: Wanted): Promise<Outcome<true>> => {
  try {
    return await whileAlone(storage, (alone) => restoreAll(given, storage, { ...wanted, alone }));
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  }
};

const restoreAll = async (
  given: Given,
  storage: Storage,
  { backup, kept, alone }: Wanted & { readonly alone: Alone },
): Promise<Outcome<true>> => {
  const { dataDir } = given.configuration.settings;
  const begun = await readPlan(dataDir);
  if (!begun.ok) return begun;
  if (begun.value !== undefined && begun.value.sha256 !== backup.sha256)
    return notFinished(dataDir, begun.value);
  const missing = await agreedMissing(given, storage, { backup, kept });
  if (!missing.ok) return missing;
  const plan = begun.value === undefined ? await newPlan(given, storage, backup) : ok(begun.value);
  if (!plan.ok) return plan;
  const built = await buildDrafts({ storage, kept }, backup.path, plan.value);
  if (!built.ok) return built;
  // Nobody begins on them while the plan is there, and nobody has one open that is replaced.
  await alone.resign();
  const placed = await putInPlace(storage, built.value, backup.journals);
  if (!placed.ok) return placed;
  await giveKeysInPlace(storage, backup.journals, kept);
  await removePlan(dataDir);
  const noted = await keepStore(given.configuration.settings, storage.place, undefined);
  if (!noted.ok) return noted;
  tell(given, backup, { ...plan.value, place: storage.place, missing: missing.value });
  return ok(true);
};

const newPlan = async (
  given: Given,
  storage: Storage,
  { path, sha256, beginning, journals }: CheckedBackup,
): Promise<Outcome<RestorePlan>> => {
  const { dataDir } = given.configuration.settings;
  const names = await storage.names();
  if (!names.ok) return names;
  const there = names.value.filter((name) => !isDraft(name));
  const generations: Record<string, number> = {};
  for (const journal of journals) {
    const generation = await generationFor(storage, journal, there.length === 0);
    if (!generation.ok) return generation;
    generations[journal.name] = generation.value;
  }
  const plan = { backup: path, sha256, generations };
  if (there.length === 0) return written(dataDir, plan);
  const yes = await agreed(given, {
    lines: [
      `${storage.place} has journals. They are replaced by those of the backup of ${beginning.time}; what was written since is gone from them.`,
      given.flags.has(noBackup)
        ? 'They are not backed up first.'
        : 'They are backed up first, into the folder backups of the data directory.',
    ],
    command: `signalbox restore ${shellWord(path)} --data-dir ${shellWord(dataDir)}`,
  });
  if (!yes.ok) return yes;
  if (given.flags.has(noBackup)) return written(dataDir, plan);
  const before = await backUpTo({ given, storage, withKeys: true }, backupIn(dataDir, 'before-restore'));
  return before.ok
    ? written(dataDir, { ...plan, before: before.value.path })
    : refuse(
        before.code,
        `What is there cannot be backed up first: ${before.message} Nothing was restored. To give up what is there, copy ${storage.place} away and run this again with --${noBackup}.`,
        before.details,
      );
};

export const noBackup = 'no-backup';

const written = async (dataDir: string, plan: RestorePlan): Promise<Outcome<RestorePlan>> => {
  const outcome = await writePlan(dataDir, plan);
  return outcome.ok ? ok(plan) : outcome;
};

/** Above that of the backup, and above that of the journal in whose place it comes. */
const generationFor = async (
  storage: Storage,
  { name, generation }: BackupJournal,
  isEmpty: boolean,
): Promise<Outcome<number>> => {
  if (isEmpty) return ok(generation + 1);
  const opened = await storage.open(name, 'must-exist');
  if (opened.ok) {
    const there = opened.value.identity.generation;
    await opened.value.close();
    return ok(Math.max(generation, there) + 1);
  }
  // Which generation it had, if it was there, nobody can read any more; no journal was restored that often.
  return opened.code === 'journal_corrupt' || opened.code === 'journal_missing'
    ? ok(Math.max(generation + 1, Math.floor(Date.now() / secondMs)))
    : opened;
};

const tell = (
  { terminal }: Given,
  { path, beginning, journals }: CheckedBackup,
  { generations, before, place, missing }: RestorePlan & { readonly place: string; readonly missing: number },
): void => {
  if (terminal.json) {
    writeJson(terminal, {
      backup: path,
      time: beginning.time,
      journals: journals.map((journal) => ({
        ...shownJournal(journal),
        generation: generations[journal.name],
      })),
      before: before ?? null,
      keys_missing: missing,
    });
    return;
  }
  const lines = [
    `${place}: restored from ${path}, as of ${beginning.time}:`,
    ...journals.map(
      ({ name, entries }) => `  ${name}: ${entriesIn(entries)}, generation ${generations[name]}`,
    ),
    ...(before === undefined ? [] : [`What was there before is in ${before}.`]),
    ...(missing === 0
      ? []
      : [`Keys of personal text that are missing: ${missing}. What they sealed says [erased] everywhere.`]),
    'Whoever goes on from before the restore hears history_changed, and begins anew.',
    '',
  ];
  terminal.out.write(lines.join('\n'));
};
