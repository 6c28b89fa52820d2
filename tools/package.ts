/**
 * `npm run build`: makes the package that is published, in dist/.
 *
 * The bundled code lies side by side in dist/lib. What it reads besides code lies below it as it does below src, and
 * web/ and package.json beside it. Another checkout, and another place than its dist/, can be given.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Bundled, bundle } from './bundle.ts';
import { thirdPartyLicences } from './licences.ts';
import { licencesFile, publishedManifest } from './manifest.ts';

const checkout = join(import.meta.dirname, '..');

const fail = (message: string): never => {
  console.error(message);
  process.exit(1);
};

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

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

/** The files of src that the package is made of, as paths inside it; tests and what serves only them are none. */
const publishedSources = (folder: string): readonly string[] => {
  const src = join(folder, 'src');
  return filesBelow(src)
    .map((path) => relative(src, path).replaceAll('\\', '/'))
    .filter(
      (path) => !/\.(?:test|contract)\.ts$|\.md$|^testing\/|(?:^|\/)(?:__)?snapshots(?:__)?\//.test(path),
    );
};

/** What the code reads besides code (SQL, pages, pictures). */
const copyAssets = ({ folder, sources, lib }: Bundled): void => {
  for (const path of sources.filter((path) => !path.endsWith('.ts'))) {
    const target = join(lib, path);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(folder, 'src', path), target);
  }
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
