import { type Glob, compileGlob, compiledMeet, globsMeet, isGlob, namesFile } from '../../../kernel/glob.ts';
import { type GlobIndex, globIndex, near, withGlob, withoutGlob } from '../../../kernel/glob-index.ts';

/** A file lock by its pattern. Who holds it, or waits for it, lies at its place in the tree of names. */
interface FileLock {
  readonly glob: Glob;
}

export type FileLocks = GlobIndex<FileLock>;

export const noFileLocks: FileLocks = globIndex<FileLock>();

export const addFileLock = (index: FileLocks, pattern: string): FileLocks =>
  withGlob(index, { glob: compileGlob(pattern) });

export const dropFileLock = (index: FileLocks, pattern: string): FileLocks =>
  withoutGlob(index, pattern, ({ glob }) => glob.text === pattern);

/** LE8: the patterns that can match a path that this one matches, itself among them if it is there. */
export function* meeting(index: FileLocks, pattern: string): Generator<string> {
  const glob = compileGlob(pattern);
  for (const one of near(index, glob)) if (compiledMeet(glob, one.glob)) yield one.glob.text;
}

/** LE8 */
export const filesMeet = globsMeet;

/**
 * LE21: whether one pattern stands for all that another one does. It is certain of what is written below a folder, and
 * of a single file; of all else the answer is "no".
 */
export const includesFile = (whole: string, part: string): boolean => {
  const folder = whole.replace(/(^|\/)\*\*$/, '$1');
  const below = folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
  if (!isGlob(below)) return part.startsWith(below);
  return !isGlob(part) && namesFile(part) && globsMeet(whole, part);
};
