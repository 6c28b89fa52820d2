/* Commands of the program, on the data directory of a range and with a home inside of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compiledOnce, main, mainOnly, swift } from '../../host/processes.ts';
import type { Range } from './range.ts';

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Before the program's own arguments. */
  readonly nodeArgs?: readonly string[];
  /** For commands that may not be given a data directory. */
  readonly bare?: boolean;
}

export const run = async (range: Range, args: readonly string[], options: RunOptions = {}): Promise<Ran> => {
  const { env = {}, stdin, nodeArgs = [], bare = false } = options;
  const home = join(range.folder, 'home');
  await mkdir(home, { recursive: true });
  const flags = bare ? [] : ['--data-dir', range.dataDir];
  const child = spawn(process.execPath, [...swift, ...nodeArgs, '--', main, ...args, ...flags], {
    cwd: home,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      ...compiledOnce,
      ...mainOnly,
      ...env,
    },
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  child.stdin.on('error', () => {}).end(stdin);
  await once(child, 'close');
  return { status: child.exitCode, ...said };
};
