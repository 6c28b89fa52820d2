import { posix } from 'node:path';
import { findInCode, type Scan, scan } from './scan.ts';

/** Path from the root of the repository, with forward slashes, to the text of the file. */
export type Sources = ReadonlyMap<string, string>;

export interface Import {
  readonly at: number;
  /** What stands between the quotes; undefined when it is computed, so that no check can follow it. */
  readonly specifier: string | undefined;
}

export interface Module {
  readonly path: string;
  readonly source: string;
  readonly scanned: Scan;
  readonly imports: readonly Import[];
}

const openingQuote = /['"]$/;

/**
 * `import … from '…'`, `export … from '…'`, `import '…'`; each match ends at the opening quote. A semicolon, a
 * quote, a parenthesis or an equals sign before the quote means that the keyword began something else.
 */
const statement = /(?<![.\w$])(?:import|export)\b(?:[^;'"`()=]*?\bfrom\b|)\s*['"]/g;

/** `import('…')`, in code or in a type; the quote is missing when the argument is computed. */
const call = /(?<![.\w$])import\s*\(\s*['"]?/g;

/** `new URL('./worker.ts', import.meta.url)`: how a worker's module is named. */
const address = /\bnew\s+URL\s*\(\s*['"](?=\s*['"]\s*,\s*import\.meta\.url)/g;

/** What a module names by its address. */
export interface Address {
  /** Where the specifier begins. */
  readonly start: number;
  readonly specifier: string;
}

/** The addresses in a module, in order. */
export const addressesIn = ({ scanned }: Module): readonly Address[] => {
  const texts = new Map(scanned.strings.map(({ at, text }) => [at, text]));
  return findInCode(scanned, address).flatMap(({ at, text }) => {
    const start = at + text.length;
    const specifier = texts.get(start - 1);
    return specifier === undefined ? [] : [{ start, specifier }];
  });
};

const importsOf = (scanned: Scan): readonly Import[] => {
  const texts = new Map(scanned.strings.map(({ at, text }) => [at, text]));
  return [statement, call, address]
    .flatMap((pattern) => findInCode(scanned, pattern))
    .map(({ at, text }) => ({
      at,
      specifier: openingQuote.test(text) ? texts.get(at + text.length - 1) : undefined,
    }))
    .toSorted((left, right) => left.at - right.at);
};

export const parseModule = (path: string, source: string): Module => {
  const scanned = scan(source);
  return { path, source, scanned, imports: importsOf(scanned) };
};

/** The path that a relative specifier leads to; undefined for a package or a module of Node. */
export const targetOf = (importer: string, specifier: string): string | undefined =>
  specifier.startsWith('.') ? posix.join(posix.dirname(importer), specifier) : undefined;

/**
 * The files that form cycles, each cycle once, as the path round it. Type-only imports count: two files that need
 * each other's types are one thing written in two places.
 */
export const cyclesAmong = (modules: readonly Module[]): readonly (readonly string[])[] => {
  const edges = new Map(
    modules.map(({ path, imports }) => [
      path,
      imports.flatMap(({ specifier }) => targetOf(path, specifier ?? '') ?? []),
    ]),
  );
  const cycles: (readonly string[])[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const next of new Set(edges.get(path))) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return cycles;
};
