/* Programs in a terminal of their own, with somebody at it who types what is asked for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shellWord } from '../src/surfaces/cli/answer.ts';

export interface AtTerminal {
  /** The program and its arguments. */
  readonly words: readonly string[];
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  /** What is typed when a number is asked for, without the end of the line; the number when absent. */
  readonly answer?: (number: string) => string;
}

/** How a program ended, and what it said. */
export interface EndedThere {
  readonly status: number | null;
  /** A program in a terminal that ends by SIGINT cannot be told from one that ends with 130. */
  readonly signal: 'SIGKILL' | null;
  /** Its stdout, which is a file. */
  readonly out: string;
  /** What the terminal showed: its stderr, and what was typed. */
  readonly err: string;
}

const numberAsked = /Type (\d{4}) to do this as yourself/;
const killedStatus = 137;

/** Runs a program whose stdin and stderr are a terminal. */
export const runAtTerminal = async ({
  words,
  cwd,
  env,
  answer = (number) => number,
}: AtTerminal): Promise<EndedThere> => {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-terminal-'));
  const path = join(folder, 'out');
  const line = `exec ${words.map(shellWord).join(' ')} > ${shellWord(path)}`;
  const child = spawn('script', ['-qefc', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...env, SHELL: '/bin/sh' },
    ...(cwd !== undefined && { cwd }),
  });
  let err = '';
  let isAnswered = false;
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    err += part;
    const [, number] = numberAsked.exec(err) ?? [];
    if (number === undefined || isAnswered) return;
    isAnswered = true;
    child.stdin.write(`${answer(number)}\n`);
  });
  await once(child, 'close');
  const out = await readFile(path, 'utf8');
  await rm(folder, { recursive: true });
  const isKilled = child.exitCode === killedStatus;
  return {
    status: isKilled ? null : child.exitCode,
    signal: isKilled ? 'SIGKILL' : null,
    out,
    err: err.replaceAll('\r', ''),
  };
};
