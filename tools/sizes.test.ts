import assert from 'node:assert/strict';
import test from 'node:test';
import { shortcutFaults } from './shortcuts.ts';
import { sizeFaults } from './sizes.ts';
import { readTree } from './tree.ts';

const folders: readonly string[] = ['src', 'test', 'tools', 'bench', 'examples', 'web', 'bin'];

const lines = (count: number): string => 'x\n'.repeat(count);
const sizes = (path: string, source: string): string => String(sizeFaults(new Map([[path, source]])));
const shortcuts = (path: string, source: string): string => String(shortcutFaults(new Map([[path, source]])));

test('every file keeps to the limit of lines', () => {
  assert.deepEqual(sizeFaults(readTree(folders, () => true)), []);
});

test('no file takes a shortcut round the compiler, the linter or the tests', () => {
  assert.deepEqual(shortcutFaults(readTree(folders, (path) => /\.[cm]?[jt]s$/.test(path))), []);
});

test('400 lines are allowed, 401 are not, with or without a last newline', () => {
  assert.equal(sizes('src/a.ts', lines(400)), '');
  assert.equal(sizes('src/a.ts', `${lines(399)}x`), '');
  assert.match(sizes('src/a.ts', lines(401)), /src\/a\.ts: 401 lines, at most 400/);
  assert.match(sizes('web/page.css', `${lines(400)}x`), /401 lines/);
});

test('only data and generated files may be longer', () => {
  for (const path of ['src/a.json', 'src/a/RULES.md', 'test/snapshots/tools.txt', 'docs/reference/a.html']) {
    assert.equal(sizes(path, lines(900)), '');
  }
  for (const path of ['src/a.sql', 'tools/a.test.ts', 'bench/a.js', 'src/snapshots.ts']) {
    assert.match(sizes(path, lines(900)), /900 lines/);
  }
});

const refused: readonly (readonly [string, string])[] = [
  ['src/a.test.ts', "test.skip('x', () => {});"],
  ['src/a.test.ts', "describe.only('x', () => {});"],
  ['src/a.test.ts', "it.todo('x');"],
  ['src/a.test.ts', 't.skip();'],
  ['src/a.contract.ts', "context.todo('later');"],
  ['src/a.test.ts', "test('x', { skip: true }, () => {});"],
  ['src/a.test.ts', "test('x', { timeout: 5, skip: !hasRedis }, () => {});"],
  ['src/a.test.ts', "test('x', { only }, () => {});"],
  ['src/a.test.ts', "test('x', { todo: 'one day' }, () => {});"],
  ['test/a.test.ts', 'const x = y as any;'],
  ['bench/a.ts', 'const x = y as unknown as Z;'],
  ['src/a.ts', '// @ts-ignore'],
  ['src/a.test.ts', '/* @ts-expect-error because */'],
  ['web/a.js', '// @ts-nocheck'],
  ['src/a.ts', '// oxlint-disable-next-line no-console'],
  ['src/a.ts', '/* eslint-disable */'],
  ['src/a.ts', '// biome-ignore format: x'],
  ['src/a.ts', 'const x = y as Z;'],
  ['src/a.ts', 'const x = f(y) as { a: 1 };'],
  ['src/a.ts', "const x = 'y' as 'z';"],
  ['src/a.ts', 'const x = {} as Z;'],
  ['src/a.ts', 'const x = y! as [Z];'],
  ['src/testing/a.ts', 'f(y\n  as Z);'],
];

for (const [path, source] of refused) {
  test(`${path} may not say: ${JSON.stringify(source)}`, () =>
    assert.match(shortcuts(path, source), /:[12]: /));
}

const allowed: readonly (readonly [string, string])[] = [
  ['src/a.ts', "import { a as b, type c as d } from './c.ts';"],
  ['src/a.ts', "import * as b from './c.ts';"],
  ['src/a.ts', "import e, { a as b } from './c.ts';"],
  ['src/a.ts', "export { a as b } from './c.ts';"],
  ['src/a.ts', 'type A<T> = { [K in keyof T as Exclude<K, B>]: T[K] };'],
  ['src/a.ts', "const x = ['a'] as const;"],
  ['src/a.ts', "const x = y.as('z');"],
  ['src/a.ts', 'const x = same as(y);'],
  ['src/a.ts', '// as any reader knows'],
  ['src/a.ts', "const x = 'as any, as unknown as Z';"],
  ['src/a.ts', 'const f = <T>(x: T): T => x;'],
  ['src/a.ts', 'const f = <T extends Y, U>({ a, b }: Z<T>) => x;'],
  ['src/a.ts', 'type F = <T>(x: T) => T;'],
  ['src/a.ts', 'interface A { readonly f: <T>(x: T) => Promise<T>; }'],
  ['src/a.ts', 'const x = new Map<A, B>([]); const y = a < b && c > d;'],
  ['src/a.ts', 'const x: Map<A, B> = y; f<Z>(x);'],
  ['src/a.test.ts', 'const x = y as Z;'],
  ['src/a.test.ts', "test('x', { timeout: 5 }, () => {});"],
  ['src/a.test.ts', 'const x = { skip: false }; list.skip(1); cursor.only();'],
  ['src/a.ts', 'const page = { skip: 10, only };'],
];

for (const [path, source] of allowed) {
  test(`${path} may say: ${JSON.stringify(source)}`, () => assert.equal(shortcuts(path, source), ''));
}
