import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { onlyPartition } from '../../areas/workspaces/model.ts';
import type { Refusal } from '../../kernel/errors.ts';
import { spoken } from '../../kernel/instants.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { entriesIn } from '../journal-check.ts';
import { openJournals } from '../open-hub.ts';
import { journalPath } from '../workspaces.ts';
import { type Check, type Finding, type Patient, type ReadJournal, bad, good, warn } from './check.ts';

export const journals: Check = {
  name: 'journals',
  run: async (patient) => {
    const { settings } = patient.configuration;
    const read = patient.journals.map((journal) => ofJournal(journal, settings.dataDir));
    if (read.length === 0) return [good('There are none yet.')];
    return [...read, ...(await missing(patient))];
  },
};

const ofJournal = ({ file, checked }: ReadJournal, dataDir: string): Finding =>
  checked.ok
    ? good(`${file}: ${entriesIn(checked.value.entries)}, all good.`)
    : bad(`${file}: ${checked.message}`, mendOf(checked, join(dataDir, file)));

const mendOf = ({ code }: Refusal, path: string): string => {
  const word = shellWord(path);
  if (code === 'upgrade_required') return 'npm install signalbox@latest';
  if (code === 'journal_corrupt' || code === 'journal_missing')
    return `cp BACKUP ${word} && rm -f ${shellWord(`${path}.bell`)}`;
  return `chmod u+rw ${word}`;
};

/** What the list of workspaces says that there is, and is not. */
const missing = async ({
  configuration: { settings },
  log,
  journals: read,
}: Patient): Promise<readonly Finding[]> => {
  const list = read.find(({ file }) => file === 'hub.journal');
  if (list === undefined)
    return [
      bad(
        `hub.journal, the list of workspaces, is missing in ${settings.dataDir}.`,
        `cp BACKUP ${shellWord(join(settings.dataDir, 'hub.journal'))}`,
      ),
    ];
  if (!list.checked.ok) return [];
  const workspaces = await openJournals(settings, { log, ticksFirst: false, brief: true });
  if (!workspaces.ok)
    return [bad(workspaces.message, mendOf(workspaces, join(settings.dataDir, 'hub.journal')))];
  const rows = [...workspaces.value.hub.engine.slices.workspaces.workspaces.scan('all', onlyPartition)];
  await workspaces.value.close();
  return rows.flatMap(({ name, file, journal }) => {
    const path = journalPath(settings.dataDir, file);
    if (journal === undefined) return [];
    const word = shellWord(path);
    if (!existsSync(path))
      return [bad(`The journal of workspace "${name}", ${path}, is missing.`, `cp BACKUP ${word}`)];
    const found = read.find((one) => join(settings.dataDir, one.file) === path)?.checked;
    return found?.ok && found.value.id !== journal
      ? [bad(`${path} is another journal than that of workspace "${name}".`, `cp BACKUP ${word}`)]
      : [];
  });
};

/** A clock that is a little behind is made up for without anybody noticing. */
const behindMs = 60_000;

export const clock: Check = {
  name: 'clock',
  run: async ({ journals: read }) => {
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
