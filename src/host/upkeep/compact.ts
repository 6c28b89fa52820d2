import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Archives, type ListedArchive } from '../../journal/archives/archives.ts';
import { checkArchive } from '../../journal/archives/file.ts';
import { damagedArchive } from '../../journal/archives/format.ts';
import { writeArchive } from '../../journal/archives/write.ts';
import { fileRefusal } from '../../journal/file-faults.ts';
import type { Head } from '../../journal/head.ts';
import { beginningOf, headOf, linkAt } from '../../journal/rows.ts';
import { snapshotFile, writeSnapshot } from '../../journal/snapshots.ts';
import { type Storage, hubJournal } from '../../journal/storage.ts';
import { type Base, type Store, StoreFailure } from '../../journal/store.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { seeHelp } from '../../surfaces/cli/flags.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import type { Given } from '../commands/command.ts';
import { entriesIn } from '../journal-check.ts';
import { openJournals } from '../open-hub.ts';
import { demandArchives, withStorage } from '../storage.ts';
import { type WantedJournal, ownerAsked, wantedJournal } from '../wanted-journal.ts';
import { demandShown } from './archives-shown.ts';

const keptUnlessSaid = 1_000;

/** What a compaction came to. */
interface Compacted {
  /** The files that entries went to; none where there was nothing to do. */
  readonly archives: readonly string[];
  /** Where all archives of the journal lie, and how many they are. */
  readonly folder: string;
  readonly files: number;
  /** What lies in archives now. */
  readonly base: Seq;
  readonly head: Seq;
}

/**
 * Puts the older entries of a journal into an archive, beside whatever else works on it. In this order, so that nothing
 * is lost wherever it ends: a snapshot, so that starts need no archive; the archive, durable and read again; and only
 * then what is in it is taken out of the journal.
 */
export const compactJournal = async (given: Given): Promise<Outcome<true>> => {
  const owner = ownerAsked(given, 'compact');
  if (!owner.ok) return owner;
  const keep = keptOf(given);
  if (!keep.ok) return keep;
  const folder = await demandArchives(given.configuration.settings);
  if (!folder.ok) return folder;
  return withStorage(given.configuration.settings, async (storage) => {
    const wanted = await wantedJournal(given, owner.value ?? 'workspace', storage);
    if (!wanted.ok) return wanted;
    const place = storage.placeOf(wanted.value.journal);
    if (wanted.value.empty)
      return told(given, place, { archives: [], folder: folder.value, files: 0, base: 0, head: 0 });
    const seen = await snapshotOf(given, wanted.value);
    if (!seen.ok) return seen;
    const store = await storage.open(wanted.value.journal, 'must-exist');
    if (!store.ok) return store;
    try {
      const compacted = await compactUpTo(store.value, {
        archives: new Archives(folder.value, store.value.identity),
        upTo: seen.value - keep.value,
        showFolder: () => shown(given, storage, folder.value),
      });
      return compacted.ok ? told(given, place, compacted.value) : compacted;
    } catch (failure) {
      if (failure instanceof StoreFailure) return failure.refusal;
      throw failure;
    } finally {
      await store.value.close();
    }
  });
};

/** What is in files is read by the machine that has them, wherever its archives are. */
const shown = async (
  { configuration, flags }: Given,
  storage: Storage,
  archives: string,
): Promise<Outcome<true>> => {
  const { store } = configuration.settings;
  return store.kind === 'sqlite'
    ? ok(true)
    : demandShown({ storage, archives, folder: store.archives ?? archives, isFirst: flags.has('first') });
};

const keptOf = ({ flags }: Given): Outcome<number> => {
  const said = flags.get('keep');
  if (typeof said !== 'string') return ok(keptUnlessSaid);
  const count = Number(said);
  return /^\d+$/.test(said) && Number.isSafeInteger(count)
    ? ok(count)
    : refuse(
        'invalid_input',
        `--keep is a number of entries, such as ${keptUnlessSaid}.${seeHelp({ command: 'compact' })}`,
      );
};

/** Writes a snapshot of the journal as it is now; how far it goes. */
const snapshotOf = async (
  { configuration: { settings }, log }: Given,
  { workspace, journal }: WantedJournal,
): Promise<Outcome<Seq>> => {
  const opened = await openJournals(settings, { log, ticksFirst: false, brief: true });
  if (!opened.ok) return opened;
  try {
    const { hub } = opened.value;
    const found = journal === hubJournal ? ok(hub) : await opened.value.get(workspace);
    if (!found.ok) return found;
    const { engine, store } = found.value;
    const path = join(settings.cacheDir, snapshotFile(store.identity));
    const own = `${path}.${process.pid}`;
    try {
      const snapshot = engine.snapshot();
      // A hub may just be writing one of its own.
      await writeSnapshot(own, engine.areas, snapshot);
      await rename(own, path);
      return ok(snapshot.header.head.seq);
    } catch (thrown) {
      return fileRefusal(path, thrown, `The snapshot ${path} cannot be written. Nothing was changed`);
    }
  } finally {
    await opened.value.close();
  }
};

