import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { onlyPartition } from '../../areas/workspaces/model.ts';
import { type Refusal, ok } from '../../kernel/errors.ts';
import { type JournalName, hubJournal, workspaceJournal } from '../../journal/storage.ts';
import { spoken } from '../../kernel/instants.ts';
import { journalFile } from '../../stores/sqlite/storage.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { entriesIn } from '../journal-check.ts';
import { openJournals } from '../open-hub.ts';
import { withStorage } from '../storage.ts';
import { isDraft } from '../upkeep/drafts.ts';
import { type Check, type Finding, type Patient, type ReadJournal, bad, good, warn } from './check.ts';
import { leftDraft } from './left-draft.ts';
import { asideOf, denial, isForeign, mendArchive, moveAside, permit } from './mends.ts';

export const journals: Check = {
  name: 'journals',
  run: async (patient) => {
    if (patient.sealed) return [];
    const { dataDir, store } = patient.configuration.settings;
    if (store.kind !== 'sqlite') return [];
    if (patient.journals.length === 0) return [good('There are none yet.')];
    const whole = await withStorage(patient.configuration.settings, async () => ok(true));
    if (!whole.ok && whole.code === 'invalid_state') return [bad(whole.message, 'signalbox help restore')];
    const findings: Finding[] = [];
    for (const journal of patient.journals) {
      if (!(await isLocked(journal, dataDir))) findings.push(ofJournal(journal, dataDir));
    }
    return [...findings, ...(await missing(patient))];
  },
};

/** Whether the check of the data directory tells already why it cannot be read. */
const isLocked = async ({ file, checked }: ReadJournal, dataDir: string): Promise<boolean> =>
  !checked.ok &&
  checked.code === 'storage_read_only' &&
  (isForeign(dataDir) || (await denial(join(dataDir, file), 'write')) !== undefined);

const ofJournal = ({ file, checked }: ReadJournal, dataDir: string): Finding =>
  isDraft(nameOf(file))
    ? leftDraft(nameOf(file), { where: file, remove: `rm ${shellWord(join(dataDir, file))}*` })
    : checked.ok
      ? good(`${file}: ${entriesIn(checked.value.entries)}, all good.`)
      : unread(`${file}: ${checked.message}`, checked, join(dataDir, file));

const nameOf = (file: string): JournalName =>
  dirname(file) === '.' ? hubJournal : workspaceJournal(basename(file, '.journal'));

const unread = (what: string, { code, details }: Refusal, path: string): Finding => {
  // The journal itself is as it should be.
  if (details['archive'] !== undefined) return bad(what, mendArchive(code));
  if (code === 'upgrade_required') return bad(what, 'npm install signalbox@latest');
  if (code === 'journal_corrupt') return setAside(what, path);
  if (code === 'journal_missing') return lost(what, path);
  return bad(what, code.startsWith('storage_') ? permit([path], 'u+rw') : 'signalbox encryption status');
};

/** With all that belongs to it: what lies beside a journal is never that of another. */
const setAside = (what: string, path: string): Finding => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
    return bad(`${path} is a folder, and no journal.`, moveAside(path));
  const folder = shellWord(asideOf(path));
  const files = [path, ...['-wal', '-shm', '.bell'].map((end) => `${path}${end}`).filter(existsSync)];
  return bad(
    `${what} The command moves it aside with all that belongs to it. Then copy a backup to its place; without one, what it holds is lost to Signalbox, and signalbox doctor says how to go on.`,
    `mkdir ${folder} && mv ${files.map(shellWord).join(' ')} ${folder}`,
  );
};

/** What is known of a journal is only its id, so no new one can take its place. */
const lost = (what: string, path: string): Finding => {
  const isList = basename(path) === 'hub.journal';
  const dataDir = isList ? dirname(path) : dirname(dirname(path));
  return bad(
    `${what} With a backup, copy it to ${path}. Without, ${
      isList
        ? 'the names of the workspaces are lost, and their journals cannot be reached'
        : 'what it held is lost; others go on, and signalbox workspace add NAME makes one in its stead'
    }. To begin anew with nothing, stop the hub; the command moves the whole data directory aside.`,
    moveAside(dataDir),
  );
};

/** What the list of workspaces says that there is, and is not. */
const missing = async ({
  configuration: { settings },
  log,
  journals: read,
}: Patient): Promise<readonly Finding[]> => {
  const list = read.find(({ file }) => file === 'hub.journal');
  const listPath = join(settings.dataDir, 'hub.journal');
  if (list === undefined)
    return [lost(`hub.journal, the list of workspaces, is missing in ${settings.dataDir}.`, listPath)];
  if (!list.checked.ok || (await denial(join(settings.dataDir, 'workspaces'), 'enter')) === 'EACCES')
    return [];
  const workspaces = await openJournals(settings, { log, ticksFirst: false, brief: true });
  if (!workspaces.ok) {
    // What it may not write is told where the data directory is looked at.
    return workspaces.code === 'storage_read_only' ? [] : [unread(workspaces.message, workspaces, listPath)];
  }
  const rows = [...workspaces.value.hub.engine.slices.workspaces.workspaces.scan('all', onlyPartition)];
  await workspaces.value.close();
  return rows.flatMap(({ name, file, journal }) => {
    const path = journalFile(settings.dataDir, workspaceJournal(file));
    if (journal === undefined) return [];
    if (!existsSync(path)) return [lost(`The journal of workspace "${name}", ${path}, is missing.`, path)];
    const found = read.find((one) => join(settings.dataDir, one.file) === path)?.checked;
    return found?.ok && found.value.identity.id !== journal
      ? [setAside(`${path} is another journal than that of workspace "${name}".`, path)]
      : [];
  });
};

/** A clock that is a little behind is made up for without anybody noticing. */
const behindMs = 60_000;

export const clock: Check = {
  name: 'clock',
  run: async ({ sealed, journals: read }) => {
    if (sealed) return [];
    const last = Math.max(...read.map(({ checked }) => lastOf(checked)));
    const aheadMs = last - Date.now();
    if (last === Number.NEGATIVE_INFINITY) return [good('There is nothing to compare it with yet.')];
    return [
      aheadMs > behindMs
        ? warn(
            `The clock of this machine is ${spoken(aheadMs)} behind the last entry of a journal. New entries get the time of that one until the clock has caught up.`,
            'sudo timedatectl set-ntp true',
          )
        : good('It is not behind the journals.'),
    ];
  },
};

const lastOf = (checked: ReadJournal['checked']): number =>
  (checked.ok ? checked.value.lastAt : undefined) ?? Number.NEGATIVE_INFINITY;
