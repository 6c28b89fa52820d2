import { resolve } from 'node:path';
import type { JournalName, Storage } from '../../../journal/storage.ts';
import { StoreFailure } from '../../../journal/store.ts';
import { present } from '../../../kernel/assert.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import { seeHelp } from '../../../surfaces/cli/flags.ts';
import { writeJson } from '../../../surfaces/cli/plain.ts';
import { type Alone, whileAlone } from '../../at-work.ts';
import type { Given } from '../../commands/command.ts';
import { prepareDataDirectory } from '../../data-directory.ts';
import { entriesIn } from '../../journal-check.ts';
import { keepStore } from '../../kept-store.ts';
import { withAnyStorage } from '../../storage.ts';
import { shownJournal } from '../backup/format.ts';
import { type CheckedBackup, checkBackup } from '../backup/read.ts';
import { withoutHub } from '../hub-at-work.ts';
import { buildDrafts, isRestored, putInPlace } from './build.ts';
import { giveKeysInPlace, keptKeysOf } from './keys.ts';
import { HeldPlan, type RestorePlan, brokenOff, restoredByAnother } from './plan.ts';
import { planJournal } from './set-aside.ts';
import { type Wanted, settle } from './settle.ts';
import { takeOut } from './take-out.ts';

/**
 * Brings back the journals of a backup, each under a generation above the one that is there and the one of the backup. In
 * this order, so that it can be broken off anywhere and run again: everything in the backup is read, what is there is
 * backed up, each journal is built beside the one that it replaces, what is there is taken out of its place, and only then
 * the others come there, one by one. Until all of that is done a plan lies in the store, and nobody begins to work there.
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
    withAnyStorage(
      settings,
      (storage) => restoreInto(given, storage, { backup: backup.value, kept: kept.value }),
      { mayPrepare: true },
    ),
  );
};

interface Having {
  readonly alone: Alone;
}

const restoreInto = async (given: Given, storage: Storage, wanted: Wanted): Promise<Outcome<true>> => {
  try {
    const names = await storage.names();
    if (!names.ok) return names;
    const taken = names.value.includes(planJournal) ? restoredByAnother(storage) : undefined;
    return await whileAlone(storage, (alone) => restoreAll(given, storage, { ...wanted, alone }), taken);
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  }
};

const restoreAll = async (
  given: Given,
  storage: Storage,
  wanted: Wanted & Having,
): Promise<Outcome<true>> => {
  const held = await HeldPlan.hold(storage);
  if (!held.ok) return held;
  try {
    return await restoreBy(held.value, { ...wanted, given, storage });
  } finally {
    await held.value.close();
  }
};

interface Restore extends Wanted, Having {
  readonly given: Given;
  readonly storage: Storage;
}

const restoreBy = async (held: HeldPlan, restore: Restore): Promise<Outcome<true>> => {
  const { given, storage, backup } = restore;
  const planned = await settle(held, restore);
  if (!planned.ok) {
    // Where nothing was begun, nothing is to be finished.
    const dropped = held.plan === undefined ? await held.finish() : ok(true);
    return dropped.ok ? planned : withBoth(planned, dropped);
  }
  const { plan, missing } = planned.value;
  const done = await goBy(plan, held, restore);
  if (!done.ok) return brokenOff(storage, present(held.plan, 'it was settled'), done);
  const noted = await keepStore(given.configuration.settings, storage.place, undefined);
  if (!noted.ok) return noted;
  tell(given, backup, { ...present(held.plan, 'it was settled'), place: storage.place, missing });
  return ok(true);
};

const withBoth = ({ code, message, details }: Refusal, dropped: Refusal): Refusal =>
  refuse(
    code,
    `${message} The note that a restore was to begin could not be removed either: ${dropped.message} If commands are refused because of it, run this again.`,
    details,
  );

const goBy = async (
  plan: RestorePlan,
  held: HeldPlan,
  { given, storage, backup, kept, alone }: Restore,
): Promise<Outcome<true>> => {
  try {
    const built = await buildDrafts({ storage, kept }, backup.path, plan);
    if (!built.ok) return built;
    // Nobody begins on them while the plan is there, and who has one open appends no more once it is taken out.
    await alone.resign();
    const isPlaced = async (name: JournalName): Promise<boolean> => {
      const journal = backup.journals.find((one) => one.name === name);
      return journal !== undefined && isRestored(storage, journal, plan);
    };
    const taken = await takeOut({ given, storage, held, isPlaced });
    if (!taken.ok) return taken;
    const placed = await putInPlace({ storage, kept }, built.value, backup.journals);
    if (!placed.ok) return placed;
    await giveKeysInPlace(storage, backup.journals, kept);
    return await held.finish();
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  }
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
      before: before.at(-1)?.path ?? null,
      keys_missing: missing,
    });
    return;
  }
  const lines = [
    `${place}: restored from ${path}, as of ${beginning.time}:`,
    ...journals.map(
      ({ name, entries }) => `  ${name}: ${entriesIn(entries)}, generation ${generations[name]}`,
    ),
    ...before.map((one) => `What was there before is in ${one.path}.`),
    ...(missing === 0
      ? []
      : [`Keys of personal text that are missing: ${missing}. What they sealed says [erased] everywhere.`]),
    'Whoever goes on from before the restore hears history_changed, and begins anew.',
    '',
  ];
  terminal.out.write(lines.join('\n'));
};
