import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileGlob, compiledMeet, globsMeet } from './glob.ts';

const meets: readonly (readonly [string, string, boolean])[] = [
  ['src/a.ts', 'src/a.ts', true],
  ['src/a.ts', 'src/b.ts', false],
  ['src', 'src/a.ts', true],
  ['src', 'srcs/a.ts', false],
  ['src/*.ts', 'src/a.ts', true],
  ['src/*.ts', 'src/b/a.ts', false],
  ['src/*', 'src/b/a.ts', false],
  ['packages/*/src', 'packages/x/src/a.ts', true],
  ['src/**', 'src/b/a.ts', true],
  ['src/**/*.ts', 'src/a.ts', true],
  ['src/**/*.ts', 'src/a.md', false],
  ['src/**/test', 'src/x/test/a.ts', true],
  ['src/a.ts', 'src/a.ts/b', true],
  ['src/a.ts', 'src/**/b', false],
  ['.github', '**/*.yml', true],
  ['docs/v1.2', 'docs/*/a.md', true],
  ['**/a.ts', '**/b.ts', false],
  ['**', 'a', true],
  ['a**b', 'a/b', false],
  ['{src,test}/a.ts', 'test/a.ts', true],
  ['{src,test}/a.ts', 'docs/a.ts', false],
  ['src/{a,b{c,d}}.ts', 'src/bd.ts', true],
  ['src/{a}.ts', 'src/a.ts', false],
  ['app/[id]/page.tsx', 'app/[id]', true],
  ['app/[id]/page.tsx', 'app/x/page.tsx', true],
  ['app/[id]/page.tsx', 'app/xy/page.tsx', false],
  ['{b[,x}a]', 'ba', true],
  ['{b[,x}a]', 'xa]', true],
  ['{b[,x}a]', 'b', false],
  ['x[{a,b]}', 'x[a', true],
  ['a?c', 'abc', true],
  ['a?c', 'a/c', false],
  ['src/?.ts', 'src/\u{1f600}.ts', true],
  ['src/??.ts', 'src/\u{1f600}.ts', false],
  ['src/[\u{1f600}\u{1f601}].ts', 'src/\u{1f600}.ts', true],
];

for (const [a, b, expected] of meets) {
  test(`${a} and ${b} ${expected ? 'meet' : 'do not meet'}`, () => {
    assert.equal(globsMeet(a, b), expected);
    assert.equal(globsMeet(b, a), expected);
  });
}

/** The language that a pattern without brackets stands for, as a regular expression, made the slow and obvious way. */
const oracle = (pattern: string): RegExp[] =>
  expandBraces(pattern).map((variant) => {
    const segments = variant.split('/').filter((segment) => segment !== '');
    const parts = segments.map((segment, i): string => {
      if (segment === '**' || segment === '***')
        return i === segments.length - 1 ? '(?:/[^/]+)+' : '(?:/[^/]+)*';
      const inner = segment.replace(/\*+|\?|[^*?]/g, (piece) => {
        if (piece.startsWith('*')) return '[^/]*';
        return piece === '?' ? '[^/]' : piece;
      });
      return `/(?=[^/])${inner}`;
    });
    const literal =
      !/[*?]/.test(segments.at(-1) ?? '*') && !segments.some((segment) => /^\*\*+$/.test(segment));
    return segments.length === 0 ? /(?!)/ : new RegExp(`^${parts.join('')}${literal ? '(?:/[^/]+)*' : ''}$`);
  });

const expandBraces = (pattern: string): string[] => {
  const group = /\{([^{}]*,[^{}]*)\}/.exec(pattern);
  if (group === null) return [pattern];
  const [whole, inside = ''] = group;
  return inside
    .split(',')
    .flatMap((part) =>
      expandBraces(pattern.slice(0, group.index) + part + pattern.slice(group.index + whole.length)),
    );
};

