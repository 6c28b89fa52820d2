import { type Effort, type Glob, compileGlob, compiledMeet } from '../../../kernel/glob.ts';
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

/** How many steps one comparison of patterns may take; beyond that they are taken to meet. */
const comparisonStepsMax = 500_000;

/** LE8: the patterns that can match a path that this one matches, itself among them if it is there. */
export function* meeting(index: FileLocks, pattern: string): Generator<string> {
  const glob = compileGlob(pattern);
  const effort: Effort = { left: comparisonStepsMax };
  for (const one of near(index, glob))
    if (one.glob.text === pattern || compiledMeet(glob, one.glob, effort)) yield one.glob.text;
}
