import assert from 'node:assert/strict';
import test from 'node:test';
import { layeringFaults } from './layering.ts';

const faults = (source: string): string =>
  String(layeringFaults(new Map([['src/areas/tasks/decide.ts', source]])));

const impure: readonly string[] = [
  'const now = Date.now();',
  'const when: Date = later;',
  'const { now } = Date;',
  'list.map(Date);',
  'const all = [...process.argv];',
  'const pid = ok ? process : other;',
  'setTimeout(f, 1);',
  'setInterval(f, 1);',
  'setImmediate(f);',
  'queueMicrotask(f);',
  'const id = crypto.randomUUID();',
  'const t = performance.now();',
  'const d = globalThis.Date;',
  'const t = Temporal.Now.instant();',
  'fetch(url);',
  'console.log(x);',
  'const r = Math.random();',
  'const r = Math . random();',
  "const r = Math['random']();",
  'const { random } = Math;',
  'async function f() {}',
  'const f = async () => 1;',
  'class A { async m() {} }',
  'const x = await f;',
  'for await (const x of y) {}',
  'const text = `now: ${Date.now()}`;',
];

for (const source of impure) {
  test(`an area may not say: ${source}`, () => assert.match(faults(source), /areas are pure/));
}

const pure: readonly string[] = [
  '// Date.now() and await are for others.',
  "const text = 'await setTimeout process';",
  'const text = `Date.now() ${x}`;',
  'const x = state.process;',
  'const x = state?.process;',
  'const schema = { process: z.string(), crypto: 1 };',
  'interface A { readonly process?: string; performance: number }',
  'const dueDate = updated.Dates;',
  'const x = Math.min(1, 2);',
  'const awaiting = isAsync;',
];

for (const source of pure) {
  test(`an area may say: ${source}`, () => assert.equal(faults(source), ''));
}

test('purity is asked of areas alone', () => {
  assert.deepEqual(layeringFaults(new Map([['src/engine/clock.ts', 'const now = Date.now();']])), []);
});
