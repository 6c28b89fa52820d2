/**
 * Repeats the tests of all that is built on stores on another store than memory: `node tools/test-on-store.ts postgres`.
 * Words narrow the run as they do for `npm test`; options go to Node. One server serves all of them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startServerFor } from '../src/testing/chosen-server.ts';
import { parseModule, targetOf } from './imports.ts';
import { readTree, root } from './tree.ts';

const [kind = '', ...rest] = process.argv.slice(2);
const options = rest.filter((argument) => argument.startsWith('-'));
const words = rest.filter((argument) => !argument.startsWith('-'));

const memoryStore = 'src/stores/memory/memory-store.ts';

/** Tests of the surfaces go by the same engine, make thousands of calls and are about what comes before it. */
const folders = /^(?:src\/(?!stores\/)|test\/(?:leases|messages|portals|properties)\/)/;

/** It runs on files otherwise. The longest, and so the first: all others fit beside it. */
const race = 'test/race/race.test.ts';

/** The tests that come to the memory store by what they import, and are about what is built on it. */
const testsOnStores = (): readonly string[] => {
  const sources = readTree(['src', 'test', 'bench'], (path) => path.endsWith('.ts'));
  const targets = new Map(
    [...sources].map(([path, source]) => [
      path,
      parseModule(path, source).imports.flatMap(({ specifier }) =>
        specifier === undefined ? [] : (targetOf(path, specifier) ?? []),
      ),
    ]),
  );
  const known = new Map<string, boolean>([[memoryStore, true]]);
  const reaches = (path: string): boolean => {
    const answer = known.get(path);
    if (answer !== undefined) return answer;
    known.set(path, false);
    const found = (targets.get(path) ?? []).some(reaches);
    known.set(path, found);
    return found;
  };
  return [...sources.keys()]
    .filter((path) => path.endsWith('.test.ts') && folders.test(path) && reaches(path))
    .toSorted();
};

const files = [race, ...testsOnStores()].filter(
  (path) => words.length === 0 || words.some((word) => path.includes(word)),
);
// The server and its folder go when this process exits, which by itself a signal would not let it do.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const server = await startServerFor(kind);
if ('skipped' in server) {
  console.log(`Tests on ${kind}: ${server.skipped}`);
  process.exit(server.isFailure ? 1 : 0);
}
if (files.length > 0) {
  console.log(`${files.length} test files on ${kind}`);
  const args = [
    '--import',
    join(root, 'src/testing/choose-store.ts'),
    '--test',
    '--test-timeout=300000',
    `--test-concurrency=${Math.max(2, availableParallelism())}`,
    ...options,
    ...files,
  ];
  const run = spawn(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: {
      NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/signalbox-tests'),
      ...process.env,
      ...server.environment,
      SIGNALBOX_TEST_STORE: kind,
    },
  });
  await once(run, 'exit');
  process.exitCode = run.exitCode ?? 1;
}
