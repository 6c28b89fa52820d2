import { statSync } from 'node:fs';
import { shellWord } from '../surfaces/cli/answer.ts';

/** Whether another user has it; what cannot be told is taken for one's own. */
export const isForeign = (path: string): boolean => {
  const own = process.getuid?.();
  const owner = statSync(path, { throwIfNoEntry: false })?.uid;
  return own !== undefined && owner !== undefined && owner !== own;
};

export const takeOver = (path: string): string =>
  `sudo chown -R ${process.getuid?.() ?? '"$USER"'} ${shellWord(path)}`;

/** Gives this user back what it needs of a file or folder: `u+w` and the like, or the ownership first. */
export const permit = (paths: readonly string[], mode: string): string => {
  const [foreign] = paths.filter(isForeign);
  const words = paths.map(shellWord).join(' ');
  return foreign === undefined ? `chmod ${mode} ${words}` : takeOver(foreign);
};
