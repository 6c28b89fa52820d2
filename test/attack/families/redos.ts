/* Regular expressions for which a short text takes long. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { textCharactersMax } from '../../../src/areas/messages/model/limits.ts';
import { type Attack, type Family } from '../harness/attack.ts';
import type { Range } from '../harness/range.ts';
import {
  type Pattern,
  charactersTried,
  filesWithBuilt,
  literalPatterns,
  literalsIn,
  tryPattern,
} from '../harness/patterns.ts';

const limitMs = 1_000;

interface Cap {
  readonly file: string;
  readonly characters: number;
  readonly why: string;
}

/** Patterns that cost the square of the length, where the length has a limit: they are tried at that. */
const capped: ReadonlyMap<string, Cap> = new Map([
  [
    String.raw`\{[^{}/]*\.\.[^{}/]*\}|[+@!?*]\([^/]*\)|\[[^\]/]*\[(?:[:=]|\.[^\]/]*\.\])|\[[!^]\]`,
    {
      file: 'src/areas/leases/model/names.ts',
      characters: 320,
      why: 'names of locks have at most 320 characters',
    },
  ],
  [
    String.raw`\[[^\]]*[{}][^\]]*\]`,
    {
      file: 'src/areas/leases/model/names.ts',
      characters: 320,
      why: 'names of locks have at most 320 characters',
    },
  ],
  [
    String.raw`"([^"]*)"|“([^”]*)”|(\S+)`,
    {
      file: 'src/followers/text-index/terms.ts',
      characters: 500,
      why: 'what is searched for has at most 500 characters',
    },
  ],
]);

const builtSchema = z.array(z.object({ source: z.string(), flags: z.string(), files: z.array(z.string()) }));

const builtPatterns = (): readonly Pattern[] => {
  const script = join(import.meta.dirname, '../harness/built-patterns.ts');
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return builtSchema.parse(JSON.parse(stdout));
};

const within = (pattern: Pattern): number => {
  const cap = capped.get(pattern.source);
  return cap !== undefined && pattern.files.every((file) => file === cap.file)
    ? cap.characters
    : charactersTried;
};

const tryAll = (patterns: readonly Pattern[]): string => {
  const slow: string[] = [];
  let strings = 0;
  for (const pattern of patterns) {
    const tried = tryPattern(pattern, { length: within(pattern), limitMs });
    strings += tried.strings;
    if (tried.slow !== undefined)
      slow.push(
        `/${pattern.source}/${pattern.flags} in ${pattern.files.join(', ')} with ${JSON.stringify(tried.slow)}...`,
      );
  }
  assert.deepEqual(slow, []);
  return `none takes ${limitMs} ms (${patterns.length} patterns, ${strings} strings)`;
};

/** The patterns of one folder of the sources, or of one area. */
const folderOf = (path: string): string =>
  /^src\/(?:areas|surfaces|host)\/[^/]+(?=\/)|^src\/[^/]+/.exec(path)?.[0] ?? path;

const literals = literalPatterns();
const folders = [...new Set(literals.map(({ files: [first = ''] }) => folderOf(first)))].toSorted();

const perFolder = (folder: string): Attack => ({
  name: `texts of ${charactersTried} characters for the patterns of ${folder}`,
  run: async () => tryAll(literals.filter(({ files: [first = ''] }) => folderOf(first) === folder)),
});

/** What is only put together in a call, with the line that does so. */
const inCalls: readonly (Pattern & { readonly line: string })[] = [
  {
    source: String.raw`<(/?)code(?=[\s/>])[^<>]*>`,
    flags: 'gi',
    files: ['src/areas/messages/prose.ts'],
    line: 'new RegExp(`<(/?)${name}(?=[\\\\s/>])[^<>]*>`',
  },
  {
    source: String.raw`"(?:[^"\\]|\\.)*"|task_add|\bname\b`,
    flags: 'g',
    files: ['src/surfaces/cli/spoken-commands.ts'],
    line: 'new RegExp([String.raw`"(?:[^"\\\\]|\\\\.)*"`, ...patterns]',
  },
];