/** Every path of up to three segments of up to two letters out of two. */
const paths = ((): string[] => {
  const segments = ['a', 'b', 'aa', 'ab', 'ba', 'bb'];
  const two = segments.flatMap((one) => segments.map((next) => `${one}/${next}`));
  return [...segments, ...two, ...two.flatMap((one) => segments.map((next) => `${one}/${next}`))];
})();

const segment = fc.oneof(
  { weight: 1, arbitrary: fc.constant('**') },
  {
    weight: 4,
    arbitrary: fc
      .array(fc.constantFrom('a', 'b', '*', '?', '{a,b}', '{ab,*}', '{a,b/a}'), {
        minLength: 1,
        maxLength: 2,
      })
      .map((parts) => parts.join('')),
  },
);
const pattern = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join('/'));

test('two patterns meet whenever some path matches both', () => {
  fc.assert(
    fc.property(pattern, pattern, (a, b) => {
      const [one, two] = [oracle(a), oracle(b)];
      const common = paths.find(
        (path) => one.some((re) => re.test(`/${path}`)) && two.some((re) => re.test(`/${path}`)),
      );
      const met = globsMeet(a, b);
      assert.equal(globsMeet(b, a), met, 'the order does not matter');
      if (common !== undefined) assert.ok(met, `${common} matches both`);
      // Patterns this small that meet at all meet in a path this small, unless one needs more room or names a folder.
      else if (met) {
        const explained = [a, b].some((one) => needsMore(one) || namesFolderAnywhere(one));
        assert.ok(explained, `nothing matches both ${a} and ${b}`);
      }
    }),
    { numRuns: 5_000 },
  );
});

/** Whether a pattern may only match paths longer than those in `paths`. */
const needsMore = (text: string): boolean =>
  text.split('/').length + (text.match(/b\/a/g)?.length ?? 0) > 2 || text.length > 6;

// Whether it covers what is below a folder at any depth, which the oracle leaves out: `**/aa` meets `*/?` in aa/b.
const namesFolderAnywhere = (text: string): boolean =>
  text.includes('**') && expandBraces(text).some((variant) => !/[*?]/.test(variant.split('/').at(-1) ?? ''));

test('hostile patterns are answered soon, and with yes', () => {
  const braces = '{a,b}'.repeat(60);
  assert.equal(compileGlob(braces).variants, undefined);
  assert.equal(globsMeet(braces, 'zzz'), true);
  const stars = '*a'.repeat(140);
  const others = '*b'.repeat(140);
  const begun = performance.now();
  globsMeet(`${'{a,b}'.repeat(6)}${stars}`, `${'{a,b}'.repeat(6)}${others}`);
  globsMeet('{'.repeat(300), '['.repeat(300));
  globsMeet('**/'.repeat(100), '*/**/'.repeat(60));
  assert.ok(performance.now() - begun < 500);
});

test('an outcome is the same whichever comes first, whatever was compared before, and costs the same effort', () => {
  const wild = (letter: string, i: number): string => `**/*${letter}${i}*${letter}*/**/*${letter.repeat(9)}*`;
  const pairs = Array.from({ length: 50 }, (_, i) => [wild('a', i), wild('b', i)] as const);
  const spent = (one: string, two: string): readonly [boolean, number] => {
    const effort = { left: 0 };
    return [compiledMeet(compileGlob(one), compileGlob(two), effort), effort.left];
  };
  const first = pairs.map(([one, two]) => spent(one, two));
  assert.deepEqual(
    pairs.map(([one, two]) => spent(two, one)),
    first,
  );
  const apart = spent('**/*aa*/x.ts', '**/*bb*/y.css');
  assert.equal(apart[0], false, 'without any effort left');
  assert.ok(first.every(([, left]) => left < 0));
});

test('whatever the text, comparing with itself says yes if it matches anything', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom('a', '/', '*', '?', '{', '}', ',', '[', ']'),
        minLength: 1,
        maxLength: 40,
      }),
      (text) => {
        globsMeet(text, '**');
        if (/^[a/]*$/.test(text) && /a/.test(text)) assert.ok(globsMeet(text, text));
      },
    ),
  );
});
