import { type JournalName, type Storage } from '../../journal/storage.ts';
import { present } from '../../kernel/assert.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { seeHelp } from '../../surfaces/cli/flags.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import { whileAlone } from '../at-work.ts';
import type { Given } from '../commands/command.ts';
import { entriesIn } from '../journal-check.ts';
import { withStorage } from '../storage.ts';
import { wantedJournal } from '../wanted-journal.ts';
import { agreed } from './agreed.ts';
import { backUpTo, backupIn } from './backup/backup.ts';
import type { BackupJournal } from './backup/format.ts';
import { draftOf } from './drafts.ts';
import { withoutHub } from './hub-at-work.ts';

/** Lets a workspace begin anew, empty, as the next generation of its journal. Everything is backed up first. */
export const resetWorkspace = async (given: Given): Promise<Outcome<true>> => {
  const { settings } = given.configuration;
  if (!given.flags.has('workspace'))
    return refuse(
      'invalid_input',
      `Say with --workspace which workspace is to begin anew.${seeHelp({ command: 'reset' })}`,
    );
  return withoutHub(settings.dataDir, () =>
    withStorage(settings, (storage) => whileAlone(storage, () => resetIn(given, storage))),
  );
};

const resetIn = async (given: Given, storage: Storage): Promise<Outcome<true>> => {
  const { settings } = given.configuration;
  const wanted = await wantedJournal(given, 'workspace', storage);
  if (!wanted.ok) return wanted;
  const { workspace, journal, empty } = wanted.value;
  if (empty) return tell(given, workspace, undefined);
  const yes = await agreed(given, {
    lines: [
      `Everything in workspace "${workspace}" is taken out of it: tasks, messages, locks and their history.`,
      'All journals are backed up first, into the folder backups of the data directory.',
    ],
    command: `signalbox reset --workspace ${shellWord(workspace)} --data-dir ${shellWord(settings.dataDir)}`,
  });
  if (!yes.ok) return yes;
  const begun = await backUpAndBegin(given, storage, journal);
  return begun.ok ? tell(given, workspace, begun.value) : begun;
};

/** How often it is backed up again because of what single commands have written meanwhile. */
const roundsMax = 5;

/** What is taken out is in the backup, all of it. */
const backUpAndBegin = async (
  given: Given,
  storage: Storage,
  journal: JournalName,
): Promise<Outcome<BegunAnew>> => {
  const { dataDir } = given.configuration.settings;
  for (let round = 1; ; round += 1) {
    const before = await backUpTo({ given, storage, withKeys: true }, backupIn(dataDir, 'before-reset'));
    if (!before.ok) return before;
    const { path, journals } = before.value;
    const kept = present(
      journals.find(({ name }) => name === journal),
      'a backup has every journal',
    );
    const begun = await beginAnew(storage, kept);
    if (begun.ok) return ok({ entries: kept.entries, generation: begun.value, backup: path });
    if (begun.code !== 'storage_busy' || round === roundsMax) return begun;
  }
};

interface BegunAnew {
  readonly entries: number;
  readonly generation: number;
  readonly backup: string;
}

/** Only while it is as it is in the backup; which generation it is then. */
const beginAnew = async (
  storage: Storage,
  { name: journal, id, generation: last, entries }: BackupJournal,
): Promise<Outcome<number>> => {
  const draft = draftOf(journal);
  const removed = await storage.remove(draft);
  if (!removed.ok) return removed;
  const generation = last + 1;
  const made = await storage.open(draft, { as: { id, generation } });
  if (!made.ok) return made;
  await made.value.close();
  // The keys of the old one stay, so that its backup can be read.
  const replaced = await storage.replace(journal, draft, entries);
  return replaced.ok ? ok(generation) : replaced;
};

const tell = ({ terminal }: Given, workspace: string, begun: BegunAnew | undefined): Outcome<true> => {
  if (terminal.json)
    writeJson(terminal, {
      workspace,
      entries: begun?.entries ?? 0,
      generation: begun?.generation ?? null,
      before: begun?.backup ?? null,
    });
  else if (begun === undefined)
    terminal.out.write(`workspace "${workspace}": nothing was ever written there, so it is empty already\n`);
  else
    terminal.out.write(
      `workspace "${workspace}" is empty, generation ${begun.generation}; ${entriesIn(begun.entries)} of before are in ${begun.backup}\n`,
    );
  return ok(true);
};
