/* The package with the official checks, which is installed where it is first needed; docs/dependencies.md says why. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';

const folder = join(import.meta.dirname, 'suite');
const lockFile = join(folder, 'package-lock.json');
/** A copy of the lock file, written once everything that it names is there. */
const installedFile = join(folder, 'node_modules', '.installed.json');

export interface Ended {
  readonly code: number | null;
  /** What it printed, on stdout first. */
  readonly output: string;
}

const run = async (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> => {
  const shell = process.platform === 'win32' && command === 'npm';
  const child = spawn(command, [...args], { cwd: folder, env, shell, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, output: `${out}${err}` };
};

/** The npm that runs this, or the machine's. */
const npm = (args: readonly string[]): Promise<Ended> => {
  const script = process.env['npm_execpath'];
  return script !== undefined && basename(script) === 'npm-cli.js'
    ? run(process.execPath, [script, ...args])
    : run('npm', args);
};

const isInstalled = (): boolean =>
  existsSync(installedFile) && readFileSync(installedFile, 'utf8') === readFileSync(lockFile, 'utf8');

/** Installs what the lock file names, unless that has been done. Nothing of it runs while it is installed. */
export const installSuite = async (): Promise<void> => {
  if (isInstalled()) return;
  const { code, output } = await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  assert.equal(code, 0, `npm ci in ${folder} failed:\n${output}`);
  writeFileSync(installedFile, readFileSync(lockFile));
};

const program = (path: string): string => join(folder, 'node_modules', '@modelcontextprotocol', path);

/** The official conformance suite. */
export const conformance = (args: readonly string[]): Promise<Ended> =>
  run(process.execPath, [program('conformance/dist/index.js'), ...args]);

/** The official inspector; what it wants to keep goes into `home`. */
export const inspector = (args: readonly string[], home: string): Promise<Ended> =>
  run(process.execPath, [program('inspector/clients/launcher/build/index.js'), '--cli', ...args], {
    ...process.env,
    HOME: home,
    USERPROFILE: home,
  });
