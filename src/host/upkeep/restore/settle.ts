import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAbsent } from '../../../journal/file-faults.ts';
import type { Storage } from '../../../journal/storage.ts';
import { StoreFailure } from '../../../journal/store.ts';
import { type Outcome, ok } from '../../../kernel/errors.ts';
import { secondMs } from '../../../kernel/instants.ts';
import type { Given } from '../../commands/command.ts';
import { agreed } from '../agreed.ts';
import type { BackupJournal } from '../backup/format.ts';
import type { CheckedBackup } from '../backup/read.ts';
import { isDraft } from '../drafts.ts';
import { type KeptKeys, agreedMissing } from './keys.ts';
import { type HeldPlan, type RestorePlan, brokenOff, planOf } from './plan.ts';
import { replacingAct } from './replacing.ts';
import { restoreCommand } from './restore-command.ts';
import { asideOf } from './set-aside.ts';
import { backUpBefore, keptIn, noBackup } from './take-out.ts';

export interface Wanted {
  readonly backup: CheckedBackup;
  readonly kept: KeptKeys;
}

interface Settled {
  readonly plan: RestorePlan;
  /** How many keys of personal text are. */
  readonly missing: number;
}

interface Settling extends Wanted {
  readonly given: Given;
  readonly storage: Storage;
}

/** What is gone by: what an earlier attempt has settled, or a new plan, which takes the place of one for another backup. */
export const settle = async (held: HeldPlan, settling: Settling): Promise<Outcome<Settled>> => {
  const { given, storage, backup, kept } = settling;
  const missing = await agreedMissing(given, storage, { backup, kept });
  if (!missing.ok) return missing;
  const plan = await planFor(held.plan, settling);
  if (!plan.ok) return plan;
  if (held.plan !== plan.value) {
    try {
      await held.write(plan.value);
    } catch (failure) {
      if (!(failure instanceof StoreFailure)) throw failure;
      // Where nothing was begun, nothing is half restored.
      return held.plan === undefined ? failure.refusal : brokenOff(storage, plan.value, failure.refusal);
    }
  }
  return ok({ plan: plan.value, missing: missing.value });
};

const planFor = async (
  earlier: RestorePlan | undefined,
  settling: Settling,
): Promise<Outcome<RestorePlan>> => {
  if (earlier === undefined) return newPlan(settling);
  return earlier.sha256 === settling.backup.sha256
    ? ok(asAsked(settling.given, await withoutGone(earlier)))
    : planInstead(earlier, settling);
};

/** What was there before is backed up again where its backup was taken away meanwhile. Elsewhere nobody can tell. */
const withoutGone = async (plan: RestorePlan): Promise<RestorePlan> => {
  if (plan.machine !== hostname()) return plan;
  const before = await thoseHere(plan.before);
  return before.length === plan.before.length ? plan : { ...plan, before };
};

const thoseHere = async (before: RestorePlan['before']): Promise<RestorePlan['before']> => {
  const here: RestorePlan['before'] = [];
  for (const one of before) if (await isHere(one.path)) here.push(one);
  return here;
};

/** What is there may be given up later as well, where it turns out that it cannot be backed up. */
const asAsked = ({ flags }: Given, plan: RestorePlan): RestorePlan =>
  flags.has(noBackup) && !plan.isGivenUp ? { ...plan, isGivenUp: true } : plan;

const newPlan = async ({ given, storage, backup }: Settling): Promise<Outcome<RestorePlan>> => {
  const { path, sha256, beginning, journals } = backup;
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
  const plan = planOf({ backup: path, sha256, dataDir, store, generations, isGivenUp });
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

/** Of what was begun by the earlier plan nothing is left then: its journals are of generations below those of this one. */
const planInstead = async (
  earlier: RestorePlan,
  { given, storage, backup }: Settling,
): Promise<Outcome<RestorePlan>> => {
  const { path, sha256, beginning, journals } = backup;
  const { dataDir, store } = given.configuration.settings;
  const isGivenUp = given.flags.has(noBackup);
  const before = await thoseHere(earlier.before);
  const last = before.at(-1)?.path;
  const yes = await agreed(given, {
    lines: [
      `The journals in ${storage.place} are being restored from ${earlier.backup}, and that is not finished. In its stead, all of them are replaced by those of the backup of ${beginning.time}.`,
      ...(last === undefined ? [] : [`What was there before is in ${last}.`]),
      isGivenUp
        ? 'What is there and in no backup is not backed up first.'
        : 'What is there and in no backup is backed up first, into the folder backups of the data directory.',
    ],
    command: restoreCommand(path, { dataDir, store }),
  });
  if (!yes.ok) return yes;
  const generations: Record<string, number> = {};
  for (const journal of journals) {
    const generation = await generationInstead(storage, journal, earlier);
    if (!generation.ok) return generation;
    generations[journal.name] = generation.value;
  }
  const plan = planOf({ backup: path, sha256, dataDir, store, generations, isGivenUp });
  return ok({ ...plan, before, begunAt: { ...generations, ...earlier.generations, ...earlier.begunAt } });
};

const isHere = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isFile();
  } catch (thrown) {
    if (isAbsent(thrown)) return false;
    throw thrown;
  }
};

/** Above that of the earlier plan as well, which is above that of the journal in whose place it was to come. */
const generationInstead = async (
  storage: Storage,
  { name, generation }: BackupJournal,
  { generations }: RestorePlan,
): Promise<Outcome<number>> => {
  const planned = generations[name];
  if (planned !== undefined) return ok(Math.max(generation, planned) + 1);
  const aside = await storage.open(asideOf(name), 'must-exist');
  if (!aside.ok) return generationFor(storage, { name, generation }, false);
  await aside.value.close();
  return ok(Math.max(generation, aside.value.identity.generation) + 1);
};

/** Above that of the backup, and above that of the journal in whose place it comes. */
const generationFor = async (
  storage: Storage,
  { name, generation }: Pick<BackupJournal, 'name' | 'generation'>,
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
