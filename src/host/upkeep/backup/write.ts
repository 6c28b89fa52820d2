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
import type { SubjectKey } from '../../../journal/subject-keys.ts';
import { type Outcome, ok } from '../../../kernel/errors.ts';
import { present } from '../../../kernel/assert.ts';
import { isoTime } from '../../../kernel/instants.ts';
import { version } from '../../version.ts';
import type { Given } from '../../commands/command.ts';
import { isDraft } from '../drafts.ts';
import { nothingOver, writeWhole } from '../../whole-file.ts';
import { codecOf } from '../entry-codec.ts';
import { type BackupBeginning, type BackupJournal, backupFormat } from './format.ts';
import { demandWhole, keysFileOf, keysText } from './keys-file.ts';
import { type CheckedBackup, checkBackup } from './read.ts';

/**
 * Writes all journals into one file, whoever else writes them meanwhile: of each a whole prefix. The hub's is measured
 * last, and what it knows besides is measured after it, so that the list of workspaces in the backup knows each journal in
 * it, and each journal that it knows is there. The file gets its name when it has been read again.
 */
export const writeBackup = async (source: BackupSource, path: string): Promise<Outcome<WrittenBackup>> => {
  const opened: Opened[] = [];
  const draft = `${path}.draft`;
  try {
    const prefixes = await openAll(source, opened);
    if (!prefixes.ok) return prefixes;
    const keysPath =
      source.withKeys && opened.some(({ keys }) => keys.length > 0) ? keysFileOf(path) : undefined;
    for (const wanted of keysPath === undefined ? [path] : [path, keysPath])
      if (await isThere(wanted)) return nothingOver(wanted);
    await makeFolder(dirname(path));
    const file = await open(draft, 'w', 0o600);
    try {
      const lines = Readable.from(linesOf(source.storage.kind, opened), { objectMode: true });
      await pipeline(lines, createGzip(), async (parts: AsyncIterable<Uint8Array>) => {
        for await (const part of parts) await file.writeFile(part);
      });
      await file.sync();
    } finally {
      await file.close();
    }
    const checked = await checkBackup(draft);
    if (!checked.ok) return checked;
    // First, so that no backup is without them.
    if (keysPath !== undefined) await writeKeys(keysPath, opened);
    await rename(draft, path);
    await syncFolder(dirname(path));
    return ok({ ...checked.value, path, keysPath });
  } catch (thrown) {
    return fileRefusal(path, thrown, `The backup cannot be written to ${path}`);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
    for (const { store } of opened) await store.close();
  }
};

/** What is backed up. */
export interface BackupSource {
  readonly storage: Storage;
  /** Says what the list of workspaces is encrypted with. */
  readonly given: Pick<Given, 'configuration' | 'log'>;
  /** Whether the subject keys are written beside it. */
  readonly withKeys: boolean;
}

export interface WrittenBackup extends CheckedBackup {
  /** Where its subject keys are; undefined when none were written. */
  readonly keysPath: string | undefined;
}

interface Opened {
  readonly name: JournalName;
  readonly store: Store;
  readonly head: Head;
  readonly keys: readonly SubjectKey[];
}

const writeKeys = async (path: string, opened: readonly Opened[]): Promise<void> => {
  await writeWhole(path, keysText(opened.map(({ store, keys }) => ({ journal: store.identity.id, keys }))));
  await demandWhole(path);
};

const isThere = async (path: string): Promise<boolean> => {
  try {
    await stat(path);
    return true;
  } catch (thrown) {
    if (isAbsent(thrown)) return false;
    throw thrown;
  }
};

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
const openAll = async ({ storage, given }: BackupSource, opened: Opened[]): Promise<Outcome<true>> => {
  const first = await workspacesIn(storage);
  if (!first.ok) return first;
  const add = async (name: JournalName): Promise<Outcome<true>> => {
    const store = await storage.open(name, 'must-exist');
    if (!store.ok) return store;
    const head = await headOf(store.value);
    // After the head: what an entry was sealed under was kept before that was written.
    opened.push({ name, store: store.value, head, keys: (await store.value.subjectKeys?.load()) ?? [] });
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
  for (const { name, store: from, head, keys } of opened) {
    const { id, generation } = from.identity;
    const living = keys.flatMap((key) => (key.secret === undefined ? [] : [key.id]));
    const journal: BackupJournal = {
      name,
      id,
      generation,
      entries: head.seq,
      chain: head.chain,
      keys: living,
    };
    journals.push(journal);
    yield summed([{ journal }]);
    for await (const rows of checkedPages(from, beginningOf(from.identity), head.seq)) yield summed(rows);
  }
  yield `${JSON.stringify({ journals, sha256: sum.digest('hex') })}\n`;
}
