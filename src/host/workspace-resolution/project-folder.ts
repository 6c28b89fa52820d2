import { gitIn } from './git.ts';
import type { Place } from './resolve.ts';

/** The top of the repository, where clients look for what belongs to a project; outside of any, the folder itself. */
export const projectFolder = async ({ cwd, env }: Place): Promise<string> => {
  const top = await gitIn(cwd, env)('rev-parse', '--show-toplevel');
  return top.status === 0 && top.out !== '' ? top.out : cwd;
};
