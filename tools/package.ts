/**
 * `npm run build`: makes the package that is published, in dist/.
 *
 * The compiled code lies in dist/lib, as deep as src in the checkout, so that a path relative to a module (to web/,
 * to package.json) is the same in both.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseModule } from './imports.ts';
import { publishedManifest } from './manifest.ts';

const checkout = join(import.meta.dirname, '..');

const fail = (message: string): never => {
  console.error(message);
  process.exit(1);
};

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

const compile = (folder: string): void => {
  const tsc = join(checkout, 'node_modules/typescript/bin/tsc');
  const run = spawnSync(process.execPath, [tsc, '--project', join(folder, 'tsconfig.build.json')], {
    stdio: 'inherit',
  });
  if (run.status !== 0) fail('The package was not built: the compiler found the errors above.');
};

/**
 * The compiler rewrites the extension in imports, but not in `new URL('./worker.ts', import.meta.url)`. The new
 * extension is as long as the old one, so nothing else moves.
 */
const rewriteAddresses = (path: string): void => {
  let source = readFileSync(path, 'utf8');
  for (const { at, specifier } of parseModule(path, source).imports) {
    if (specifier === undefined || !/^\..*\.ts$/.test(specifier)) continue;
    const end = source.indexOf(specifier, at) + specifier.length;
    source = `${source.slice(0, end - 2)}js${source.slice(end)}`;
  }
  writeFileSync(path, source);
};

/** What the code reads besides code (SQL, pages, pictures) lies beside it in the package too. */
const copyAssets = (folder: string, dist: string): void => {
  const left = /\.ts$|\.md$|\/testing\/|\/(?:__)?snapshots(?:__)?\//;
  for (const path of filesBelow(join(folder, 'src'))) {
    const inside = path.slice(join(folder, 'src').length).replaceAll('\\', '/');
    const target = join(dist, 'lib', inside);
    if (left.test(inside) || existsSync(target)) continue;
    mkdirSync(dirname(target), { recursive: true });
    cpSync(path, target);
  }
};

/** Builds the package of the checkout that lies in the folder. */
const build = (folder: string): void => {
  const dist = join(folder, 'dist');
  const web = existsSync(join(folder, 'web'));
  for (const name of ['README.md', 'LICENSE', 'src/host/main.ts']) {
    if (!existsSync(join(folder, name))) fail(`The package was not built: ${name} is missing.`);
  }
  rmSync(dist, { recursive: true, force: true });
  compile(folder);
  const emitted = filesBelow(join(dist, 'lib'));
  for (const path of emitted.filter((path) => path.endsWith('.js'))) rewriteAddresses(path);
  copyAssets(folder, dist);
  if (web) cpSync(join(folder, 'web'), join(dist, 'web'), { recursive: true });
  mkdirSync(join(dist, 'bin'));
  cpSync(join(checkout, 'tools/published-bin.cjs'), join(dist, 'bin/signalbox.cjs'));
  for (const name of ['README.md', 'LICENSE']) cpSync(join(folder, name), join(dist, name));
  const index = existsSync(join(folder, 'src/index.ts'));
  const manifest = publishedManifest(readFileSync(join(folder, 'package.json'), 'utf8'), { index, web });
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
};

build(process.argv[2] ?? checkout);
