import type { Archives } from '../../journal/archives/archives.ts';
import { earlierArchives } from '../../journal/archives/earlier.ts';
import { sealedWith } from '../../journal/cipher.ts';
import type { JournalName, Storage } from '../../journal/storage.ts';
import { StoreFailure } from '../../journal/store.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { entriesIn } from '../journal-check.ts';

/** What of a journal was archived before it was stored anew or restored, in one folder. */
export interface ArchivesLeft {
  readonly journal: JournalName;
  readonly folder: string;
  readonly entries: number;
  /** How many of these are not encrypted. */
  readonly plain: number;
  /** Why not all of them could be counted. */
  readonly fault?: string;
}

/** `folder`: that of all archives, where one is known. */
export const findArchivesLeft = async (
  storage: Storage,
  names: readonly JournalName[],
  folder: string | undefined,
): Promise<Outcome<readonly ArchivesLeft[]>> => {
  const left: ArchivesLeft[] = [];
  if (folder === undefined) return ok(left);
  for (const journal of names) {
    const store = await storage.open(journal, 'must-exist');
    if (!store.ok) return store;
    try {
      for (const archives of await earlierArchives(folder, store.value.identity))
        left.push({ journal, folder: archives.folder, ...(await countOf(archives)) });
    } catch (failure) {
      if (failure instanceof StoreFailure) return failure.refusal;
      throw failure;
    } finally {
      await store.value.close();
    }
  }
  return ok(left);
};

const pageRows = 5_000;

const countOf = async (archives: Archives): Promise<Pick<ArchivesLeft, 'entries' | 'plain' | 'fault'>> => {
  let [entries, plain] = [0, 0];
  try {
    for (const { first, last } of await archives.list())
      for (let seq = first - 1; seq < last; ) {
        const rows = await archives.read(seq, pageRows, last);
        entries += rows.length;
        plain += rows.filter(({ text }) => sealedWith(text) === undefined).length;
        seq += rows.length;
      }
    return { entries, plain };
  } catch (failure) {
    if (failure instanceof StoreFailure) return { entries, plain, fault: failure.message };
    throw failure;
  }
};

export const archivesLeftText = ({ journal, folder, entries, plain, fault }: ArchivesLeft): string =>
  `${journal}: ${entriesIn(entries)}, ${plain} of them plain, ${fault === undefined ? '' : 'and what cannot be counted, '}lie in ${folder}, archived before the journal was stored anew or restored. Nothing reads that folder any more: delete it once there is a backup of the journal.${fault === undefined ? '' : ` ${fault}`}\n`;
