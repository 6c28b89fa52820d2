import { appendChecked } from '../../../journal/copying.ts';
import type { Head } from '../../../journal/head.ts';
import { verify } from '../../../journal/journal.ts';
import { headOf } from '../../../journal/rows.ts';
import { type Storage, hubJournal } from '../../../journal/storage.ts';
import { type JournalIdentity, type Store, StoreFailure, type StoredRow } from '../../../journal/store.ts';
import { present } from '../../../kernel/assert.ts';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { type BackupJournal, damagedBackup } from '../backup/format.ts';
import { backupParts } from '../backup/read.ts';
import { draftOf } from '../drafts.ts';
import { type KeptKeys, giveKeys } from './keys.ts';
import type { RestorePlan } from './plan.ts';
import { planJournal } from './set-aside.ts';

export interface Restoring {
  readonly storage: Storage;
  readonly kept: KeptKeys;
}

/** The identity that a journal of the backup begins with. */
const identityOf = ({ name, id }: BackupJournal, { generations }: RestorePlan): JournalIdentity => ({
  id,
  generation: present(generations[name], 'the plan has a generation for each journal'),
});

/** Whether a journal has been put in its place already. */
export const isRestored = async (
  storage: Storage,
  journal: BackupJournal,
  plan: RestorePlan,
): Promise<boolean> => {
  const opened = await storage.open(journal.name, 'must-exist');
  if (!opened.ok) return false;
  const { id, generation } = identityOf(journal, plan);
  try {
    const { identity } = opened.value;
    if (identity.id !== id || identity.generation !== generation) return false;
    const head = await headOf(opened.value);
    return head.seq === journal.entries && head.chain === journal.chain;
  } catch (failure) {
    if (failure instanceof StoreFailure) return false;
    throw failure;
  } finally {
    await opened.value.close();
  }
};

/**
 * Builds each journal of the backup beside the one that it is to replace, from where an earlier attempt ended, and reads
 * it again from its first entry to its last. Those that are to be put in their places then.
 */
export const buildDrafts = async (
  { storage, kept }: Restoring,
  path: string,
  plan: RestorePlan,
): Promise<Outcome<readonly BackupJournal[]>> => {
  const built: BackupJournal[] = [];
  let draft: Draft | undefined;
  try {
    for await (const part of backupParts(path)) {
      if (part.kind === 'journal') {
        await draft?.finish();
        draft = undefined;
        if (await isRestored(storage, part.journal, plan)) continue;
        draft = await Draft.open({ storage, kept }, part.journal, identityOf(part.journal, plan));
        built.push(part.journal);
      }
      if (part.kind === 'rows') await draft?.take(part.rows);
    }
    await draft?.finish();
    draft = undefined;
    return ok(built);
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  } finally {
    await draft?.close();
  }
};

class Draft {
  readonly #store: Store;
  readonly #journal: BackupJournal;
  #head: Head;

  private constructor(store: Store, journal: BackupJournal, head: Head) {
    this.#store = store;
    this.#journal = journal;
    this.#head = head;
  }

  /** Throws `StoreFailure`. */
  static async open(
    { storage, kept }: Restoring,
    journal: BackupJournal,
    as: JournalIdentity,
  ): Promise<Draft> {
    const name = draftOf(journal.name);
    let opened = await storage.open(name, { as });
    if (!opened.ok && (opened.code === 'exists' || opened.code === 'journal_corrupt')) {
      // Left over from something else.
      demand(await storage.remove(name));
      opened = await storage.open(name, { as });
    }
    const store = demand(opened);
    try {
      await giveKeys(store, journal, { storage, kept });
      return new Draft(store, journal, await headOf(store));
    } catch (failure) {
      await store.close();
      throw failure;
    }
  }

  async take(rows: readonly StoredRow[]): Promise<void> {
    const { seq, chain } = this.#head;
    const same = rows.find((row) => row.seq === seq);
    if (same !== undefined && same.chain !== chain)
      throw new StoreFailure(
        refuse(
          'journal_corrupt',
          `What an earlier attempt has restored of ${this.#journal.name} is not what is in the backup. Restore into another data directory.`,
        ),
      );
    const rest = rows.filter((row) => row.seq > seq);
    if (rest.length > 0) this.#head = await appendChecked(this.#store, this.#head, rest);
  }

  async finish(): Promise<void> {
    const verified = demand(await verify(this.#store));
    const { entries, chain, name } = this.#journal;
    if (verified.entries !== entries || verified.chain !== chain)
      throw new StoreFailure(
        damagedBackup(name, `${verified.entries} entries of it were restored, not ${entries}`),
      );
    await this.close();
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

const demand = <T>(outcome: Outcome<T>): T => {
  if (outcome.ok) return outcome.value;
  throw new StoreFailure(outcome);
};

/**
 * Puts what was built in its place, the list of workspaces last, and takes away what was there before and what the backup
 * does not know. Throws `StoreFailure`.
 */
export const putInPlace = async (
  { storage, kept }: Restoring,
  built: readonly BackupJournal[],
  known: readonly BackupJournal[],
): Promise<Outcome<true>> => {
  for (const journal of built.toSorted(
    (a, b) => Number(a.name === hubJournal) - Number(b.name === hubJournal),
  )) {
    const placed = await place({ storage, kept }, journal);
    if (!placed.ok) return placed;
  }
  const there = await storage.names();
  if (!there.ok) return there;
  for (const name of there.value) {
    if (name === planJournal || known.some((journal) => journal.name === name)) continue;
    const removed = await storage.remove(name);
    if (!removed.ok) return removed;
  }
  return ok(true);
};

const place = async (restoring: Restoring, journal: BackupJournal): Promise<Outcome<true>> => {
  const { storage } = restoring;
  const draft = draftOf(journal.name);
  const opened = await storage.open(draft, 'must-exist');
  if (!opened.ok) return opened;
  try {
    // Once more: some may have been destroyed since it was built.
    await giveKeys(opened.value, journal, restoring);
  } finally {
    await opened.value.close();
  }
  return storage.replace(journal.name, draft, 0);
};
