/* The command line as a process that can be cut short at any step by which it leaves a mark outside of itself. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, watch } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { compiledOnce, main, mainOnly, open, swift } from '../host/processes.ts';
import { runAtTerminal } from '../terminal.ts';

const cutting = join(import.meta.dirname, 'cutting.cts');

export interface Cut {
  /** Where, as `stepsOf` names it. */
  readonly step: string;
  readonly signal: 'SIGKILL' | 'SIGINT';
}

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** Where a command runs. */
export interface Where {
  readonly dataDir: string;
  /** The data directory when absent. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** At a terminal, by a person who confirms it; then an end by SIGINT is told as the status 130. */
  readonly asPerson?: boolean;
}

const start = (
  { dataDir, cwd = dataDir, env: own = {} }: Where,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
) =>
  spawn(process.execPath, [...swift, main, ...withPlace(words, dataDir)], {
    cwd,
    env: { ...process.env, ...compiledOnce, ...mainOnly, ...open, ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** What stands behind `--` is a command of its own. */
const withPlace = (words: readonly string[], dataDir: string): readonly string[] => {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  return [...words.slice(0, end), '--data-dir', dataDir, '--json', ...words.slice(end)];
};

/** The same at a terminal, for what a person confirms. */
const endedAtTerminal = (
  { dataDir, cwd = dataDir }: Where,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Ended> =>
  runAtTerminal({
    words: [process.execPath, ...swift, main, ...withPlace(words, dataDir)],
    cwd,
    env: { ...process.env, ...compiledOnce, ...mainOnly, ...open, ...env },
  });

const ended = async (where: Where, words: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> => {
  if (where.asPerson === true) return endedAtTerminal(where, words, env);
  const child = start(where, words, env);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status: child.exitCode, signal: child.signalCode, out, err };
};

// What NODE_OPTIONS loads is loaded into every thread, which what stands in the arguments is not.
const loading = { NODE_OPTIONS: `--require=${cutting}` };

/** Runs a command to its end. */
export const runWords = (where: Where, words: readonly string[]): Promise<Ended> => ended(where, words, {});

/** Runs a command that is sent a signal at one of its steps. */
export const runCut = (where: Where, words: readonly string[], cut: Cut): Promise<Ended> =>
  ended(where, words, { ...loading, CUT_AT: cut.step, CUT_WITH: cut.signal });

/** Runs a command that is stopped at one of its steps while something else is done, and goes on then. */
export const runPaused = async (
  where: Where,
  words: readonly string[],
  { step, meanwhile }: { readonly step: string; readonly meanwhile: () => Promise<unknown> },
): Promise<Ended> => {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-steps-'));
  const path = join(folder, 'log');
  await writeFile(path, '');
  const changes = watch(folder);
  const child = start(where, words, { ...loading, CUT_AT: step, CUT_WITH: 'SIGSTOP', CUT_LOG: path });
  const end = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const reached = Promise.withResolvers<void>();
  changes.on('change', () => {
    if (readFileSync(path, 'utf8').split('\n').includes(step)) reached.resolve();
  });
  await Promise.race([reached.promise, end]);
  changes.close();
  assert.equal(child.exitCode, null, `it ended before the step ${step}`);
  await meanwhile();
  child.kill('SIGCONT');
  const [out, err] = await end;
  await rm(folder, { recursive: true });
  return { status: child.exitCode, signal: child.signalCode, out, err };
};

/** The steps of a command that nobody disturbs, in their order. */
export const stepsOf = async (where: Where, words: readonly string[]): Promise<readonly string[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-steps-'));
  const path = join(folder, 'log');
  const { status, err } = await ended(where, words, { ...loading, CUT_LOG: path });
  assert.equal(status, 0, err);
  const steps = (await readFile(path, 'utf8')).trim().split('\n');
  await rm(folder, { recursive: true });
  assert.equal(new Set(steps).size, steps.length, 'each step has a name of its own');
  return steps;
};