const assembled: Attack = {
  name: 'the same for patterns that are put together',
  run: async () => {
    const built = builtPatterns();
    const holding = new Set([
      ...built.flatMap(({ files }) => files),
      ...inCalls.flatMap(({ files }) => files),
    ]);
    // The command line makes one again that a schema has: it stands in the sources, and is tried there.
    const missing = filesWithBuilt().filter(
      (path) => !holding.has(path) && path !== 'src/surfaces/cli/input.ts',
    );
    assert.deepEqual(missing, []);
    for (const {
      files: [file = ''],
      line,
    } of inCalls)
      assert(
        readFileSync(join(import.meta.dirname, '../../..', file), 'utf8').includes(line),
        `${file} has ${line}`,
      );
    return tryAll([...built, ...inCalls]);
  },
};

const caps: Attack = {
  name: `the ${capped.size} patterns that cost the square of the length`,
  run: async () => {
    for (const [source, { file }] of capped)
      assert(
        literals.some((one) => one.source === source && one.files.includes(file)),
        source,
      );
    return [...new Set([...capped.values()].map(({ why }) => why))].join('; ');
  },
};

const long = (unit: string): string => unit.repeat(Math.floor((textCharactersMax - 100) / unit.length));

/** Each with something to find at its end. */
const messages = [
  `@a${long('-')}b @ada`,
  `${long('@')} @ada`,
  `${long('<code>')} @ada`,
  `${long('<code ')}</ @ada`,
  `${long('`')} @ada`,
  `${long('http://')} @ada`,
  `${long('a.')} @ada`,
  `@${long('a.')}b @ada`,
  `${long('[a](')} @ada`,
  `${long('_@')} @ada`,
  `${long('* ')}@ada`,
  `${long('\n')}@ada`,
  `${long('> ')}@ada`,
  `${long('\\')}@ada`,
  `${long('@ada\n```\n')}`,
  `${long('“')}@ada`,
  `${long('雪')}@ada`,
];

/** How long it takes to send a message. */
const timed = async (range: Range, text: string): Promise<number> => {
  const begunAt = performance.now();
  const { status } = await range.call('message_send', { text });
  assert([200, 400].includes(status));
  return performance.now() - begunAt;
};

const sent: Attack = {
  name: `${messages.length} messages of ${textCharactersMax} characters, whose mentions are looked for`,
  run: async (range) => {
    await range.must('start', { agent: 'ada' });
    for (const text of messages) {
      const times: number[] = [];
      // The least of three counts, because the machine may have other work.
      while (times.length < 3 && Math.min(...times) >= limitMs) times.push(await timed(range, text));
      assert(
        Math.min(...times) < limitMs,
        `${JSON.stringify(text.slice(0, 12))}... took ${String(times)} ms`,
      );
    }
    return `each is answered within ${limitMs} ms`;
  },
};

export const redos: Family = {
  name: 'ReDoS',
  aim: 'one short text to keep the hub busy for long.',
  control: {
    name: 'a pattern that is known to be slow, and a file with patterns in texts and remarks',
    run: async () => {
      for (const source of ['(a+)+$', '[._-]+$', 'a*a*b'])
        assert.notEqual(
          tryPattern({ source, flags: '' }, { length: charactersTried, limitMs: 200 }).slow,
          undefined,
          source,
        );
      const text =
        "const a = /x[/]y\\/z/gu; // /no/\nconst b = 1 / 2 / 3; const c = '/no/'; f(`/no/${/yes/.source}/no/`, /last/);";
      assert.deepEqual(
        literalsIn(text).map(({ source }) => source),
        ['x[/]y\\/z', 'yes', 'last'],
      );
      return 'it is found to be slow, and the patterns are found';
    },
  },
  attacks: [...folders.map(perFolder), assembled, caps, sent],
};
