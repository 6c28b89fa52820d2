import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Outcome, ok } from '../../../kernel/errors.ts';
import { isoTime } from '../../../kernel/instants.ts';
import { writeJson } from '../../../surfaces/cli/plain.ts';
import type { Given } from '../../commands/command.ts';
import { entriesIn } from '../../journal-check.ts';
import { withStorage } from '../../storage.ts';
import { rememberCopy } from '../known-copies.ts';
import { nothingKept } from '../nothing-kept.ts';
import { shownJournal } from './format.ts';
import { type BackupSource, type WrittenBackup, writeBackup } from './write.ts';

/** Writes all journals of the place into a new file, beside whatever works on them. */
export const backUp = async (given: Given): Promise<Outcome<true>> => {
  const { configuration, flags, terminal } = given;
  const { dataDir } = configuration.settings;
  return withStorage(configuration.settings, async (storage) => {
    const out = flags.get('out');
    const path = typeof out === 'string' ? await fileAt(resolve(out)) : backupIn(dataDir, 'backup');
    const written = await backUpTo({ storage, given, withKeys: !flags.has(noKeys) }, path);
    if (!written.ok) return written;
    const { journals, beginning, sha256, keysPath } = written.value;
    if (typeof out === 'string')
      await rememberCopy(given, { path, kind: 'backup', journals: journals.map(({ id }) => id) });
    if (terminal.json)
      writeJson(terminal, {
        backup: path,
        time: beginning.time,
        journals: journals.map(shownJournal),
        sha256,
        keys: keysPath ?? null,
      });
    else terminal.out.write(backupText(written.value));
    return ok(true);
  });
};

const noKeys = 'no-keys';

/** Where nothing was ever written there is nothing to back up. */
export const backUpTo = async (source: BackupSource, path: string): Promise<Outcome<WrittenBackup>> => {
  const names = await source.storage.names();
  if (!names.ok) return names;
  return names.value.length === 0 ? nothingKept(source.storage, 'back up') : writeBackup(source, path);
};

/** A name that says when, in the folder of backups. `what`: what it begins with. */
export const backupIn = (dataDir: string, what: string): string => join(backupsIn(dataDir), nameNow(what));

export const backupsIn = (dataDir: string): string => join(dataDir, 'backups');

const nameNow = (what: string): string =>
  `signalbox-${what}-${isoTime(Date.now()).replaceAll(/[:.]/g, '-')}.jsonl.gz`;

/** In a folder it gets a name of its own. */
const fileAt = async (path: string): Promise<string> => {
  try {
    return (await stat(path)).isDirectory() ? join(path, nameNow('backup')) : path;
  } catch {
    // Not there yet, or not to be looked at, which writing finds out.
    return path;
  }
};

const backupText = ({ path, journals, keysPath }: WrittenBackup): string =>
  [
    `${path}: ${journals.length === 1 ? '1 journal' : `${journals.length} journals`}, read again and good:`,
    ...journals.map(({ name, entries }) => `  ${name}: ${entriesIn(entries)}`),
    'Keep it on another disk. Tokens, keys and settings are files beside the journals and are not in it.',
    ...keysLines(journals, keysPath),
    '',
  ].join('\n');

const keysLines = (
  journals: WrittenBackup['journals'],
  keysPath: WrittenBackup['keysPath'],
): readonly string[] => {
  if (keysPath !== undefined)
    return [
      `${keysPath}: the keys of personal text. They belong to the backup: without them it is restored without titles, messages and notes. Keep them apart from it, and after each signalbox erase replace copies of them and of all older ones by those of a new backup.`,
    ];
  return journals.some(({ keys = [] }) => keys.length > 0)
    ? ['The keys of personal text were left out: restored elsewhere it has no titles, messages or notes.']
    : [];
};
