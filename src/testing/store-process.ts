import { equal, ok } from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ChildTask } from './store-child.ts';

const script = fileURLToPath(new URL('./store-child.ts', import.meta.url));
const searchScript = fileURLToPath(new URL('./search-child.ts', import.meta.url));

/** Another process at work on a journal. It is killed when the test is over. */
export interface StoreProcess {
  /** The next line that it says. */
  readonly line: () => Promise<string>;
  readonly tell: (line: string) => void;
  readonly kill: () => Promise<void>;
  /** Waits for its end, which must be a good one; what it said and nobody has read yet. */
  readonly finish: () => Promise<readonly string[]>;
}

export interface StartOptions {
  readonly task: ChildTask;
  readonly path: string;
  readonly args?: readonly string[];
  /** A command that runs the process in other circumstances, `prlimit` for example. */
  readonly under?: readonly string[];
}

export const startProcess = (context: TestContext, options: StartOptions): StoreProcess => {
  const { task, path, args = [], under = [] } = options;
  return startCommand(context, [...under, process.execPath, script, task, path, ...args]);
};

/** Another process that searches the journal at `path`, with its index in `cacheDir`. */
export const startSearching = (context: TestContext, path: string, cacheDir: string): StoreProcess =>
  startCommand(context, [process.execPath, searchScript, path, cacheDir]);

/** A command that speaks in lines. */
export const startCommand = (context: TestContext, commandLine: readonly string[]): StoreProcess => {
  const [command = process.execPath, ...rest] = commandLine;
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  const complaints: string[] = [];
  child.on('error', (error) => void complaints.push(`${error.message}; this test needs ${command}`));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void complaints.push(text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    // One that runs below the process that was killed ends when it hears no more.
    child.stdin.destroy();
    await ended;
  };
  context.after(kill);
  const line = async (): Promise<string> => {
    const next = await lines.next();
    ok(next.done !== true, `the process says something more; it complained: ${complaints.join('')}`);
    return next.value;
  };
  return {
    line,
    tell: (text) => void child.stdin.write(`${text}\n`),
    kill,
    finish: async () => {
      const said: string[] = [];
      for (let next = await lines.next(); next.done !== true; next = await lines.next())
        said.push(next.value);
      await expectGoodEnd(child, ended, complaints);
      return said;
    },
  };
};

const expectGoodEnd = async (
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  ended: Promise<unknown>,
  complaints: readonly string[],
): Promise<void> => {
  await ended;
  equal(child.exitCode, 0, `the process ends well; it complained: ${complaints.join('')}`);
};
