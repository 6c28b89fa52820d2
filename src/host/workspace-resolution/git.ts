import { execFile } from 'node:child_process';
import { secondMs } from '../../kernel/instants.ts';
import { repeatable } from '../../kernel/text.ts';

/** What git said: its exit status, `missing` where there is no git, `stuck` when it did not come back. */
export interface Said {
  readonly status: number | 'missing' | 'stuck';
  readonly out: string;
  readonly err: string;
}

/** Asks git about the repository around one folder. */
export type Git = (...args: readonly string[]) => Promise<Said>;

/** A long history on a slow disk takes its time; a disk that is gone takes for ever. */
const timeoutMs = 30 * secondMs;
const bytesMax = 1_048_576;

/** They would make git speak of another repository than that of the folder; a hook of git has them all. */
const misleading: ReadonlySet<string> = new Set([
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_COMMON_DIR',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
  'GIT_CONFIG',
]);

export const gitIn = (folder: string, env: NodeJS.ProcessEnv): Git => {
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !misleading.has(name)));
  const options = {
    // The same words in every language, no question on a terminal, and the history as it was written.
    env: {
      ...kept,
      LC_ALL: 'C',
      GIT_TERMINAL_PROMPT: '0',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_NO_REPLACE_OBJECTS: '1',
    },
    timeout: timeoutMs,
    maxBuffer: bytesMax,
    windowsHide: true,
  };
  return (...args) =>
    new Promise((resolve) => {
      execFile('git', ['-C', folder, ...args], options, (failure, out, err) => {
        resolve({
          status: failure === null ? 0 : statusOf(failure.code),
          out: out.replace(/\r?\n$/, ''),
          err,
        });
      });
    });
};

const statusOf = (code: string | number | null | undefined): Said['status'] =>
  typeof code === 'number' ? code : code === 'ENOENT' ? 'missing' : 'stuck';

/** What git said of a failure, as part of a sentence. */
export const wordsOf = ({ status, err }: Said): string =>
  status === 'stuck' && err === ''
    ? 'it did not answer in time'
    : repeatable(
        err
          .trim()
          .replace(/^fatal: /, '')
          .replaceAll(/\s+/g, ' '),
        400,
      );
