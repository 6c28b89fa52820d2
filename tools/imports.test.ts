import assert from 'node:assert/strict';
import test from 'node:test';
import { cyclesAmong, parseModule, targetOf } from './imports.ts';

const specifiers = (source: string): readonly (string | undefined)[] =>
  parseModule('src/a.ts', source).imports.map(({ specifier }) => specifier);

test('every way to name another module is found', () => {
  assert.deepEqual(specifiers("import a, { type b } from './a.ts';"), ['./a.ts']);
  assert.deepEqual(specifiers("import type {\n  b, // with 'quotes'\n} from './b.ts';"), ['./b.ts']);
  assert.deepEqual(specifiers("import * as c from './c.ts'"), ['./c.ts']);
  assert.deepEqual(specifiers('import "./d.ts";'), ['./d.ts']);
  assert.deepEqual(specifiers("export { e as f } from './e.ts';"), ['./e.ts']);
  assert.deepEqual(specifiers("export type { g } from './g.ts';"), ['./g.ts']);
  assert.deepEqual(specifiers("export * from './h.ts';"), ['./h.ts']);
  assert.deepEqual(specifiers("export * as h from './h.ts';"), ['./h.ts']);
  assert.deepEqual(specifiers("const i = await import( /* late */ './i.ts');"), ['./i.ts']);
  assert.deepEqual(specifiers("type J = import('./j.ts').J;"), ['./j.ts']);
  assert.deepEqual(specifiers("new Worker(new URL('./k.ts', import.meta.url));"), ['./k.ts']);
  assert.deepEqual(specifiers("import l from './l.json' with { type: 'json' };"), ['./l.json']);
});

test('a computed specifier is found and has no name', () => {
  assert.deepEqual(specifiers('import(path)'), [undefined]);
  assert.deepEqual(specifiers('import(`./${name}.ts`)'), [undefined]);
});

test('statements that follow each other without semicolons are all found', () => {
  const source = "import a from './a.ts'\nexport { b }\nexport { c } from './c.ts'\nimport './d.ts'";
  assert.deepEqual(specifiers(source), ['./a.ts', './c.ts', './d.ts']);
});

test('what only looks like an import is none', () => {
  const source = `
    // import a from './a.ts';
    const text = "import b from './b.ts'";
    export const from = 'c';
    export function d() { return 'd'; }
    const url = import.meta.url + 'e';
    loader.import('f');
    new URL('./g.ts', base);
    const important = 'h';
  `;
  assert.deepEqual(specifiers(source), []);
});

test('a specifier leads to a path, that of a package to none', () => {
  assert.equal(targetOf('src/areas/tasks/decide.ts', '../leases/model.ts'), 'src/areas/leases/model.ts');
  assert.equal(targetOf('src/areas/tasks/decide.ts', 'zod'), undefined);
});

test('a cycle is found once, however long, and through types too', () => {
  const modules = [
    parseModule('a.ts', "import './b.ts';"),
    parseModule('b.ts', "import type { C } from './c.ts';"),
    parseModule('c.ts', "export { a } from './a.ts';"),
    parseModule('d.ts', "import './a.ts'; import './b.ts';"),
    parseModule('e.ts', "import './e.ts';"),
  ];
  assert.deepEqual(cyclesAmong(modules), [
    ['a.ts', 'b.ts', 'c.ts', 'a.ts'],
    ['e.ts', 'e.ts'],
  ]);
});
