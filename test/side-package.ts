/* Packages with a lock file of their own, which are installed where they are first needed; docs/dependencies.md says why. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface Ended {
  readonly code: number | null;
  /** What it printed on stdout. */
  readonly out: string;
  /** All that it printed, on stdout first. */
  readonly output: string;
}

export interface Surroundings {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program to its end. Those of npm are scripts, which Windows starts only through a shell. */
export const runProgram = async (
  program: string,
  args: readonly string[],
  { cwd, env = process.env }: Surroundings,
): Promise<Ended> => {
  const shell = process.platform === 'win32' && ['npm', 'npx'].includes(program);
  const child = spawn(program, [...args], { cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, output: `${out}${err}` };
};

/** The npm that runs this, or the machine's. */
const npm = (args: readonly string[], cwd: string): Promise<Ended> => {
  const script = process.env['npm_execpath'];
  return script !== undefined && basename(script) === 'npm-cli.js'
    ? runProgram(process.execPath, [script, ...args], { cwd })
    : runProgram('npm', args, { cwd });
};

/** Installs what the folder's lock file names, unless that has been done. Nothing of it runs while it is installed. */
export const installSidePackage = async (folder: string): Promise<void> => {
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  // A copy of the lock file, written once everything that it names is there.
  const installedFile = join(folder, 'node_modules', '.installed.json');
  if (existsSync(installedFile) && readFileSync(installedFile, 'utf8') === lock) return;
  const { code, output } = await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
  assert.equal(code, 0, `npm ci in ${folder} failed:\n${output}`);
  writeFileSync(installedFile, lock);
};
