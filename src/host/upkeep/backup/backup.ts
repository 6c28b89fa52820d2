import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Outcome, ok } from '../../../kernel/errors.ts';
import { isoTime } from '../../../kernel/instants.ts';
import type { Storage } from '../../../journal/storage.ts';
import { writeJson } from '../../../surfaces/cli/plain.ts';
import type { Given } from '../../commands/command.ts';
import { entriesIn } from '../../journal-check.ts';
import { withStorage } from '../../storage.ts';
import { nothingKept } from '../nothing-kept.ts';
import type { CheckedBackup } from './read.ts';
import { writeBackup } from './write.ts';

/** Writes all journals of the place into a new file, beside whatever works on them. */
export const backUp = async (given: Given): Promise<Outcome<true>> => {
  const { configuration, flags, terminal } = given;
  const { dataDir } = configuration.settings;
  return withStorage(configuration.settings, async (storage) => {
    const out = flags.get('out');
    const path = typeof out === 'string' ? await fileAt(resolve(out)) : backupIn(dataDir, 'backup');
    const written = await backUpTo(storage, path, given);
    if (!written.ok) return written;
    const { journals, beginning, sha256 } = written.value;
    if (terminal.json) writeJson(terminal, { backup: path, time: beginning.time, journals, sha256 });
    else terminal.out.write(backupText(written.value));
    return ok(true);
  });
};

/** Where nothing was ever written there is nothing to back up. */
export const backUpTo = async (
  storage: Storage,
  path: string,
  given: Pick<Given, 'configuration' | 'log'>,
): Promise<Outcome<CheckedBackup>> => {
  const names = await storage.names();
  if (!names.ok) return names;
  return names.value.length === 0 ? nothingKept(storage.place, 'back up') : writeBackup(storage, path, given);
};

/** A name that says when, in the folder of backups. `what`: what it begins with. */
export const backupIn = (dataDir: string, what: string): string => join(dataDir, 'backups', nameNow(what));

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

const backupText = ({ path, journals }: CheckedBackup): string =>
  [
    `${path}: ${journals.length === 1 ? '1 journal' : `${journals.length} journals`}, read again and good:`,
    ...journals.map(({ name, entries }) => `  ${name}: ${entriesIn(entries)}`),
    'Keep it on another disk. Tokens, keys and settings are files beside the journals and are not in it.',
    '',
  ].join('\n');
