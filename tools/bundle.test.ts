import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type Bundle, bundle } from './bundle.ts';
import { type Licences, thirdPartyLicences } from './licences.ts';

type Files = Readonly<Record<string, string>>;

const manifest = (name: string): string => JSON.stringify({ name, version: '1.2.3', license: 'MIT' });

/** A package in CommonJS that needs Node and a package of its own, and one that is only required. */
const packages: Files = {
  'node_modules/outer/package.json': manifest('outer'),
  'node_modules/outer/LICENSE.md': 'Outer may be used.\r\n',
  'node_modules/outer/NOTICE': 'Outer was made by hand.\n',
  'node_modules/outer/index.js':
    "exports.outer = require('path').posix.join('a', require('@its/inner').inner);\n",
  'node_modules/outer/node_modules/@its/inner/package.json': manifest('@its/inner'),
  'node_modules/outer/node_modules/@its/inner/license': 'Inner may be used.\n',
  'node_modules/outer/node_modules/@its/inner/index.js': "exports.inner = 'b';\n",
  'node_modules/later/package.json': manifest('later'),
  'node_modules/later/index.js': "module.exports = 'later';\n",
};

interface Checkout {
  readonly folder: string;
  readonly make: (sources: readonly string[]) => Promise<Bundle>;
  readonly licences: (inputs: readonly string[]) => Licences;
  /** The names of the files of code, the parts in them that change with their content as N. */
  readonly code: () => readonly string[];
  readonly run: () => { readonly out: string; readonly err: string };
}

const makeCheckout = (t: TestContext, files: Files): Checkout => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox bundle '));
  t.after(() => rmSync(folder, { recursive: true }));
  const all = { ...packages, 'package.json': '{ "type": "module" }', ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const lib = join(folder, 'dist/lib');
  return {
    folder,
    make: (sources) => bundle({ folder, sources, lib }),
    licences: (inputs) => thirdPartyLicences(folder, inputs),
    code: () =>
      readdirSync(lib)
        .map((name) => name.replace(/-[0-9A-Z]{8}\.mjs$/, '-N.mjs'))
        .toSorted(),
    run: () => {
      const { stdout, stderr } = spawnSync(process.execPath, [join(lib, 'host-main.mjs')], {
        encoding: 'utf8',
      });
      return { out: stdout, err: stderr };
    },
  };
};

test('packages are in the bundle, with their licences, and those that are only required stay packages', async (t) => {
  const checkout = makeCheckout(t, {
    'src/host/main.ts': `import { createRequire } from 'node:module';
import { outer } from 'outer';
const require = createRequire(import.meta.url);
const later: string = require('later');
console.log(outer, later, require('node:path').sep);
`,
  });
  const { inputs, imported } = await checkout.make(['host/main.ts']);
  assert.deepEqual(checkout.run(), { out: 'a/b later /\n', err: '' });
  assert.deepEqual(imported, ['later']);
  const { text, faults } = checkout.licences(inputs);
  assert.deepEqual(faults, []);
  const line = `\n${'-'.repeat(80)}\n\n`;
  assert.deepEqual(text.split(line).slice(1), [
    'outer 1.2.3 (MIT)\n\nOuter may be used.\n\nOuter was made by hand.\n',
    '@its/inner 1.2.3 (MIT)\n\nInner may be used.\n',
  ]);
});

test('code that may not be passed on, or of which nobody knows, is a fault', async (t) => {
  const checkout = makeCheckout(t, {
    'src/host/main.ts':
      "import { bare } from 'bare';\nimport { full } from 'full';\nconsole.log(bare, full);\n",
    'node_modules/bare/package.json': manifest('bare'),
    'node_modules/bare/index.js': 'exports.bare = 1;\n',
    'node_modules/full/package.json': manifest('full'),
    'node_modules/full/LICENSE': 'Full may be used.\n',
    'node_modules/full/index.js':
      '//#region ../node_modules/other/index.js\nexports.full = 1;\n//#endregion\n',
  });
  const { inputs } = await checkout.make(['host/main.ts']);
  assert.deepEqual(checkout.licences(inputs).faults, [
    'bare 1.2.3 (MIT) brings no text of its licence.',
    'node_modules/full/index.js has code of other packages in it, whose licences are not known.',
  ]);
});

