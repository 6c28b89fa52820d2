import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { fileRefusal } from '../file-faults.ts';
import { makeFolder, syncFolder } from '../folders.ts';
import type { Head } from '../head.ts';
import { checkedPages } from '../rows.ts';
import type { Store } from '../store.ts';
import { checkArchive } from './file.ts';
import {
  type ArchiveFooter,
  type ArchiveHeader,
  type IndexPlace,
  archiveFormat,
  archiveName,
  draftSuffix,
  lineOf,
} from './format.ts';

/** A reader of single entries reads about so much more than it wants. */
const blockBytes = 64_000;

export interface Archiving {
  /** The folder of this journal's archives. */
  readonly folder: string;
  readonly from: Head;
  readonly to: Head;
}

/**
 * Writes the entries behind `from`, up to `to`, into an archive; its path. It is durable and has been read again before
 * it gets its name, so that under its name it is whole from the first moment. The entries stay in the store as well.
 */
export const writeArchive = async (
  store: Store,
  { folder, from, to }: Archiving,
): Promise<Outcome<string>> => {
  const path = join(folder, archiveName(from.seq + 1, to.seq));
  const draft = `${path}${draftSuffix}`;
  try {
    await makeFolder(folder);
    await syncFolder(dirname(folder));
    const file = await open(draft, 'w', 0o600);
    try {
      await writeEntries(file, store, { from, to });
      await file.sync();
    } finally {
      await file.close();
    }
    const checked = await checkArchive(draft);
    if (!checked.ok) return await withoutDraft(draft, checked);
    await rename(draft, path);
    await syncFolder(folder);
    return ok(path);
  } catch (thrown) {
    const refusal = fileRefusal(path, thrown, `The archive ${path} cannot be written. Nothing was changed`);
    return withoutDraft(draft, refusal);
  }
};

const withoutDraft = async <T>(draft: string, outcome: Outcome<T>): Promise<Outcome<T>> => {
  // One that stays behind harms nobody: the next one is written over it.
  await rm(draft, { force: true }).catch(() => undefined);
  return outcome;
};

const writeEntries = async (
  file: FileHandle,
  store: Store,
  { from, to }: Pick<Archiving, 'from' | 'to'>,
): Promise<void> => {
  const sum = createHash('sha256');
  let at = 0;
  const write = async (text: string): Promise<void> => {
    const bytes = Buffer.from(text);
    sum.update(bytes);
    await file.writeFile(bytes);
    at += bytes.length;
  };
  await write(
    lineOf({
      signalbox: 'archive',
      format: archiveFormat,
      journal: store.identity,
      first: from.seq + 1,
      last: to.seq,
      before: from.chain,
      chain: to.chain,
    } satisfies ArchiveHeader),
  );
  const index: IndexPlace[] = [];
  let before = from.chain;
  let block: string[] = [];
  let characters = 0;
  const end = async (): Promise<void> => {
    await write(block.join(''));
    block = [];
    characters = 0;
  };
  for await (const rows of checkedPages(store, from, to.seq)) {
    for (const row of rows) {
      if (block.length === 0) index.push({ seq: row.seq, at, before });
      const line = lineOf(row);
      block.push(line);
      characters += line.length;
      before = row.chain;
      if (characters >= blockBytes) await end();
    }
  }
  if (block.length > 0) await end();
  const indexAt = at;
  await write(lineOf(index));
  await file.writeFile(lineOf({ indexAt, sha256: sum.digest('hex') } satisfies ArchiveFooter));
};
