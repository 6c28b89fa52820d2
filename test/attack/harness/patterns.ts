/* Every regular expression of the sources, and strings that make bad ones slow. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Context, createContext, runInContext } from 'node:vm';

const root = join(import.meta.dirname, '../../..');

export interface Pattern {
  readonly source: string;
  readonly flags: string;
  /** The files that hold it. */
  readonly files: readonly string[];
}

/** A literal stands where a value may: behind these, a slash begins one; behind all else, it divides. */
const beforeLiteral = /(?:^|[(,=:[!&|?{};+>]|\b(?:return|typeof|case|of|in))\s*$/;

/** The literals of one file, found by walking over its texts, remarks and templates. */
export const literalsIn = (text: string): readonly { readonly source: string; readonly flags: string }[] => {
  const found: { source: string; flags: string }[] = [];
  let at = 0;
  let code = '';
  const templates: number[] = [];
  let braces = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const sticky = new RegExp(pattern.source, `${pattern.flags}y`);
    sticky.lastIndex = at;
    const match = sticky.exec(text);
    if (match !== null) at = sticky.lastIndex;
    return match;
  };
  const template = (): void => {
    const part = take(/(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(`|\$\{)/);
    if (part?.[1] === '${') {
      templates.push(braces);
      code = '(';
    } else code = 'x';
  };
  while (at < text.length) {
    if (take(/\/\/[^\n]*|\/\*[\s\S]*?\*\//) !== null) continue;
    if (take(/'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/) !== null) code = 'x';
    else if (take(/`/) !== null) template();
    else if (templates.length > 0 && braces === templates.at(-1) && take(/\}/) !== null) {
      templates.pop();
      template();
    } else {
      const literal =
        text[at] === '/' && beforeLiteral.test(code.slice(-20))
          ? take(/\/((?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([a-z]*)/)
          : null;
      if (literal !== null) {
        found.push({ source: literal[1] ?? '', flags: literal[2] ?? '' });
        code = 'x';
      } else {
        const character = text[at] ?? '';
        if (character === '{') braces += 1;
        if (character === '}') braces -= 1;
        code = (code + character).slice(-20);
        at += 1;
      }
    }
  }
  return found;
};

const sources = (): readonly string[] =>
  globSync('src/**/*.ts', { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !/\.test\.ts$|\/testing\/|contract/.test(path))
    .toSorted();

/** The files in which patterns are put together while the program runs. */
export const filesWithBuilt = (): readonly string[] =>
  sources().filter((path) => readFileSync(join(root, path), 'utf8').includes('new RegExp('));

/** All patterns that stand in the sources as literals, each once. */
export const literalPatterns = (): readonly Pattern[] => {
  const all = new Map<string, { source: string; flags: string; files: string[] }>();
  for (const path of sources()) {
    for (const { source, flags } of literalsIn(readFileSync(join(root, path), 'utf8'))) {
      const key = `/${source}/${flags}`;
      const known = all.get(key) ?? { source, flags, files: [] };
      if (!known.files.includes(path)) known.files.push(path);
      all.set(key, known);
    }
  }
  return [...all.values()];
};

/** Characters that a pattern names, and one of each kind that it may mean. */
const alphabetOf = (source: string): readonly string[] => {
  const named =
    source.replaceAll(/\\u\{?[0-9a-f]+\}?|\\[a-zA-Z](?:\{[^}]*\})?/g, '').match(/[^\\^$*+?()[\]{}|]/gu) ?? [];
  const escaped = [...source.matchAll(/\\([^\w\s])/g)].map(([, one = '']) => one);
  return [...new Set(['a', '0', ' ', '\n', '-', '.', ...named.slice(0, 10), ...escaped.slice(0, 6)])].slice(
    0,
    16,
  );
};

export const charactersTried = 50_000;

/** Runs of one and of two characters, behind what could begin a match and before what could spoil it. */
const pumpsOf = (source: string, length: number): readonly string[] => {
  const alphabet = alphabetOf(source);
  const units = [
    ...alphabet,
    ...alphabet.slice(0, 8).flatMap((one) => alphabet.slice(0, 8).map((other) => one + other)),
  ];
  const opening = /^\^?((?:\\?[^\\^$*+?()[\]{}|])+)/.exec(source)?.[1]?.replaceAll('\\', '') ?? '';
  return [...new Set(units)].flatMap((unit) => {
    const run = unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
    return opening === '' ? [run, `${run}\u0000`] : [run, `${run}\u0000`, `${opening}${run}\u0000`];
  });
};

/** How long all matches in a text take, as replaceAll looks for them; undefined when that is longer than `limitMs`. */
const timeOf = (context: Context, text: string, limitMs: number): number | undefined => {
  context['text'] = text;
  const begunAt = performance.now();
  try {
    runInContext('text.replaceAll(pattern, "")', context, { timeout: limitMs });
  } catch (thrown) {
    if (/timed out after/.test(String(thrown))) return undefined;
    throw thrown;
  }
  return performance.now() - begunAt;
};

export interface Tried {
  readonly strings: number;
  /** The beginning of one that took too long. */
  readonly slow: string | undefined;
}

/** What takes this long at a tenth of the length grows faster than the text does, or might. */
const suspiciousMs = 1;
const tenth = 10;

/**
 * Tries all strings of this length. Each is tried at a tenth of it first, where one that costs the square of its
 * length is slow enough to be seen, so that most are over at once.
 */
export const tryPattern = (
  { source, flags }: Pick<Pattern, 'source' | 'flags'>,
  { length, limitMs }: { readonly length: number; readonly limitMs: number },
): Tried => {
  const context = createContext({ source, flags: flags.includes('g') ? flags : `${flags}g`, text: '' });
  runInContext('globalThis.pattern = new RegExp(source, flags)', context);
  const short = pumpsOf(source, length / tenth);
  const suspicious = short.flatMap((pump, at) => {
    const ms = timeOf(context, pump, limitMs);
    return ms === undefined || ms > suspiciousMs ? [at] : [];
  });
  const long = suspicious.length === 0 ? [] : pumpsOf(source, length);
  const slow = suspicious
    .map((at) => long[at] ?? '')
    .find((pump) => timeOf(context, pump, limitMs) === undefined);
  return { strings: short.length, slow: slow?.slice(0, 12) };
};
