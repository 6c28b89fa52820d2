import type { JournalName, Storage } from '../../journal/storage.ts';
import { type Store, StoreFailure } from '../../journal/store.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type ErrorCode, type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { atWorkOffice } from '../at-work.ts';
import { encryptionDraftOf as draftOf } from '../upkeep/drafts.ts';
import { countIn, demandKeys } from './census.ts';
import { type Drafted, type Target, completeDraft } from './draft.ts';

export type { Target } from './draft.ts';

export interface Rewritten {
  /** The id of the journal. */
  readonly journal: string;
  readonly entries: number;
  /** Everything was as it is to be. */
  readonly untouched: boolean;
}

/**
 * Stores a journal anew under the next generation: beside the old one, from where an earlier attempt was interrupted, and
 * in its place only when entry after entry says the same. Until then the old one is not touched.
 */
export const rewriteJournal = async (target: Target, name: JournalName): Promise<Outcome<Rewritten>> => {
  const { storage } = target;
  const old = await storage.open(name, 'must-exist');
  if (!old.ok) return old;
  try {
    const made = await makeBeside(old.value, target, name);
    if (!made.ok) return hopeless.has(made.code) ? await withoutDraft(storage, name, made) : made;
    const placed = made.value.untouched
      ? await storage.remove(draftOf(name))
      : await takePlace(storage, name, made.value.entries);
    return placed.ok ? made : placed;
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  }
};

/** With these an earlier attempt cannot be gone on with, and nothing of it may stay behind. */
const hopeless: ReadonlySet<ErrorCode> = new Set([
  'encryption_key_missing',
  'invalid_state',
  'journal_corrupt',
]);

const withoutDraft = async (storage: Storage, name: JournalName, refusal: Refusal): Promise<Refusal> => {
  const removed = await storage.remove(draftOf(name));
  return removed.ok ? refusal : removed;
};

/** Only while it is as it was: a command that opens the journal for one call holds no office. */
const takePlace = async (storage: Storage, name: JournalName, entries: Seq): Promise<Outcome<true>> => {
  const replaced = await storage.replace(name, draftOf(name), entries);
  return replaced.ok || replaced.code !== 'storage_busy' ? replaced : inUse(name);
};

/** Makes the journal that is to take the place of the old one, and closes that. Throws `StoreFailure`. */
const makeBeside = async (old: Store, target: Target, name: JournalName): Promise<Outcome<Rewritten>> => {
  try {
    return await makeOpen(old, target, name);
  } finally {
    await old.close();
  }
};

const makeOpen = async (old: Store, target: Target, name: JournalName): Promise<Outcome<Rewritten>> => {
  const { id: journal } = old.identity;
  const { entries, plain, keys } = await countIn(old);
  const done = target.key === undefined ? plain : (keys.get(target.key) ?? 0);
  if (done === entries) return ok({ journal, entries, untouched: true });
  if ((await old.elect(atWorkOffice)) === undefined) return inUse(name);
  const readable = demandKeys({ journal: name, keys }, target.cipherOf(journal).keys());
  if (!readable.ok) return readable;
  const copied = await draft(old, target, name);
  return copied.ok ? ok({ journal, entries: copied.value, untouched: false }) : copied;
};

const inUse = (name: JournalName): Refusal =>
  refuse(
    'storage_busy',
    `Another process works on the journal ${name}. It is as it was. Stop every hub, client and command on it, and call again: what was done already is not done twice.`,
    { journal: name },
  );

/** What an earlier attempt left may be of another journal by now, or under another key: it is then made anew, once. */
const draft = async (old: Store, target: Target, name: JournalName): Promise<Outcome<Seq>> => {
  const { storage } = target;
  for (let attempt = 1; ; attempt += 1) {
    const there = await storage.names();
    if (!there.ok) return there;
    const isBegun = there.value.includes(draftOf(name));
    const made = isBegun || attempt > 1 ? await drafted(old, target, name) : 'stale';
    if (made !== 'stale') return made;
    const removed = await storage.remove(draftOf(name));
    if (!removed.ok) return removed;
    if (attempt > 2) return notTheSame(name);
  }
};

const notTheSame = (name: JournalName): Refusal =>
  refuse(
    'storage_failed',
    `What was written anew of ${name} is not what was read of it. Nothing was changed. Look at the disk, and call again.`,
    { journal: name },
  );

/** With these there is no journal that could be gone on with. */
const useless: ReadonlySet<ErrorCode> = new Set(['exists', 'journal_corrupt', 'journal_missing']);

const drafted = async (
  from: Store,
  { storage, cipherOf, key }: Target,
  name: JournalName,
): Promise<Drafted> => {
  const { id, generation } = from.identity;
  const to = await storage.open(draftOf(name), { as: { id, generation: generation + 1 } });
  if (!to.ok) return useless.has(to.code) ? 'stale' : to;
  try {
    return await completeDraft({ from, to: to.value, cipher: cipherOf(id), key });
  } finally {
    await to.value.close();
  }
};
