/**
 * `npm test`: every test of the project. Node's own runner succeeds when a pattern matches no file, so the files are
 * looked up here and none is a failure.
 *
 * Words narrow the run to the paths that contain one of them; options go to Node:
 * `npm test -- areas/leases --test-name-pattern=LE7`. Without either, the tests of what is built on stores are repeated
 * on each store that is a server; `SIGNALBOX_TEST_STORE=postgres` repeats them, or some of them, on that one alone.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { makeTestedPrograms } from './tested-programs.ts';
import { root } from './tree.ts';

const patterns: readonly string[] = ['src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts'];

/** The stores that are servers. */
const servers: readonly string[] = ['postgres', 'redis'];

const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const words = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));

const files = globSync([...patterns], { cwd: root, exclude: ['**/node_modules/**'] })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
  .toSorted();

if (files.length === 0) {
  const asked =
    words.length === 0 ? '' : ` whose path contains ${words.map((word) => `"${word}"`).join(' or ')}`;
  console.error(`There is no test file${asked} among ${patterns.join(', ')}.`);
  process.exit(1);
}

/** Repeats tests on another store; the exit code. */
const repeatOn = (kind: string, env: NodeJS.ProcessEnv = process.env): number =>
  spawnSync(process.execPath, [join(root, 'tools/test-on-store.ts'), kind, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env,
  }).status ?? 1;

const wanted = process.env['SIGNALBOX_TEST_STORE'] ?? '';
if (wanted !== '') process.exit(repeatOn(wanted));

/** What the checkout's git config remembers: only a program that a test starts without care would change it. */
const remembered = (): string =>
  spawnSync('git', ['config', '--local', '--get-regexp', '^signalbox[.]'], { cwd: root, encoding: 'utf8' })
    .stdout ?? '';
const before = remembered();

// Node leaves one core free, which on two cores would run one file at a time although the files mostly wait.
const concurrency = Math.max(2, availableParallelism());
const startsPrograms = files.some((path) => path.startsWith('test/'));
const env: NodeJS.ProcessEnv = {
  // Each file is a process that compiles most of the sources; the first few do it for all.
  NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/signalbox-tests'),
  ...(startsPrograms && { SIGNALBOX_TESTED_CODE: await makeTestedPrograms() }),
  ...process.env,
};
const run = spawnSync(
  process.execPath,
  ['--test', `--test-concurrency=${concurrency}`, ...options, ...files],
  { cwd: root, stdio: 'inherit', env },
);
if (remembered() !== before) {
  console.error(
    `A test wrote into the git config of this checkout (${remembered().trim() || 'it took something away'}). Whatever it starts needs SIGNALBOX_WORKSPACE, or a folder elsewhere.`,
  );
  process.exit(1);
}
if (run.status !== 0) process.exit(run.status ?? 1);
if (options.length > 0 || words.length > 0) process.exit(0);
const failed = servers.filter((kind) => repeatOn(kind, env) !== 0);
process.exit(failed.length > 0 ? 1 : 0);
