import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Changes } from './schedule.ts';

/** A bug to be put into a source file, and what finds it. */
export interface Hunt {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** What is special about the worlds in which it is looked for. */
  readonly changes?: Pick<Changes, 'theme' | 'tear' | 'weather'>;
  readonly seed: number;
  /** At most how many schedules. */
  readonly within: number;
  /** The source of an expression. */
  readonly foundBy: string;
}

/** What failed until it was found, seed by seed. */
export const hunt = async (bug: Hunt): Promise<readonly string[]> => {
  const child = fork(join(import.meta.dirname, 'edited.ts'), [JSON.stringify(bug)]);
  const told: (readonly string[])[] = [];
  child.on('message', (failures: readonly string[]) => void told.push(failures));
  const [code] = await once(child, 'exit');
  const [failures] = told;
  if (code !== 0 || failures === undefined) throw new Error(`A process with a known bug ended with ${code}.`);
  return failures;
};
