import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord } from '../../kernel/json.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { type Check, type Finding, bad, good, reasonOf, warn } from './check.ts';

/** What others of this machine may do with a file of ours: nothing. */
const othersMode = 0o077;

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');

export const dataDirectory: Check = {
  name: 'data directory',
  run: async ({ configuration: { settings } }) => {
    const { dataDir } = settings;
    const word = shellWord(dataDir);
    try {
      const found = await stat(dataDir);
      const { uid, mode } = found;
      if (!found.isDirectory())
        return [bad(`${dataDir} is not a directory.`, `mv ${word} ${shellWord(`${dataDir}.aside`)}`)];
      const own = process.getuid?.();
      const findings: Finding[] = [];
      if (own !== undefined && uid !== own)
        findings.push(
          bad(`${dataDir} belongs to user ${uid}, and this is ${own}.`, `sudo chown -R ${own} ${word}`),
        );
      if (process.platform !== 'win32' && (mode & othersMode) !== 0)
        findings.push(
          bad(`Others of this machine can look into ${dataDir} (mode ${octal(mode)}).`, `chmod 700 ${word}`),
        );
      if (!(await isWritable(dataDir)))
        findings.push(bad(`${dataDir} cannot be written.`, `chmod u+rwx ${word}`));
      findings.push(...(await openFiles(dataDir)));
      return findings.length > 0 ? findings : [good(`${dataDir} is yours alone and can be written.`)];
    } catch (thrown) {
      return isRecord(thrown) && thrown['code'] === 'ENOENT'
        ? [good(`${dataDir} is not there yet; the first command that needs it makes it.`)]
        : [bad(`${dataDir} cannot be looked at (${reasonOf(thrown)}).`, `ls -ld ${word}`)];
    }
  },
};

const isWritable = async (path: string): Promise<boolean> => {
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Journals that others can read, behind whatever folder. */
const openFiles = async (dataDir: string): Promise<readonly Finding[]> => {
  if (process.platform === 'win32') return [];
  const findings: Finding[] = [];
  for (const file of await journalFiles(dataDir)) {
    const path = join(dataDir, file);
    const { mode } = await stat(path);
    if ((mode & othersMode) !== 0)
      findings.push(
        warn(
          `Others of this machine may read ${path} (mode ${octal(mode)}).`,
          `chmod 600 ${shellWord(path)}`,
        ),
      );
  }
  return findings;
};

/** The journals in a data directory: the list of workspaces first. */
export const journalFiles = async (dataDir: string): Promise<readonly string[]> => {
  const inside = async (folder: string): Promise<readonly string[]> => {
    try {
      return (await readdir(join(dataDir, folder)))
        .filter((name) => name.endsWith('.journal'))
        .map((name) => join(folder, name))
        .toSorted();
    } catch {
      return [];
    }
  };
  return [...(await inside('.')), ...(await inside('workspaces'))];
};
