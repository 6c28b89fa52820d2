import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { z } from 'zod';
import { root } from './tree.ts';

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string().optional(),
      dev: z.boolean().optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
      devOptional: z.boolean().optional(),
    }),
  ),
});

const bomSchema = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.looseObject({ component: z.looseObject({ name: z.literal('signalbox') }) }),
  components: z.array(
    z.looseObject({
      name: z.string(),
      group: z.string().optional(),
      purl: z.string(),
      hashes: z.array(z.unknown()),
    }),
  ),
});

test('the bill of materials names every package that is shipped, with its hash, and no other', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-sbom-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'sbom.cdx.json');
  const run = spawnSync(process.execPath, [join(root, 'tools/sbom.ts'), file], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  const text = readFileSync(file, 'utf8');
  assert.ok(!text.includes(root), 'it tells nothing of the machine');
  const { components } = bomSchema.parse(JSON.parse(text));
  const { packages } = lockSchema.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  // Node itself. What is optional to a package that is shipped comes along with it.
  const ofCheckout = new Set(
    Object.keys(packages['']?.optionalDependencies ?? {}).map((name) => `node_modules/${name}`),
  );
  const shipped = Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional && !ofCheckout.has(path))
    .map(([path, { version = '' }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`);
  assert.ok(shipped.some((name) => name.startsWith('zod@')));
  const named = components.map(({ purl }) =>
    decodeURIComponent(purl.replace('pkg:npm/', '').replace(/\?.*$/, '')),
  );
  assert.deepEqual(named.toSorted(), [...new Set(shipped)].toSorted());
  for (const { purl, hashes } of components) assert.ok(hashes.length > 0, purl);
});
