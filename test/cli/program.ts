/* The program as a person starts it, in a home of its own: nothing of this machine's settings reaches it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { compiledBy, compiledOnce, main, swift } from '../host/processes.ts';
import { type AtTerminal, type EndedThere, runAtTerminal } from '../terminal.ts';

/** How a process ended, and what it said. */
export interface Ended {
  readonly status: number | null;
  /** The signal that ended it, when one did. */
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The working directory of the place when absent. */
  readonly cwd?: string;
  /** What is piped in; nothing when absent. */
  readonly stdin?: string;
  /** Nobody reads what it prints: the pipe is closed from the beginning. */
  readonly deaf?: true;
  /** The file that stdout is; a pipe when absent. */
  readonly into?: string;
  /** Whose process it is; that of who runs the tests when absent. */
  readonly user?: number;
}

export interface Started {
  readonly pid: number;
  /** All that was printed on stdout, as soon as it holds this text; rejects when the process ends without. */
  readonly says: (part: string) => Promise<string>;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
}

export interface Place {
  readonly home: string;
  /** Where the program is started. Not inside a repository. */
  readonly cwd: string;
  readonly dataDir: string;
  /** What else works in the home and has to end before that goes away. */
  readonly onEnd: (end: () => Promise<unknown>) => void;
  readonly start: (args: readonly string[], options?: RunOptions) => Started;
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Ended>;
  /** Runs a command at a terminal, where somebody types the number that is asked for, or what is given. */
  readonly person: (
    args: readonly string[],
    options?: Pick<RunOptions, 'env' | 'cwd'> & Pick<AtTerminal, 'answer'>,
  ) => Promise<EndedThere>;
  /** Runs a command with --json and gives its document back; whatever it is. */
  readonly json: (args: readonly string[], options?: RunOptions) => Promise<unknown>;
}

/** A home that goes away with the test, after all that was started in it. */
export const openPlace = async (context: TestContext, program: string = main): Promise<Place> => {
  const home = await mkdtemp(join(tmpdir(), 'signalbox-cli-'));
  const cwd = join(home, 'work');
  await mkdir(cwd);
  const running = new Set<Started>();
  const ends: (() => Promise<unknown>)[] = [];
  context.after(async () => {
    for (const end of ends) await end();
    for (const process of running) process.kill('SIGKILL');
    await Promise.all([...running].map(({ ended }) => ended));
    await rm(home, { recursive: true });
  });
  const start: Place['start'] = (args, options = {}) => {
    const started = startIn({ home, cwd, program }, args, options);
    running.add(started);
    void started.ended.then(() => running.delete(started));
    return started;
  };
  const run: Place['run'] = (args, options) => start(args, options).ended;
  return {
    home,
    cwd,
    dataDir: join(home, '.local', 'share', 'signalbox'),
    onEnd: (end) => void ends.push(end),
    start,
    run,
    person: (args, { env, ...options } = {}) =>
      runAtTerminal({
        cwd,
        ...options,
        words: [process.execPath, ...swift, '--', program, ...args],
        env: { ...envIn(home), ...env },
      }),
    json: async (args, options) => {
      const { out, err } = await run([...args, '--json'], options);
      return out === '' ? err : JSON.parse(out);
    },
  };
};

/** What runs in this home as it would without the tests around it. */
export const envIn = (home: string, user?: number): Readonly<Record<string, string>> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  ...(user === undefined ? compiledOnce : compiledBy(user)),
});

const startIn = (
  place: Pick<Place, 'home' | 'cwd'> & { readonly program: string },
  args: readonly string[],
  { env = {}, cwd = place.cwd, stdin, deaf, into, user }: RunOptions,
): Started => {
  const file = into === undefined ? undefined : openSync(into, 'w');
  // As in bin/signalbox: without the dashes Node would take an --env-file for its own as well.
  const child = spawn(process.execPath, [...swift, '--', place.program, ...args], {
    cwd,
    ...(user !== undefined && { uid: user, gid: user }),
    stdio: [stdin === undefined ? 'ignore' : 'pipe', file ?? 'pipe', 'pipe'],
    env: { ...envIn(place.home, user), ...env },
  });
  if (file !== undefined) closeSync(file);
  child.stdin?.on('error', () => {});
  child.stdin?.end(stdin);
  const { stdout, stderr } = child;
  if (deaf === true) stdout?.destroy();
  const parts: string[] = [];
  const heard = new Set<() => void>();
  stdout?.setEncoding('utf8').on('data', (part: string) => {
    parts.push(part);
    for (const listener of heard) listener();
  });
  const err = stderr === null ? Promise.resolve('') : text(stderr);
  const ended = once(child, 'close').then(async () => ({
    status: child.exitCode,
    signal: child.signalCode,
    out: parts.join(''),
    err: await err,
  }));
  const says = (part: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!parts.join('').includes(part)) return;
        heard.delete(look);
        resolve(parts.join(''));
      };
      heard.add(look);
      void ended.then(({ err: said }) => reject(new Error(`it ended without saying ${part}: ${said}`)));
      look();
    });
  return {
    pid: child.pid ?? 0,
    says,
    kill: (signal) => void child.kill(signal),
    ended,
  };
};
