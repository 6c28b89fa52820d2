import { headOf } from '../../../journal/rows.ts';
import { type JournalName, type Storage, hubJournal } from '../../../journal/storage.ts';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { present } from '../../../kernel/assert.ts';
import type { Given } from '../../commands/command.ts';
import { backUpTo, backupIn } from '../backup/backup.ts';
import type { WrittenBackup } from '../backup/write.ts';
import { isDraft } from '../drafts.ts';
import type { HeldPlan, KeptJournal } from './plan.ts';
import { asideOf, namesAside, storageAside } from './set-aside.ts';

interface Taking {
  readonly given: Given;
  readonly storage: Storage;
  readonly held: HeldPlan;
  /** Those that are restored already. */
  readonly isPlaced: (name: JournalName) => Promise<boolean>;
}

/**
 * Takes what is there out of its place, the list of workspaces first: from then on nobody writes to it, also who had it
 * open before. What was written until then and is in no backup yet is backed up now. Throws `StoreFailure`.
 */
export const takeOut = async (taking: Taking): Promise<Outcome<true>> => {
  for (;;) {
    const later = await takeOnce(taking);
    if (!later.ok) return later;
    const kept = await keepAside(taking);
    if (!kept.ok) return kept;
    if (later.value.length === 0) return ok(true);
    // Another one has come into being in the place of what was taken out, which is kept by now.
    for (const name of later.value) {
      const moved = await moveAside(taking, name);
      if (!moved.ok) return moved;
    }
  }
};

/** Those that have to wait for what was taken out of the same place. */
const takeOnce = async (taking: Taking): Promise<Outcome<readonly JournalName[]>> => {
  const { storage, isPlaced } = taking;
  const names = await storage.names();
  if (!names.ok) return names;
  const later: JournalName[] = [];
  const here = names.value.filter((name) => !isDraft(name));
  for (const name of here.toSorted((a, b) => Number(b === hubJournal) - Number(a === hubJournal))) {
    if (await isPlaced(name)) continue;
    if (await isHalfDone(taking, name)) {
      const removed = await storage.remove(name);
      if (!removed.ok) return removed;
      continue;
    }
    if (names.value.includes(asideOf(name))) later.push(name);
    else {
      const moved = await moveAside(taking, name);
      if (!moved.ok) return moved;
    }
  }
  return ok(later);
};

/** What a restore has put there in whose stead this one came: nobody has worked on it. */
const isHalfDone = async ({ storage, held }: Taking, name: JournalName): Promise<boolean> => {
  const { begunAt, generations } = present(held.plan, 'a plan is written before anything is taken out');
  const [first, own] = [begunAt[name], generations[name]];
  if (first === undefined) return false;
  const opened = await storage.open(name, 'must-exist');
  if (!opened.ok) return false;
  await opened.value.close();
  const { generation } = opened.value.identity;
  return generation >= first && (own === undefined || generation < own);
};

const moveAside = async ({ storage, held }: Taking, name: JournalName): Promise<Outcome<true>> => {
  const moved = await storage.replace(asideOf(name), name);
  if (moved.ok || held.plan?.isGivenUp !== true) return moved;
  // One that is damaged or lost cannot be taken along.
  return moved.code === 'journal_corrupt' || moved.code === 'journal_missing' ? storage.remove(name) : moved;
};

/** Sees to it that what was taken out is in a backup as it is. */
const keepAside = async ({ given, storage, held }: Taking): Promise<Outcome<true>> => {
  const plan = present(held.plan, 'a plan is written before anything is taken out');
  if (plan.isGivenUp) return ok(true);
  const names = await namesAside(storage);
  if (!names.ok) return names;
  const known = plan.before.flatMap(({ journals }) => journals);
  for (const name of names.value) {
    const there = await keptAs(storage, name);
    if (!there.ok) return there;
    if (known.some((one) => isSame(one, there.value))) continue;
    const backup = await backUpBefore(given, storageAside(storage));
    if (!backup.ok) return backup;
    await held.write({ ...plan, before: [...plan.before, keptIn(backup.value)] });
    return ok(true);
  }
  return ok(true);
};

const keptAs = async (storage: Storage, name: JournalName): Promise<Outcome<KeptJournal>> => {
  const opened = await storage.open(asideOf(name), 'must-exist');
  if (!opened.ok) return opened;
  try {
    const { seq, chain } = await headOf(opened.value);
    return ok({ name, ...opened.value.identity, entries: seq, chain });
  } finally {
    await opened.value.close();
  }
};

const isSame = (one: KeptJournal, other: KeptJournal): boolean =>
  one.name === other.name &&
  one.id === other.id &&
  one.generation === other.generation &&
  one.entries === other.entries &&
  one.chain === other.chain;

export const noBackup = 'no-backup';

export const backUpBefore = async (given: Given, storage: Storage): Promise<Outcome<WrittenBackup>> => {
  const { dataDir } = given.configuration.settings;
  const before = await backUpTo({ given, storage, withKeys: true }, backupIn(dataDir, 'before-restore'));
  return before.ok
    ? before
    : refuse(
        before.code,
        `What is there cannot be backed up first: ${before.message} Nothing was restored. To give up what is there, copy ${storage.place} away and run this again with --${noBackup}.`,
        before.details,
      );
};

/** What the plan says of a backup. */
export const keptIn = ({ path, journals }: Pick<WrittenBackup, 'path' | 'journals'>) => ({
  path,
  journals: journals.map(({ name, id, generation, entries, chain }) => ({
    name,
    id,
    generation,
    entries,
    chain,
  })),
});
