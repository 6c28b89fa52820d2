import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix, relative } from 'node:path';
import { type Plugin, build } from 'esbuild';
import { type Module, addressesIn, parseModule } from './imports.ts';
import { findInCode } from './scan.ts';

/**
 * The packages that stay packages of their own. Few commands load the logger, which looks for files beside itself. Only hubs
 * load the implementation of MCP, and it has in it code of others whose licences do not come with it. The client of Redis
 * and a part of the driver of PostgreSQL bring no text of their licences, and only those load them who keep their journals there.
 */
const apart: readonly string[] = ['pino', '@modelcontextprotocol/server', '@redis/client', 'pg'];

/** The program and, where there is one, what can be imported. Workers are found by their addresses. */
const mainEntries: readonly string[] = ['host/main.ts', 'index.ts'];

export interface Bundled {
  /** Where the checkout lies. */
  readonly folder: string;
  /** Its files that the package is made of, as paths inside src. */
  readonly sources: readonly string[];
  /** The folder that the bundle goes to. */
  readonly lib: string;
  /** What else is started, as paths from the folder: programs of tests, which share the code with the others. */
  readonly others?: readonly string[];
}

export interface Bundle {
  /** The files whose code is in the bundle, as paths from the folder of the checkout. */
  readonly inputs: readonly string[];
  /** The packages that the bundle still imports when it runs. */
  readonly imported: readonly string[];
}

/**
 * Puts the code of the sources and of nearly all packages into few files: each module once, and loaded only when it is needed.
 * Nothing is made shorter: starting would be no faster for it, and a stack names what the sources name.
 */
export const bundle = async ({ folder, sources, lib, others = [] }: Bundled): Promise<Bundle> => {
  const required = new Set<string>();
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: [
      ...entriesOf(folder, sources).map((path) => ({ in: `src/${path}`, out: entryName(path) })),
      ...others.map((path) => ({ in: path, out: entryName(path) })),
    ],
    outdir: lib,
    // What such a file is, Node knows from its name, and so does not look for a manifest for each.
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    chunkNames: '[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: [...apart],
    // Paths begin with node_modules wherever that folder really lies.
    preserveSymlinks: true,
    metafile: true,
    logLevel: 'silent',
    plugins: [sourcesOf(join(folder, 'src'), required), builtins],
  });
  const outputs = Object.values(metafile.outputs);
  const written = outputs
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path);
  const imported = outputs
    .flatMap(({ imports }) => imports)
    .filter(({ external, path }) => external === true && !isBuiltin(path))
    .map(({ path }) => packageOf(path));
  return {
    inputs: [...new Set(written)].filter((path) => !path.startsWith(`${builtins.name}:`)),
    imported: [...new Set([...imported, ...required])].toSorted(),
  };
};

const entriesOf = (folder: string, sources: readonly string[]): readonly string[] => {
  const workers = sources
    .filter((path) => path.endsWith('.ts'))
    .map((path) => parseModule(path, readFileSync(join(folder, 'src', path), 'utf8')))
    .flatMap((module) => addressesIn(module).map(({ specifier }) => addressed(module, specifier)))
    .filter((target) => target.endsWith('.ts'));
  return [...new Set([...mainEntries.filter((path) => sources.includes(path)), ...workers])];
};

/** What a module names by its address, as a path from src. */
const addressed = ({ path }: Module, specifier: string): string => posix.join(posix.dirname(path), specifier);

/** All code lies side by side, so that one address is right for a module wherever the bundler puts it. */
const entryName = (path: string): string => path.replace(/\.ts$/, '').replaceAll('/', '-');

/** The package that a specifier names, or a path behind node_modules. */
export const packageOf = (path: string): string =>
  path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/');

/** Makes the sources ones of the package, and notes which packages they require. */
const sourcesOf = (src: string, required: Set<string>): Plugin => ({
  name: 'sources',
  setup: (bundler) => {
    bundler.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const inside = relative(src, path).replaceAll('\\', '/');
      if (inside.startsWith('..')) return undefined;
      const module = parseModule(inside, readFileSync(path, 'utf8'));
      for (const name of requiredBy(module)) if (!isBuiltin(name)) required.add(packageOf(name));
      const errors = findInCode(module.scanned, elsewhere).map(({ text }) => ({
        text: `src/${inside}: ${text} is another place in the package; say new URL('…', import.meta.url)`,
      }));
      return { contents: withNamespaces(withAddresses(module)), loader: 'ts', errors };
    });
  },
});

const elsewhere = /\bimport\.meta\.(?:dirname|filename|resolve)\b/g;

const withAddresses = (module: Module): string =>
  addressesIn(module).reduceRight((source, { start, specifier }) => {
    const target = addressed(module, specifier);
    const address = target.endsWith('.ts') ? `${entryName(target)}.mjs` : target;
    return `${source.slice(0, start)}./${address}${source.slice(start + specifier.length)}`;
  }, module.source);

/** Of a namespace the bundler leaves out what nobody uses; of `z`, which is a value, none of 60 languages. */
const withNamespaces = (source: string): string =>
  source.replace(/^import \{ z \} from 'zod';$/m, "import * as z from 'zod';");

/** What a source requires is not bundled, and nothing but its text says that it is needed. */
const requiredBy = ({ scanned }: Module): readonly string[] => {
  const texts = new Map(scanned.strings.map(({ at, text }) => [at, text]));
  return findInCode(scanned, /(?<![.\w$])require\s*\(\s*['"]/g).flatMap(
    ({ at, text }) => texts.get(at + text.length - 1) ?? [],
  );
};

/** A package in CommonJS requires modules of Node, for which there is no function in the modules of the bundle. */
const builtins: Plugin = {
  name: 'builtin',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) =>
      kind === 'require-call' && isBuiltin(path) ? { path, namespace: 'builtin' } : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};
