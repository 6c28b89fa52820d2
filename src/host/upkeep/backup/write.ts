import { createHash } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { initialSlices } from '../../../areas/index.ts';
import { onlyPartition } from '../../../areas/workspaces/model.ts';
import { workspacesArea } from '../../../areas/workspaces/area.ts';
import { fileRefusal, isAbsent } from '../../../journal/file-faults.ts';
import { makeFolder, syncFolder } from '../../../journal/folders.ts';
import type { Head } from '../../../journal/head.ts';
import { beginningOf, checkedPages, headOf } from '../../../journal/rows.ts';
import { type JournalName, type Storage, hubJournal, workspaceJournal } from '../../../journal/storage.ts';
import type { Store } from '../../../journal/store.ts';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { present } from '../../../kernel/assert.ts';
import { isoTime } from '../../../kernel/instants.ts';
import { version } from '../../version.ts';
import type { Given } from '../../commands/command.ts';
import { isDraft } from '../drafts.ts';
import { codecOf } from '../entry-codec.ts';
import { type BackupBeginning, type BackupJournal, backupFormat } from './format.ts';
import { writeKeys } from './keys.ts';
import { type CheckedBackup, checkBackup } from './read.ts';

/**
 * Writes all journals into one file, whoever else writes them meanwhile: of each a whole prefix. The hub's is measured
 * last, and what it knows besides is measured after it, so that the list of workspaces in the backup knows each journal in
 * it, and each journal that it knows is there. The file gets its name when it has been read again.
 */
export const writeBackup = async (
  storage: Storage,
  path: string,
  given: Pick<Given, 'configuration' | 'log'>,
): Promise<Outcome<CheckedBackup>> => {
  const opened: Opened[] = [];
  const draft = `${path}.draft`;
  try {
    const prefixes = await openAll(storage, opened, given);
    if (!prefixes.ok) return prefixes;
    if (await isThere(path)) return taken(path);
    await makeFolder(dirname(path));
    const file = await open(draft, 'w', 0o600);
    try {
      const lines = Readable.from(linesOf(storage.kind, opened), { objectMode: true });
      await pipeline(lines, createGzip(), async (parts: AsyncIterable<Uint8Array>) => {
        for await (const part of parts) await file.writeFile(part);
      });
      await file.sync();
    } finally {
      await file.close();
    }
    const checked = await checkBackup(draft);
    if (!checked.ok) return checked;
    await writeKeys(path, opened);
    await rename(draft, path);
    await syncFolder(dirname(path));
    return ok({ ...checked.value, path });
  } catch (thrown) {
    return fileRefusal(path, thrown, `The backup cannot be written to ${path}`);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
    for (const { store } of opened) await store.close();
  }
};

interface Opened {
  readonly name: JournalName;
  readonly store: Store;
  readonly head: Head;
}

const isThere = async (path: string): Promise<boolean> => {
  try {
    await stat(path);
    return true;
  } catch (thrown) {
    if (isAbsent(thrown)) return false;
    throw thrown;
  }
};

const taken = (path: string): Outcome<never> =>
  refuse('exists', `${path} is there already, and nothing is written over it. Give --out another name.`, {
    path,
  });

/** The journals of workspaces that the hub's knows, up to where it is taken. Throws `StoreFailure`. */
const listedIn = async (
  { store, head }: Opened,
  given: Pick<Given, 'configuration' | 'log'>,
): Promise<Outcome<readonly JournalName[]>> => {
  const codec = await codecOf(given, store);
  if (!codec.ok) return codec;
  let slices = initialSlices;
  for await (const rows of checkedPages(store, beginningOf(store.identity), head.seq)) {
    for (const { seq, text } of rows) {
      const entry = codec.value.decode(text, seq);
      if (!entry.ok) return entry;
      slices = workspacesArea.evolve(slices, entry.value);
    }
  }
  const workspaces = [...slices.workspaces.workspaces.scan('all', onlyPartition)];
  return ok(
    workspaces.flatMap(({ file, journal }) => (journal === undefined ? [] : [workspaceJournal(file)])),
  );
};

/** Workspaces first, the hub, and what that knows besides: it has come into being meanwhile, or it is lost. */
const openAll = async (
  storage: Storage,
  opened: Opened[],
  given: Pick<Given, 'configuration' | 'log'>,
): Promise<Outcome<true>> => {
  const first = await workspacesIn(storage);
  if (!first.ok) return first;
  const add = async (name: JournalName): Promise<Outcome<true>> => {
    const store = await storage.open(name, 'must-exist');
    if (!store.ok) return store;
    opened.push({ name, store: store.value, head: await headOf(store.value) });
    return ok(true);
  };
  for (const name of first.value) {
    const added = await add(name);
    if (!added.ok) return added;
  }
  const hub = await add(hubJournal);
  if (!hub.ok) return hub;
  const listed = await listedIn(present(opened.at(-1), 'the hub is open'), given);
  if (!listed.ok) return listed;
  for (const name of listed.value) {
    if (first.value.includes(name)) continue;
    const added = await add(name);
    if (!added.ok) return added;
  }
  return ok(true);
};

const workspacesIn = async (storage: Storage): Promise<Outcome<readonly JournalName[]>> => {
  const names = await storage.names();
  return names.ok ? ok(names.value.filter((name) => name !== hubJournal && !isDraft(name))) : names;
};

async function* linesOf(store: string, opened: readonly Opened[]): AsyncGenerator<string> {
  const sum = createHash('sha256');
  const summed = (lines: readonly unknown[]): string => {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    sum.update(text);
    return text;
  };
  const time = isoTime(Date.now());
  yield summed([
    { signalbox: 'backup', format: backupFormat, version, store, time } satisfies BackupBeginning,
  ]);
  const journals: BackupJournal[] = [];
  for (const { name, store: from, head } of opened) {
    const { id, generation } = from.identity;
    const journal = { name, id, generation, entries: head.seq, chain: head.chain };
    journals.push(journal);
    yield summed([{ journal }]);
    for await (const rows of checkedPages(from, beginningOf(from.identity), head.seq)) yield summed(rows);
  }
  yield `${JSON.stringify({ journals, sha256: sum.digest('hex') })}\n`;
}
