import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { unknownWorkspace, workspacesIntent } from '../../areas/workspaces/decide.ts';
import { chainLink } from '../../journal/chain.ts';
import type { Codec } from '../../journal/codec.ts';
import { appendChecked } from '../../journal/copying.ts';
import { fileRefusal } from '../../journal/file-faults.ts';
import type { Head } from '../../journal/head.ts';
import { verify } from '../../journal/journal.ts';
import { beginningOf, headOf } from '../../journal/rows.ts';
import { type JournalName, type Storage, workspaceJournal } from '../../journal/storage.ts';
import { StoreFailure, type StoredRow } from '../../journal/store.ts';
import { type Entry, systemActor } from '../../kernel/entry.ts';
import { type ErrorCode, type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { canonicalJson } from '../../kernel/json.ts';
import { faultInName } from '../../kernel/names.ts';
import { seeHelp } from '../../surfaces/cli/flags.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import type { Given } from '../commands/command.ts';
import { entriesIn } from '../journal-check.ts';
import { openJournals } from '../open-hub.ts';
import type { Workspaces } from '../workspaces.ts';
import { draftOf, placeDraft } from './drafts.ts';
import { codecOf } from './entry-codec.ts';
import { checkedEntries } from './imported-entries.ts';

/** What is known of the process that the entries are stored with. */
type Known = Pick<Given, 'configuration' | 'log'>;

/**
 * Makes a new workspace with the entries of an export. All of them are read first; the journal is built beside where it
 * is to be, and gets its place, and then its name, when it is whole.
 */
export const importJournal = async (given: Given): Promise<Outcome<true>> => {
  const { configuration, words, flags, log } = given;
  const [file, extra] = words;
  const name = flags.has('workspace') ? configuration.settings.workspace : undefined;
  if (file === undefined || extra !== undefined || name === undefined)
    return refuse(
      'invalid_input',
      `Name one file, and with --workspace the new workspace.${seeHelp({ command: 'import' })}`,
    );
  const fault = faultInName('A workspace name', name);
  if (fault !== undefined) return refuse('invalid_input', `${fault}. Choose another name.`);
  const path = resolve(file);
  const count = await countGood(path);
  if (!count.ok) return count;
  const opened = await openJournals(configuration.settings, { log, ticksFirst: false, brief: true });
  if (!opened.ok) return opened;
  try {
    const made = await makeFrom(given, { path, name, workspaces: opened.value });
    if (!made.ok) return made;
    tell(given, { name, path, entries: count.value });
    return ok(true);
  } finally {
    await opened.value.close();
  }
};

/** How many entries there are, all of which can be imported. */
const countGood = async (path: string): Promise<Outcome<number>> => {
  let count = 0;
  try {
    for await (const entries of checkedEntries(path)) count += entries.length;
    return ok(count);
  } catch (thrown) {
    return fileRefusal(path, thrown, `${path} cannot be read`);
  }
};

interface Making {
  readonly path: string;
  readonly name: string;
  readonly workspaces: Workspaces;
}

/** One import at a time: what one builds would be in the way of another of the same name. */
export const makeFrom = async (given: Known, making: Making): Promise<Outcome<true>> => {
  const office = await making.workspaces.hub.store.elect('import');
  if (office === undefined)
    return refuse(
      'storage_busy',
      'Another import is at work on these journals, or this user may not write where they are. Nothing was changed. Try again in a moment.',
    );
  try {
    return await makeAlone(given, making);
  } finally {
    await office.resign();
  }
};

const makeAlone = async (given: Known, { path, name, workspaces }: Making): Promise<Outcome<true>> => {
  const { storage } = workspaces;
  const known = await workspaces.known(name);
  if (known.ok)
    return refuse(
      'exists',
      `There is already a workspace "${known.value}". Nothing was changed. Choose another name with --workspace.`,
      { workspace: known.value },
    );
  if (known.code !== 'workspace_unknown') return known;
  const journal = workspaceJournal(name.toLowerCase());
  const begun = await storage.wasBegun(journal);
  if (!begun.ok) return begun;
  const placed = begun.value
    ? await demandOurs(given, { path, storage, journal })
    : await buildAndPlace(given, { path, storage, journal });
  if (!placed.ok) return placed;
  const registered = await workspaces.hub.engine.report(
    'host',
    workspacesIntent({ type: 'register', name, title: name, repository: undefined }),
    systemActor,
  );
  if (!registered.ok) {
    if (!rulesRefuse.has(registered.code)) return unfinished(registered, name);
    const removed = await storage.remove(journal);
    return removed.ok ? registered : removed;
  }
  const made = await workspaces.get(name);
  return made.ok ? ok(true) : made.code === 'workspace_unknown' ? unknownWorkspace(name) : made;
};

/** After these the list is certain not to have the workspace, now or later. After others its journal stays. */
const rulesRefuse: ReadonlySet<ErrorCode> = new Set(['invalid_input', 'limit_exceeded']);

const unfinished = (why: Refusal, name: string): Refusal => {
  if (why.code === 'exists') return why;
  const what =
    why.code === 'outcome_unknown'
      ? `It could not be established whether the workspace "${name}" was put in the list.`
      : why.message;
  return refuse(
    why.code,
    `${what} What was imported is kept: run the same command again to finish. If it answers that the workspace is there already, all is done.`,
    why.details,
  );
};

interface Importing {
  readonly path: string;
  readonly storage: Storage;
  readonly journal: JournalName;
}

const buildAndPlace = async (given: Known, importing: Importing): Promise<Outcome<true>> => {
  const built = await buildDraft(given, importing);
  if (!built.ok) return built;
  const placed = await placeDraft(importing.storage, importing.journal);
  return placed.ok ? demandPlaced(importing, built.value) : placed;
};

interface Built {
  readonly id: string;
  readonly head: Head;
}

/** Offices can be lost: what has got the place has to be what was built. */
const demandPlaced = async ({ storage, journal }: Importing, { id, head }: Built): Promise<Outcome<true>> => {
  const opened = await storage.open(journal, 'must-exist');
  if (!opened.ok) return opened;
  try {
    const { seq, chain } = await headOf(opened.value);
    const isOurs = opened.value.identity.id === id && seq === head.seq && chain === head.chain;
    return isOurs ? ok(true) : foreign(storage, journal);
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  } finally {
    await opened.value.close();
  }
};

const foreign = (storage: Storage, journal: JournalName): Refusal =>
  refuse(
    'exists',
    `There is a journal at ${storage.placeOf(journal)} that no workspace has. Nothing was changed. Choose another name with --workspace.`,
    { place: storage.placeOf(journal) },
  );

/** A journal that no workspace has: whole, and of the same entries, where an earlier attempt has got no further. */
const demandOurs = async (given: Known, { path, storage, journal }: Importing): Promise<Outcome<true>> => {
  const opened = await storage.open(journal, 'must-exist');
  if (!opened.ok) return foreign(storage, journal);
  const store = opened.value;
  try {
    const codec = await codecOf(given, store);
    if (!codec.ok) return codec;
    let last = 0;
    for await (const entries of checkedEntries(path)) {
      const rows = await store.read(last, entries.length);
      const same = entries.every((entry, index) => {
        const there = codec.value.decode(rows[index]?.text ?? '{}', entry.seq);
        return there.ok && canonicalJson(there.value) === canonicalJson(entry);
      });
      if (!same) return foreign(storage, journal);
      last += entries.length;
    }
    return last === (await store.head()) ? ok(true) : foreign(storage, journal);
  } catch (thrown) {
    return fileRefusal(path, thrown, `${path} cannot be read`);
  } finally {
    await store.close();
  }
};

const buildDraft = async (given: Known, { path, storage, journal }: Importing): Promise<Outcome<Built>> => {
  const name = draftOf(journal);
  // What an earlier attempt has left is of no use: its identity is its own.
  const removed = await storage.remove(name);
  if (!removed.ok) return removed;
  const opened = await storage.open(name, { as: { id: randomUUID(), generation: 1 } });
  if (!opened.ok) return opened;
  const store = opened.value;
  try {
    const codec = await codecOf(given, store);
    if (!codec.ok) return codec;
    let head = beginningOf(store.identity);
    for await (const entries of checkedEntries(path)) {
      await codec.value.sealer?.prepare(entries);
      head = await appendChecked(store, head, rowsOf(codec.value, entries, head));
    }
    const verified = await verify(store);
    return verified.ok ? ok({ id: store.identity.id, head }) : verified;
  } catch (thrown) {
    if (thrown instanceof StoreFailure) return thrown.refusal;
    return fileRefusal(path, thrown, `${path} cannot be read`);
  } finally {
    await store.close();
  }
};

const rowsOf = (codec: Codec, entries: readonly Entry[], head: Head): readonly StoredRow[] => {
  let { chain } = head;
  return entries.map((entry) => {
    const text = codec.encode(entry);
    chain = chainLink(chain, text);
    return { seq: entry.seq, batch: '', text, chain };
  });
};

const tell = (
  { terminal }: Given,
  { name, path, entries }: { readonly name: string; readonly path: string; readonly entries: number },
): void => {
  if (terminal.json) writeJson(terminal, { workspace: name, entries });
  else terminal.out.write(`workspace "${name}": ${entriesIn(entries)} from ${path}\n`);
};
