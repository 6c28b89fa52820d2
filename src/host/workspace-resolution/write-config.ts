import { resolve } from 'node:path';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { secondMs } from '../../kernel/instants.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { pause } from '../../surfaces/pause.ts';
import { type Git, type Said, wordsOf } from './git.ts';

/** How long another git may take that writes the config at the same moment; it does that in milliseconds. */
const patienceMs = secondMs;
const pauseMs = 50;

interface Entry {
  readonly key: string;
  /** Of a workspace. */
  readonly name: string;
}

/**
 * Sets a key of the config of the repository around `folder`, in place of all its values. Git itself writes the file
 * anew beside the old one, as `config.lock`, which keeps every other git from writing meanwhile. When git is killed just
 * then, that stays behind for ever; nobody can tell it from one at work but by waiting.
 */
export const writeConfig = async (folder: string, git: Git, { key, name }: Entry): Promise<Outcome<true>> => {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const written = await git('config', '--local', '--replace-all', key, name);
    if (written.status === 0) return ok(true);
    if (!isLocked(written))
      return refuse(
        'storage_read_only',
        `The name of the workspace cannot be written to the git config of ${folder} (${wordsOf(written)}). ${instead(name)}`,
        { folder },
      );
    if (performance.now() >= deadline) return locked(folder, git, name);
    await pause(pauseMs);
  }
};

const isLocked = ({ err }: Said): boolean => /could not lock config file .+: File exists/.test(err);

const locked = async (folder: string, git: Git, name: string): Promise<Outcome<true>> => {
  const common = await git('rev-parse', '--git-common-dir');
  const lock = resolve(folder, common.out, 'config.lock');
  return refuse(
    'invalid_state',
    `The name of the workspace cannot be written to the git config of ${folder}, because ${lock} is there. A git that writes the config makes it, and leaves it behind only when it is killed: if none is at work, run rm ${shellWord(lock)} and then the same again. ${instead(name)}`,
    { folder, lock },
  );
};

const instead = (name: string): string =>
  `Without that, name it with --workspace ${name} or SIGNALBOX_WORKSPACE.`;
