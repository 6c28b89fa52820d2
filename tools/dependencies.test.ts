import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { z } from 'zod';
import { root } from './tree.ts';

const versions = z.record(z.string(), z.string());
const manifest = z
  .object({ dependencies: versions, optionalDependencies: versions, devDependencies: versions })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
const suite = z
  .object({ devDependencies: versions })
  .parse(JSON.parse(readFileSync(join(root, 'test/conformance/suite/package.json'), 'utf8')));

const newestNode = z
  .object({ optionalDependencies: versions })
  .parse(JSON.parse(readFileSync(join(root, 'test/package/newest-node/package.json'), 'utf8')));

const [runtime = '', checkout = '', gate = '', nodes = ''] = readFileSync(
  join(root, 'docs/dependencies.md'),
  'utf8',
)
  .split(/^## /m)
  .slice(1);

/** The packages of a table, each of which has a licence and a reason. */
const packagesIn = (section: string): readonly string[] =>
  [...section.matchAll(/^\| `([^`]+)` \| [^|]+ \| [^|]+ \|$/gm)].map(([, name = '']) => name).toSorted();

test('each dependency has its reason, and nothing else has', () => {
  const { dependencies, optionalDependencies, devDependencies } = manifest;
  assert.deepEqual(packagesIn(runtime), Object.keys(dependencies).toSorted());
  assert.deepEqual(
    packagesIn(checkout),
    Object.keys({ ...optionalDependencies, ...devDependencies }).toSorted(),
  );
  assert.deepEqual(packagesIn(gate), Object.keys(suite.devDependencies).toSorted());
  assert.deepEqual(packagesIn(nodes), Object.keys(newestNode.optionalDependencies).toSorted());
});

test('the newest Node that the package is tried on comes from the packages that bring a checkout its own', () => {
  const { optionalDependencies } = newestNode;
  assert.deepEqual(Object.keys(optionalDependencies), Object.keys(manifest.optionalDependencies).toSorted());
  assert.equal(new Set(Object.values(optionalDependencies)).size, 1, 'one version for every platform');
});

test('every version is exact', () => {
  const loose = Object.entries({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
    ...suite.devDependencies,
    ...newestNode.optionalDependencies,
  });
  assert.deepEqual(
    loose.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?$/.test(version)),
    [],
  );
});

test('every package of the lock file comes from the registry of npm, with its hash', () => {
  const { packages } = z
    .object({
      packages: z.record(
        z.string(),
        z.looseObject({ resolved: z.string().optional(), integrity: z.string().optional() }),
      ),
    })
    .parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  const strange = Object.entries(packages).filter(
    ([path, { resolved, integrity = '' }]) =>
      path !== '' &&
      // Without an address it is that of the registry.
      !(
        (resolved === undefined || resolved.startsWith('https://registry.npmjs.org/')) &&
        integrity.startsWith('sha512-')
      ),
  );
  assert.deepEqual(strange, []);
});
