import { constants } from 'node:fs';
import { access, lstat, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeFolder } from '../journal/folders.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';

/** Makes the data directory, for its owner alone, unless it is there; what keeps it from being used is refused. */
export const prepareDataDirectory = async (dataDir: string): Promise<Outcome<true>> => {
  try {
    await makeFolder(dataDir);
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return ok(true);
  } catch (thrown) {
    return dataDirectoryRefusal(dataDir, errorCodeIn(thrown));
  }
};

const dataDirectoryRefusal = async (dataDir: string, reason: string): Promise<Refusal> =>
  refuse(
    reason === 'ENOSPC' || reason === 'EDQUOT' ? 'storage_full' : 'storage_read_only',
    `The data directory ${dataDir} cannot be used: ${inTheWay(await nearestTo(dataDir)) ?? whyNot(reason)}. Choose another with --data-dir.`,
    { path: dataDir, reason },
  );

/** The error name that the system answered with, such as `EACCES`. */
export const errorCodeIn = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);

/** What is there of a path: what it names, or what the nearest folder above names. */
export type Nearest =
  | { readonly is: 'folder' | 'file' | 'other' | 'circle'; readonly path: string }
  /** A symbolic link to `target`, which is not there. */
  | { readonly is: 'dangling'; readonly path: string; readonly target: string };

export const nearestTo = async (wanted: string): Promise<Nearest> => {
  for (let path = wanted; ; path = dirname(path)) {
    try {
      const isLink = (await lstat(path)).isSymbolicLink();
      return isLink ? await behindLink(path) : { is: kindOf(await stat(path)), path };
    } catch (thrown) {
      if (dirname(path) === path) throw thrown;
    }
  }
};

const kindOf = (found: Awaited<ReturnType<typeof stat>>): 'folder' | 'file' | 'other' => {
  if (found.isDirectory()) return 'folder';
  return found.isFile() ? 'file' : 'other';
};

const behindLink = async (path: string): Promise<Nearest> => {
  try {
    return { is: kindOf(await stat(path)), path };
  } catch (thrown) {
    const code = errorCodeIn(thrown);
    if (code === 'ELOOP') return { is: 'circle', path };
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return { is: 'dangling', path, target: await endOfLinks(path) };
    throw thrown;
  }
};

/** Where a link leads in the end that leads to nothing. */
const endOfLinks = async (link: string): Promise<string> => {
  const target = resolve(await realpath(dirname(link)), await readlink(link));
  try {
    return (await lstat(target)).isSymbolicLink() ? await endOfLinks(target) : target;
  } catch {
    return target;
  }
};

/** What stands where a folder should be, as the end of a sentence; undefined where that is a folder. */
export const inTheWay = (nearest: Nearest): string | undefined => {
  switch (nearest.is) {
    case 'folder':
      return undefined;
    case 'file':
      return `${nearest.path} is a file`;
    case 'other':
      return `${nearest.path} is not a folder`;
    case 'circle':
      return `the symbolic link ${nearest.path} leads in a circle`;
    case 'dangling':
      return `${nearest.path} is a symbolic link to ${nearest.target}, which is not there`;
  }
};

/** Why nothing can be written in a folder, as the end of a sentence. */
export const whyNot = (reason: string): string => {
  switch (reason) {
    case 'EACCES':
    case 'EPERM':
      return 'this user may not write there';
    case 'EROFS':
      return 'it is on a file system that is read-only';
    case 'ENOENT':
      return 'the system makes no folders there';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'there is no room on the disk';
    case 'ENAMETOOLONG':
      return 'the path is too long';
    default:
      return `the system says ${reason}`;
  }
};
