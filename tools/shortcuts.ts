import type { Sources } from './imports.ts';
import { findInCode, lineAt, type Passage, type Scan, scan } from './scan.ts';

/** A way round the compiler, the linter or the tests that this project does not take. */
interface Shortcut {
  readonly reason: string;
  readonly where: 'code' | 'comment';
  readonly pattern: RegExp;
  readonly applies: (path: string) => boolean;
}

const everywhere = (): boolean => true;
const inTests = (path: string): boolean => /\.(?:test|contract)\.ts$/.test(path);
const inSources = (path: string): boolean => path.startsWith('src/') && !inTests(path);

/**
 * An assertion follows something that ends a value: a name, a bracket or a quote. The older form, `<A>b`, looks too
 * much like the parameters of a generic function to be told apart here: oxlint, which parses, refuses it.
 */
const assertion = /(?<=[\w$)\]}'"`!]\s*)(?<![\w$.])as\s+(?!const\b)[\w$({['"`]/g;

const shortcuts: readonly Shortcut[] = [
  {
    reason: 'a test is run or deleted, never skipped, singled out or left for later',
    where: 'code',
    pattern: /(?<![\w$])(?:test|it|describe|suite)\s*\.\s*(?:skip|only|todo)\b/g,
    applies: everywhere,
  },
  {
    reason: 'a test is run or deleted, never skipped or left for later from inside',
    where: 'code',
    pattern: /(?<![\w$.])(?:t|context)\s*\.\s*(?:skip|todo)\s*\(/g,
    applies: inTests,
  },
  {
    reason: 'a test is run or deleted, never skipped, singled out or left for later by an option',
    where: 'code',
    pattern: /(?<=[{,]\s*)(?:skip|only|todo)\s*(?::(?!\s*false\b)|[,}])/g,
    applies: inTests,
  },
  { reason: 'no cast to any', where: 'code', pattern: /(?<![\w$.])as\s+any\b/g, applies: everywhere },
  {
    reason: 'no cast by way of unknown',
    where: 'code',
    pattern: /(?<![\w$.])as\s+unknown\s+as\b/g,
    applies: everywhere,
  },
  {
    reason: 'no type assertion but "as const": parse at the edge, narrow inside',
    where: 'code',
    pattern: assertion,
    applies: inSources,
  },
  {
    reason: 'the compiler is not silenced',
    where: 'comment',
    pattern: /@ts-(?:ignore|expect-error|nocheck)\b/g,
    applies: everywhere,
  },
  {
    reason: 'the linter and the formatter are not silenced',
    where: 'comment',
    pattern: /\b(?:ox|es|ts)lint-disable\b|\bbiome-ignore\b/g,
    applies: everywhere,
  },
];

/** Import and export statements and the keys of mapped types rename with `as`, and assert nothing. */
const renamings: readonly RegExp[] = [
  /\b(?:import|export)\b\s*(?:type\s*)?(?:[\w$]+\s*,\s*)?(?:\{[^}]*\}|\*\s*as\s+[\w$]+)/g,
  /\bin\s+(?:keyof\s+)?[\w$.<>[\]]+\s+as\b/g,
];

const withoutRenaming = (scanned: Scan): Scan => ({
  ...scanned,
  code: renamings.reduce(
    (code, pattern) => code.replace(pattern, (text) => text.replace(/[^\n]/g, ' ')),
    scanned.code,
  ),
});

const findIn = (scanned: Scan, { where, pattern }: Shortcut): readonly Passage[] =>
  where === 'code'
    ? findInCode(withoutRenaming(scanned), pattern)
    : scanned.comments.flatMap(({ at, text }) =>
        [...text.matchAll(pattern)].map((match) => ({ at: at + match.index, text: match[0] })),
      );

export const shortcutFaults = (sources: Sources): readonly string[] =>
  [...sources].flatMap(([path, source]) => {
    const scanned = scan(source);
    return shortcuts
      .filter(({ applies }) => applies(path))
      .flatMap((shortcut) =>
        findIn(scanned, shortcut).map(({ at }) => `${path}:${lineAt(source, at)}: ${shortcut.reason}`),
      );
  });