test('what a module names by its address is found from wherever the module is, workers and all', async (t) => {
  const worker = "import { where } from '../kernel/where.ts';\nconsole.log(where('worker'));\n";
  const checkout = makeCheckout(t, {
    'dist/about.txt': 'beside',
    'dist/lib/kernel/texts/some.txt': 'below',
    'src/kernel/where.ts': `import { readFileSync } from 'node:fs';
const read = (address: URL): string => readFileSync(address, 'utf8');
export const where = (who: string): string =>
  [who, read(new URL('./texts/some.txt', import.meta.url)), read(new URL('../../about.txt', import.meta.url))].join(' ');
`,
    'src/host/worker.ts': worker,
    'src/stores/worker.ts': worker.replace("'worker'", "'other'"),
    'src/host/main.ts': `import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { where } from '../kernel/where.ts';
console.log(where('main'));
await once(new Worker(new URL('./worker.ts', import.meta.url)), 'exit');
await once(new Worker(new URL('../stores/worker.ts', import.meta.url)), 'exit');
`,
  });
  await checkout.make(['host/main.ts', 'host/worker.ts', 'kernel/where.ts', 'stores/worker.ts']);
  assert.deepEqual(checkout.run(), {
    out: 'main below beside\nworker below beside\nother below beside\n',
    err: '',
  });
  assert.deepEqual(checkout.code(), [
    'chunk-N.mjs',
    'host-main.mjs',
    'host-worker.mjs',
    'kernel',
    'stores-worker.mjs',
  ]);
});

test('what is imported late is loaded late, and a stack says what is called so in the sources', async (t) => {
  const checkout = makeCheckout(t, {
    'src/host/late.ts':
      "export const failLate = (): never => {\n  throw new Error('now');\n};\nconsole.log('loaded');\n",
    'src/host/main.ts':
      "console.log('begun');\nconst { failLate } = await import('./late.ts');\nfailLate();\n",
  });
  await checkout.make(['host/main.ts', 'host/late.ts']);
  assert.deepEqual(checkout.code(), ['host-main.mjs', 'late-N.mjs']);
  const { out, err } = checkout.run();
  assert.equal(out, 'begun\nloaded\n');
  assert.match(err, /at failLate \(.*late-[0-9A-Z]{8}\.mjs:\d+:\d+\)/);
});

test('a path that would be another one in the package is refused', async (t) => {
  const checkout = makeCheckout(t, {
    'src/host/main.ts': 'console.log(import.meta.dirname);\n',
  });
  await assert.rejects(
    checkout.make(['host/main.ts']),
    /src\/host\/main\.ts: import\.meta\.dirname is another place in the package/,
  );
});

test('of the library of schemas only what is used is in the bundle', async (t) => {
  const checkout = makeCheckout(t, {
    'src/host/main.ts':
      "import { z } from 'zod';\nconsole.log(z.string().safeParse(1).error?.issues[0]?.message);\n",
    'node_modules/zod/package.json': JSON.stringify({
      name: 'zod',
      type: 'module',
      sideEffects: false,
      exports: './index.js',
    }),
    'node_modules/zod/index.js': "import * as z from './all.js';\nexport * from './all.js';\nexport { z };\n",
    'node_modules/zod/all.js': "export * from './used.js';\nexport * as locales from './locales.js';\n",
    'node_modules/zod/used.js':
      "export const string = () => ({ safeParse: () => ({ error: { issues: [{ message: 'no' }] } }) });\n",
    'node_modules/zod/locales.js': "export const words = ['nej', 'nein', 'non'];\n",
  });
  const { inputs } = await checkout.make(['host/main.ts']);
  assert.deepEqual(checkout.run(), { out: 'no\n', err: '' });
  assert.deepEqual(inputs.toSorted(), ['node_modules/zod/used.js', 'src/host/main.ts']);
  assert(!readFileSync(join(checkout.folder, 'dist/lib/host-main.mjs'), 'utf8').includes('nein'));
});
