import { once } from 'node:events';
import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileRefusal } from '../../journal/file-faults.ts';
import { beginningOf, checkedPages } from '../../journal/rows.ts';
import { type Store, StoreFailure } from '../../journal/store.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { seeHelp } from '../../surfaces/cli/flags.ts';
import { jsonLine, writeJson } from '../../surfaces/cli/plain.ts';
import type { Given } from '../commands/command.ts';
import { entriesIn } from '../journal-check.ts';
import { withStorage } from '../storage.ts';
import { codecOf } from './entry-codec.ts';
import { rememberCopy } from './known-copies.ts';
import { nothingOver } from '../whole-file.ts';
import { ownerAsked, wantedJournal } from '../wanted-journal.ts';

/** Takes lines; where it cannot, that is thrown. */
type Write = (text: string) => Promise<void>;

/** Writes the entries of a journal, as this version reads them, one to a line. */
export const exportJournal = async (given: Given): Promise<Outcome<true>> => {
  const { configuration, flags, terminal } = given;
  const owner = ownerAsked(given, 'export');
  if (!owner.ok) return owner;
  const out = flags.get('out');
  if (terminal.json && typeof out !== 'string')
    return refuse(
      'invalid_input',
      `--json is one document, and an export is one for each entry. Leave it out, or name a file with --out.${seeHelp({ command: 'export' })}`,
    );
  return withStorage(configuration.settings, async (storage) => {
    const wanted = await wantedJournal(given, owner.value ?? 'workspace', storage);
    if (!wanted.ok) return wanted;
    const { workspace, journal, empty } = wanted.value;
    const store = empty ? undefined : await storage.open(journal, 'must-exist');
    if (store?.ok === false) return store;
    try {
      if (typeof out !== 'string') {
        const written = await writeEntries(given, store?.value, (text) => toTerminal(terminal.out, text));
        return written.ok ? ok(true) : written;
      }
      const path = resolve(out);
      const written = await toFile(path, (write) => writeEntries(given, store?.value, write));
      if (!written.ok) return written;
      if (store !== undefined)
        await rememberCopy(given, { path, kind: 'export', journals: [store.value.identity.id] });
      if (terminal.json) writeJson(terminal, { export: path, workspace, entries: written.value });
      else terminal.out.write(`${path}: ${entriesIn(written.value)} of ${workspace}\n`);
      return ok(true);
    } finally {
      await store?.value.close();
    }
  });
};

/** How many there were. */
const writeEntries = async (
  given: Given,
  store: Store | undefined,
  write: Write,
): Promise<Outcome<number>> => {
  if (store === undefined) return ok(0);
  try {
    const codec = await codecOf(given, store);
    if (!codec.ok) return codec;
    const head = await store.head();
    for await (const rows of checkedPages(store, beginningOf(store.identity), head)) {
      const lines: string[] = [];
      for (const { seq, text } of rows) {
        const entry = codec.value.decode(text, seq);
        if (!entry.ok) return entry;
        lines.push(jsonLine(entry.value));
      }
      await write(lines.join(''));
    }
    return ok(head);
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  }
};

/** Whoever reads slowly is waited for; who reads no further ends it. */
const toTerminal = async (out: Given['terminal']['out'], text: string): Promise<void> => {
  if (out.destroyed || out.write(text)) return;
  await Promise.race([once(out, 'drain'), once(out, 'close')]);
};

const toFile = async <T>(path: string, work: (write: Write) => Promise<Outcome<T>>): Promise<Outcome<T>> => {
  const draft = `${path}.draft`;
  try {
    const reserved = await open(path, 'wx', 0o600);
    await reserved.close();
    const file = await open(draft, 'w', 0o600);
    let outcome: Outcome<T>;
    try {
      outcome = await work((text) => file.writeFile(text));
      await file.sync();
    } finally {
      await file.close();
    }
    if (outcome.ok) await rename(draft, path);
    else await rm(path);
    return outcome;
  } catch (thrown) {
    const refusal: Refusal = fileRefusal(path, thrown, `The export cannot be written to ${path}`);
    if (refusal.code === 'exists') return nothingOver(path);
    await rm(path, { force: true });
    return refusal;
  } finally {
    await rm(draft, { force: true });
  }
};
