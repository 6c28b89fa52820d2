/**
 * `npm run build`: makes the package that is published, in dist/.
 *
 * The bundled code lies side by side in dist/lib. What it reads besides code lies below it as it does below src, and
 * web/ and package.json beside it. Another checkout, and another place than its dist/, can be given.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { thirdPartyLicences } from './licences.ts';
import { licencesFile, publishedManifest } from './manifest.ts';
import { copyAssets, publishedSources } from './published.ts';

const checkout = join(import.meta.dirname, '..');

const fail = (message: string): never => {
  console.error(message);
  process.exit(1);
};

/** Checks the types, and writes them down. */
const compile = (folder: string, lib: string): void => {
  const tsc = join(checkout, 'node_modules/typescript/bin/tsc');
  const run = spawnSync(
    process.execPath,
    [tsc, '--project', join(folder, 'tsconfig.build.json'), '--outDir', lib],
    {
      stdio: 'inherit',
    },
  );
  if (run.status !== 0) fail('The package was not built: the compiler found the errors above.');
};

/** Builds the package of the checkout that lies in the folder. */
const build = async (folder: string, dist: string): Promise<void> => {
  const web = existsSync(join(folder, 'web'));
  for (const name of ['README.md', 'LICENSE', 'src/host/main.ts']) {
    if (!existsSync(join(folder, name))) fail(`The package was not built: ${name} is missing.`);
  }
  rmSync(dist, { recursive: true, force: true });
  const lib = join(dist, 'lib');
  compile(folder, lib);
  const given = { folder, sources: publishedSources(folder), lib };
  const { inputs, imported } = await bundle(given);
  copyAssets(given);
  if (web) cpSync(join(folder, 'web'), join(dist, 'web'), { recursive: true });
  mkdirSync(join(dist, 'bin'));
  cpSync(join(checkout, 'tools/published-bin.cjs'), join(dist, 'bin/signalbox.cjs'));
  for (const name of ['README.md', 'LICENSE']) cpSync(join(folder, name), join(dist, name));
  const licences = thirdPartyLicences(folder, inputs);
  if (licences.faults.length > 0) fail(`The package was not built:\n${licences.faults.join('\n')}`);
  writeFileSync(join(dist, licencesFile), licences.text);
  const index = existsSync(join(folder, 'src/index.ts'));
  const manifest = publishedManifest(readFileSync(join(folder, 'package.json'), 'utf8'), {
    index,
    web,
    imported,
  });
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
};

const [folder = checkout, dist = join(folder, 'dist')] = process.argv.slice(2);
await build(folder, dist);
