import { type Effort, type Glob, compileGlob, compiledMeet } from '../../../kernel/glob.ts';
import { type GlobIndex, globIndex, near, withGlob, withoutGlob } from '../../../kernel/glob-index.ts';
import { fileComparisonStepsMax } from './limits.ts';

/** A path pattern of a task that somebody holds. */
export interface HeldFile {
  readonly task: string;
  readonly holder: string;
  readonly glob: Glob;
}

/** The files of all held tasks. */
export type HeldFiles = GlobIndex<HeldFile>;

export const noHeldFiles: HeldFiles = globIndex<HeldFile>();

interface HeldTask {
  readonly id: string;
  readonly files: readonly string[];
}

export const holdFiles = (index: HeldFiles, task: HeldTask, holder: string): HeldFiles => {
  let next = index;
  for (const file of task.files) next = withGlob(next, { task: task.id, holder, glob: compileGlob(file) });
  return next;
};

export const freeFiles = (index: HeldFiles, task: HeldTask): HeldFiles => {
  let next = index;
  for (const file of task.files) next = withoutGlob(next, file, (held) => held.task === task.id);
  return next;
};

/** Who may not have their files touched, seen from one agent and one of its tasks. */
interface Claimant {
  readonly agent: string;
  readonly task: string;
  readonly files: readonly string[];
}

export const fullEffort = (): Effort => ({ left: fileComparisonStepsMax });

/**
 * A file that another agent holds and that one of these could touch. What comparing takes is used up of the effort, which
 * never changes the answer.
 */
export const fileConflict = (
  index: HeldFiles,
  { agent, task, files }: Claimant,
  effort?: Effort,
): { readonly held: HeldFile; readonly file: string } | undefined => {
  for (const file of files) {
    const glob = compileGlob(file);
    for (const held of near(index, glob)) {
      if (held.holder === agent || held.task === task) continue;
      if (compiledMeet(glob, held.glob, effort)) return { held, file };
    }
  }
  return undefined;
};
