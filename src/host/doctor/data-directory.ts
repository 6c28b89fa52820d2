import { statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type JournalName, hubJournal, workspaceJournal } from '../../journal/storage.ts';
import { journalFile } from '../../stores/sqlite/storage.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { type Nearest, inTheWay, nearestTo, whyNot } from '../data-directory.ts';
import { type Check, type Finding, type Patient, bad, good, warn } from './check.ts';
import { chooseAnother, denial, isForeign, moveAside, permit, takeOver, whyNoFolderIn } from './mends.ts';

/** What others of this machine may do with a file of ours: nothing. */
const othersMode = 0o077;

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');

export const dataDirectory: Check = {
  name: 'data directory',
  run: async (patient) => {
    const { dataDir } = patient.configuration.settings;
    const nearest = await nearestTo(dataDir);
    if (nearest.path !== dataDir || nearest.is !== 'folder') return [await absent(nearest, patient)];
    const { uid, mode } = await stat(dataDir);
    // Nothing else can be done before that.
    if (isForeign(dataDir))
      return [
        bad(`${dataDir} belongs to user ${uid}, and this is ${process.getuid?.()}.`, takeOver(dataDir)),
      ];
    const denied = await denial(dataDir, 'all');
    if (denied !== undefined)
      return [
        bad(
          `${dataDir} cannot be used: ${denied === 'EACCES' ? 'this user may not read and write in it' : whyNot(denied)} (mode ${octal(mode)}).`,
          denied === 'EACCES' ? `chmod 700 ${shellWord(dataDir)}` : await chooseAnother(patient),
        ),
      ];
    const findings: Finding[] = [];
    if (isOpen(mode))
      findings.push(
        bad(
          `Others of this machine can look into ${dataDir} (mode ${octal(mode)}).`,
          `chmod 700 ${shellWord(dataDir)}`,
        ),
      );
    findings.push(...(await lockedFolders(dataDir)), ...(await ofJournalFiles(dataDir)));
    return findings.length > 0 ? findings : [good(`${dataDir} is yours alone and can be written.`)];
  },
};

const isOpen = (mode: number): boolean => process.platform !== 'win32' && (mode & othersMode) !== 0;

/** There is no data directory, and maybe there cannot be one. */
const absent = async (nearest: Nearest, patient: Patient): Promise<Finding> => {
  const { settings, origins } = patient.configuration;
  const { dataDir } = settings;
  if (nearest.is === 'folder') {
    const reason = await whyNoFolderIn(nearest.path);
    if (reason === undefined)
      return good(`${dataDir} is not there yet; the first command that needs it makes it.`);
    const isMine = reason === 'EACCES' && !isForeign(nearest.path);
    return bad(
      `${dataDir} cannot be reached or made in ${nearest.path}: ${whyNot(reason)}.`,
      isMine ? permit([nearest.path], 'u+rwx') : await chooseAnother(patient),
    );
  }
  const what = `${dataDir} cannot be the data directory: ${inTheWay(nearest)}.`;
  if (nearest.is === 'dangling' && (await canBeMade(nearest.target)))
    return bad(`${what} The command makes it.`, `mkdir -p -m 700 ${shellWord(nearest.target)}`);
  // Nobody has named it, so nothing else can be meant by what is there.
  const isStray = nearest.is === 'file' && nearest.path === dataDir && isDefault(origins.get('data-dir'));
  return bad(
    isStray ? what : `${what} Choose another with --data-dir or SIGNALBOX_DATA_DIR.`,
    isStray ? moveAside(dataDir) : await chooseAnother(patient),
  );
};

const isDefault = (origin: { readonly kind: string } | undefined): boolean =>
  origin === undefined || origin.kind === 'default';

const canBeMade = async (path: string): Promise<boolean> => {
  const nearest = await nearestTo(dirname(path));
  return nearest.is === 'folder' && (await whyNoFolderIn(nearest.path)) === undefined;
};

/** Folders of ours in the data directory in which this user may not write. */
const lockedFolders = async (dataDir: string): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const name of ['workspaces', 'pending-calls']) {
    const path = join(dataDir, name);
    const denied = await denial(path, 'all');
    if (denied !== undefined && denied !== 'ENOENT')
      findings.push(bad(`${path} cannot be used: ${whyNot(denied)}.`, permit([path], 'u+rwx')));
  }
  return findings;
};

/** Journals that others can read, behind whatever folder, and those that this user cannot write. */
const ofJournalFiles = async (dataDir: string): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const name of await journalNames(dataDir)) {
    const path = journalFile(dataDir, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() !== true) continue;
    const locked = await lockedAmong(path);
    if (locked !== undefined) findings.push(locked);
    if (isOpen(found.mode))
      findings.push(
        warn(
          `Others of this machine may read ${path} (mode ${octal(found.mode)}).`,
          `chmod 600 ${shellWord(path)}`,
        ),
      );
  }
  return findings;
};

/** A journal is one file for its readers, and several for the system. */
const lockedAmong = async (journal: string): Promise<Finding | undefined> => {
  const denied: string[] = [];
  let unreadable = false;
  for (const path of [journal, `${journal}-wal`, `${journal}-shm`]) {
    const reason = await denial(path, 'write');
    if (reason === undefined || reason === 'ENOENT') continue;
    denied.push(path);
    unreadable ||= (await denial(path, 'read')) !== undefined;
  }
  const what = unreadable ? 'read and write' : 'write';
  return denied.length === 0
    ? undefined
    : bad(
        `This user may not ${what} ${denied.join(' and ')}, so nothing can be stored there.`,
        permit(denied, unreadable ? 'u+rw' : 'u+w'),
      );
};

/** The journals whose files are in a data directory, also where it can be read in part only: the list of workspaces first. */
export const journalNames = async (dataDir: string): Promise<readonly JournalName[]> => {
  const inside = async (folder: string): Promise<readonly string[]> => {
    try {
      const suffix = '.journal';
      return (await readdir(join(dataDir, folder)))
        .filter((name) => name.endsWith(suffix))
        .map((name) => name.slice(0, -suffix.length))
        .toSorted();
    } catch {
      return [];
    }
  };
  return [
    ...(await inside('.')).filter((name) => name === hubJournal).map(() => hubJournal),
    ...(await inside('workspaces')).map(workspaceJournal),
  ];
};
