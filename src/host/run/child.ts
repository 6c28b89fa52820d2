import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import type { Log } from '../../engine/log.ts';

/** How a command ended: with what exit code, as a shell counts it, or why it could not begin. */
export interface ChildEnd {
  readonly code: number;
  readonly fault: string | undefined;
}

export interface Child {
  readonly ended: Promise<ChildEnd>;
  readonly send: (signal: NodeJS.Signals) => void;
  /** Tells it to end, and does not ask a second time. */
  readonly end: () => void;
  /** What it says, where its stdout is a pipe. */
  readonly out: Readable | null;
}

interface ChildOptions {
  readonly onTerminal: boolean;
  /** How long it may take to end when it is told to. */
  readonly graceMs: number;
  /** Its environment; that of this process when absent. */
  readonly env?: NodeJS.ProcessEnv;
  /** Those of this process when absent. */
  readonly streams?: StdioOptions;
  /** Its first word is a line for the shell. */
  readonly shell?: true;
}

const notFoundExit = 127;
const notStartedExit = 126;
const signalExit = 128;

/**
 * Starts a command, on the streams of this process unless others are given. It leads a group of its own, so that what it starts in turn ends
 * with it; but not on a terminal, where only the group in front may read what is typed.
 */
export const startChild = (
  [file = '', ...args]: readonly string[],
  { onTerminal, graceMs, env = process.env, streams = 'inherit', shell }: ChildOptions,
): Child => {
  const grouped = !onTerminal && process.platform !== 'win32';
  const child = spawn(file, args, { stdio: streams, detached: grouped, env, shell: shell === true });
  const send = grouped
    ? (signal: NodeJS.Signals): void => sendToGroup(child, signal)
    : (signal: NodeJS.Signals): void => void child.kill(signal);
  return {
    ended: endOf(child),
    send,
    end: () => {
      send('SIGTERM');
      const timer = setTimeout(() => send('SIGKILL'), graceMs);
      child.once('close', () => {
        clearTimeout(timer);
        // What it has started may not have heard, or not obeyed.
        send('SIGKILL');
      });
    },
    out: child.stdout,
  };
};

/** Also when the command itself has ended: its group lasts as long as one of those that it started. */
const sendToGroup = ({ pid }: ChildProcess, signal: NodeJS.Signals): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (thrown) {
    if (!isGone(thrown)) throw thrown;
  }
};

const isGone = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH';

const endOf = (child: ChildProcess): Promise<ChildEnd> =>
  new Promise((resolve) => {
    child.once('error', (fault: NodeJS.ErrnoException) => {
      // A signal that could not be sent is an error as well, and does not end the command.
      if (child.pid !== undefined) return;
      resolve({ code: fault.code === 'ENOENT' ? notFoundExit : notStartedExit, fault: fault.message });
    });
    child.once('close', (code, signal) => {
      const number = signal === null ? 0 : constants.signals[signal];
      resolve({ code: code ?? signalExit + number, fault: undefined });
    });
  });

/** Makes this process end as the command did, and says why that could not begin. */
export const endLike = ({ code, fault }: ChildEnd, log: Pick<Log, 'error'>): void => {
  if (fault !== undefined) log.error(`the command could not be started: ${fault}`);
  process.exitCode = code;
};
