/**
 * `npm run sbom`: writes what the published package is made of to dist/sbom.cdx.json, in CycloneDX. It is read from the
 * lock file, so it needs no network; `npm run build` does it as well. Another file can be named.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { shippedBom } from './bill-of-materials.ts';
import { bomFile } from './manifest.ts';
import { root } from './tree.ts';

const [target = join(root, 'dist', bomFile)] = process.argv.slice(2);
const words = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
const run = spawnSync('npm', words, {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  shell: process.platform === 'win32',
});
if (run.status !== 0) {
  console.error(`npm could not say what the package is made of:\n${run.stderr || String(run.error)}`);
  process.exit(1);
}
const bom = shippedBom(run.stdout, readFileSync(join(root, 'package.json'), 'utf8'));
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, `${JSON.stringify(bom, null, 2)}\n`);