interface Compacting {
  readonly archives: Archives;
  /** The last entry that may go. */
  readonly upTo: Seq;
  /** Refuses, before anything of the journal goes there, a folder that other machines may not have. */
  readonly showFolder: () => Promise<Outcome<true>>;
}

const compactUpTo = async (
  store: Store,
  { archives, upTo, showFolder }: Compacting,
): Promise<Outcome<Compacted>> => {
  const office = await store.elect('compact');
  if (office === undefined)
    return refuse(
      'storage_busy',
      'This journal is being compacted by another process, or this user may not write where it is. Nothing was changed. Try again in a moment.',
    );
  try {
    // Where an earlier archive is missing is not where the next one belongs.
    const { seq: archived } = await store.base();
    const lacking = await archives.lacking(archived);
    if (lacking !== undefined) return lacking;
    if (archived === 0 && (upTo > 0 || (await archives.list()).length > 0)) {
      const isShown = await showFolder();
      if (!isShown.ok) return isShown;
    }
    await archives.removeDrafts();
    const files: string[] = [];
    const takenOver = await takeOver(store, archives, files);
    if (!takenOver.ok) return takenOver;
    const base = await store.base();
    if (upTo > base.seq) {
      const to = await linkAt(store, upTo);
      const written = await writeArchive(store, { folder: archives.folder, from: fromBase(store, base), to });
      if (!written.ok) return written;
      const truncated = await store.truncate(to);
      if (!truncated.ok) return truncated;
      files.push(written.value);
    }
    const { seq: head } = await headOf(store);
    const { seq: last } = await store.base();
    const all = (await archives.list()).filter((one) => one.last <= last);
    return ok({ archives: files, folder: archives.folder, files: all.length, base: last, head });
  } finally {
    await office.resign();
  }
};

const fromBase = (store: Store, { seq, chain }: Base): Head =>
  chain === undefined ? beginningOf(store.identity) : { seq, chain };

/** An archive that was written by a compaction that did not live to take its entries out of the journal. */
const takeOver = async (store: Store, archives: Archives, files: string[]): Promise<Outcome<true>> => {
  const listed = await archives.list();
  for (;;) {
    const { seq: base } = await store.base();
    const next = listed.find(({ first, last }) => first <= base + 1 && last > base);
    if (next === undefined) return ok(true);
    const head = await demandOurs(store, next);
    if (!head.ok) return head;
    const truncated = await store.truncate(head.value);
    if (!truncated.ok) return truncated;
    files.push(next.path);
  }
};

const demandOurs = async (store: Store, { path, last }: ListedArchive): Promise<Outcome<Head>> => {
  const checked = await checkArchive(path);
  if (!checked.ok) return checked;
  const head = (await store.head()) < last ? undefined : await linkAt(store, last);
  return head !== undefined && head.chain === checked.value.chain
    ? ok(head)
    : damagedArchive(path, 'its entries are others than those of the journal');
};

const told = (
  { terminal, configuration: { settings } }: Given,
  place: string,
  { archives, folder, files, base, head }: Compacted,
): Outcome<true> => {
  if (terminal.json) {
    writeJson(terminal, { journal: place, archives, folder, files, archived: base, entries: head });
    return ok(true);
  }
  const stays = head - base;
  const left = `${entriesIn(stays)} of ${head} ${stays === 1 ? 'stays' : 'stay'} in the journal`;
  const older = base === 0 ? '' : `, those up to entry ${base} lie in ${filesIn(files)} in ${folder}`;
  const isNew = archives.length > 0;
  terminal.out.write(`${place}: ${isNew ? '' : 'there is nothing to archive; '}${left}${older}\n`);
  if (!isNew) return ok(true);
  terminal.out.write(
    `New: ${archives.join(', ')}\nThe archives are part of the journal: keep all of them, and back them up with the journal.\n`,
  );
  const { kind, archives: shared } = settings.store;
  if (kind !== 'sqlite' && shared !== undefined)
    terminal.out.write(
      `Every hub and every machine of the cluster needs them: let archives (SIGNALBOX_ARCHIVES) name ${shared} wherever one runs.\n`,
    );
  return ok(true);
};

const filesIn = (count: number): string => `${count} ${count === 1 ? 'file' : 'files'}`;
