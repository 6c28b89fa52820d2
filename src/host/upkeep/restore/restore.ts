import { resolve } from 'node:path';
import type { JournalName, Storage } from '../../../journal/storage.ts';
import { StoreFailure } from '../../../journal/store.ts';
import { present } from '../../../kernel/assert.ts';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { secondMs } from '../../../kernel/instants.ts';
import { seeHelp } from '../../../surfaces/cli/flags.ts';
import { writeJson } from '../../../surfaces/cli/plain.ts';
import { type Alone, whileAlone } from '../../at-work.ts';
import type { Given } from '../../commands/command.ts';
import { prepareDataDirectory } from '../../data-directory.ts';
import { entriesIn } from '../../journal-check.ts';
import { keepStore } from '../../kept-store.ts';
import { withAnyStorage } from '../../storage.ts';
import { agreed } from '../agreed.ts';
import { type BackupJournal, shownJournal } from '../backup/format.ts';
import { type CheckedBackup, checkBackup } from '../backup/read.ts';
import { isDraft } from '../drafts.ts';
import { withoutHub } from '../hub-at-work.ts';
import { buildDrafts, isRestored, putInPlace } from './build.ts';
import { type KeptKeys, agreedMissing, giveKeysInPlace, keptKeysOf } from './keys.ts';
import { replacingAct } from './replacing.ts';
import { HeldPlan, type RestorePlan, notFinished, planOf } from './plan.ts';
import { backUpBefore, keptIn, noBackup, takeOut } from './take-out.ts';

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

interface Wanted {
  readonly backup: CheckedBackup;
  readonly kept: KeptKeys;
}

interface Having {
  readonly alone: Alone;
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

const restoreBy = async (
  held: HeldPlan,
  {
    given,
    storage,
    backup,
    kept,
    alone,
  }: Wanted & Having & { readonly given: Given; readonly storage: Storage },
): Promise<Outcome<true>> => {
  const planned = await settle(held, { given, storage, backup, kept });
  if (!planned.ok) {
    // Where nothing was begun, nothing is to be finished.
    if (held.plan === undefined) await held.finish();
    return planned;
  }
  const { plan, missing } = planned.value;
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
  const finished = await held.finish();
  if (!finished.ok) return finished;
  const noted = await keepStore(given.configuration.settings, storage.place, undefined);
  if (!noted.ok) return noted;
  tell(given, backup, { ...present(held.plan, 'it was settled'), place: storage.place, missing });
  return ok(true);
};

interface Settled {
  readonly plan: RestorePlan;
  /** How many keys of personal text are. */
  readonly missing: number;
}

/** What is gone by: what an earlier attempt has settled, or a new plan. */
const settle = async (
  held: HeldPlan,
  { given, storage, backup, kept }: Wanted & { readonly given: Given; readonly storage: Storage },
): Promise<Outcome<Settled>> => {
  if (held.plan !== undefined && held.plan.sha256 !== backup.sha256) return notFinished(storage, held.plan);
  const missing = await agreedMissing(given, storage, { backup, kept });
  if (!missing.ok) return missing;
  const plan = held.plan === undefined ? await newPlan(given, storage, backup) : asAsked(given, held.plan);
  if (!plan.ok) return plan;
  if (held.plan !== plan.value) await held.write(plan.value);
  return ok({ plan: plan.value, missing: missing.value });
};

/** What is there may be given up later as well, where it turns out that it cannot be backed up. */
const asAsked = ({ flags }: Given, plan: RestorePlan): Outcome<RestorePlan> =>
  ok(flags.has(noBackup) && !plan.isGivenUp ? { ...plan, isGivenUp: true } : plan);

const newPlan = async (
  given: Given,
  storage: Storage,
  { path, sha256, beginning, journals }: CheckedBackup,
): Promise<Outcome<RestorePlan>> => {
  const { dataDir, store } = given.configuration.settings;
  const names = await storage.names();
  if (!names.ok) return names;
  const there = names.value.filter((name) => !isDraft(name));
  const generations: Record<string, number> = {};
  for (const journal of journals) {
    const generation = await generationFor(storage, journal, there.length === 0);
    if (!generation.ok) return generation;
    generations[journal.name] = generation.value;
  }
  const isGivenUp = given.flags.has(noBackup);
  const plan = planOf({ backup: path, sha256, dataDir, generations, isGivenUp });
  if (there.length === 0) return ok(plan);
  const yes = await agreed(
    given,
    replacingAct({ path, beginning }, storage.place, { dataDir, store, isGivenUp }),
  );
  if (!yes.ok) return yes;
  if (isGivenUp) return ok(plan);
  const before = await backUpBefore(given, storage);
  return before.ok ? ok({ ...plan, before: [keptIn(before.value)] }) : before;
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
