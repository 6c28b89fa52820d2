import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { z } from 'zod';
import { root } from './tree.ts';

const restrictedImport = 'eslint(no-restricted-imports)';
const restrictedGlobal = 'eslint(no-restricted-globals)';

/** A file that breaks one rule, and the rule that must say so. */
type Offence = readonly [rule: string | undefined, path: string, source: string];

const numbered = (count: number): string =>
  Array.from({ length: count }, (_, index) => `export const x${index} = ${index};\n`).join('');

const offences: readonly Offence[] = [
  ['typescript(no-floating-promises)', 'src/engine/a.ts', 'const f = async (): Promise<void> => {};\nf();\n'],
  [
    'typescript(no-misused-promises)',
    'src/engine/b.ts',
    'const f = async (): Promise<void> => {};\n[1].forEach(async () => {\n  await f();\n});\n',
  ],
  [
    'typescript(switch-exhaustiveness-check)',
    'src/engine/c.ts',
    "export const f = (u: 'a' | 'b'): number => {\n  switch (u) {\n    case 'a':\n      return 1;\n  }\n  return 2;\n};\n",
  ],
  ['typescript(no-explicit-any)', 'src/engine/d.ts', 'export const x: any = 1;\n'],
  ['typescript(no-non-null-assertion)', 'src/engine/e.ts', 'export const x = [1][0]!;\n'],
  [
    'typescript(ban-ts-comment)',
    'src/engine/f.ts',
    '// @ts-expect-error: said why\nexport const x: string = 1;\n',
  ],
  [
    'typescript(consistent-type-imports)',
    'src/engine/g.ts',
    "import { A } from './h.ts';\nexport const x: A = 1;\n",
  ],
  [undefined, 'src/engine/h.ts', "export type A = number;\nexport const list = ['a'] as const;\n"],
  [
    'typescript(consistent-type-assertions)',
    'src/engine/i.ts',
    "export const x = JSON.parse('1') as number;\n",
  ],
  [
    'typescript(consistent-type-assertions)',
    'src/engine/j.ts',
    "export const x = <number>JSON.parse('1');\n",
  ],
  [
    'import(no-cycle)',
    'src/engine/k.ts',
    "import { l } from './l.ts';\nexport type K = 1;\nexport const k = l;\n",
  ],
  ['import(no-cycle)', 'src/engine/l.ts', "import type { K } from './k.ts';\nexport const l: K = 1;\n"],
  ['eslint(max-lines)', 'src/engine/m.ts', numbered(401)],
  [undefined, 'src/engine/n.ts', numbered(400)],
  [
    'eslint(max-lines-per-function)',
    'src/engine/o.ts',
    `export const f = (): void => {\n${'  console.log();\n'.repeat(69)}};\n`,
  ],
  [undefined, 'src/engine/p.ts', `export const f = (): void => {\n${'  console.log();\n'.repeat(68)}};\n`],
  [
    'eslint(max-params)',
    'src/engine/q.ts',
    'export const f = (a: number, b: number, c: number, d: number): number => a + b + c + d;\n',
  ],
  [restrictedImport, 'src/kernel/a.ts', "import BTree from 'sorted-btree';\nexport const x = BTree;\n"],
  [restrictedImport, 'src/kernel/b.ts', "import fs from 'node:fs';\nexport const x = fs;\n"],
  [restrictedImport, 'src/kernel/c.ts', "import fs from 'fs';\nexport const x = fs;\n"],
  [restrictedImport, 'src/kernel/d.ts', "export { x } from '../engine/p.ts';\n"],
  [
    undefined,
    'src/kernel/rerooted-order.ts',
    "import BTree from 'sorted-btree';\nimport { z } from 'zod';\nexport const x = [BTree, z];\n",
  ],
  [restrictedImport, 'src/areas/tasks/a.ts', "import fs from 'node:fs';\nexport const x = fs;\n"],
  [restrictedImport, 'src/areas/tasks/b.ts', "export const x = (): unknown => import('node:fs');\n"],
  [restrictedImport, 'src/areas/tasks/c.ts', "import BTree from 'sorted-btree';\nexport const x = BTree;\n"],
  [restrictedImport, 'src/areas/tasks/operations/d.ts', "export { f } from '../../../engine/p.ts';\n"],
  ['oxc(no-async-await)', 'src/areas/tasks/e.ts', 'export const f = async (): Promise<void> => {};\n'],
  ['eslint(no-restricted-properties)', 'src/areas/tasks/f.ts', 'export const x = Math.random();\n'],
  ['typescript(no-restricted-types)', 'src/areas/tasks/g.ts', 'export type T = Date;\n'],
  ...[
    'Date.now()',
    'setTimeout(f)',
    'setInterval(f)',
    'setImmediate(f)',
    'process.pid',
    'crypto.randomUUID()',
  ]
    .concat('performance.now()', 'globalThis.name', "fetch('')", 'queueMicrotask(f)', 'console.log()')
    .map((use, index): Offence => {
      const source = `export const f = (): void => {};\nexport const x: unknown = ${use};\n`;
      return [restrictedGlobal, `src/areas/tasks/global-${index}.ts`, source];
    }),
  [
    undefined,
    'src/areas/tasks/h.test.ts',
    "import test from 'node:test';\nimport fs from 'node:fs';\ntest('x', async () => {\n  await Promise.resolve(fs);\n});\n",
  ],
  ...[
    'areas/tasks/h',
    'catalogue/a',
    'journal/a',
    'stores/sqlite/a',
    'engine/a',
    'followers/a',
    'surfaces/mcp/a',
  ]
    .concat('integrations/a')
    .map((path): Offence => {
      const source = `export { x } from '${'../'.repeat(path.split('/').length - 1)}host/x.ts';\n`;
      return [restrictedImport, `src/${path}-layer.ts`, source];
    }),
  [undefined, 'src/host/x.ts', "export { f as x } from '../engine/p.ts';\n"],
  [restrictedImport, 'src/host/y.ts', "export { x } from '../testing/x.ts';\n"],
  [restrictedImport, 'src/host/z.ts', "import BTree from 'sorted-btree';\nexport const x = BTree;\n"],
  [undefined, 'src/testing/x.ts', "export { f as x } from '../engine/p.ts';\n"],
  [restrictedImport, 'src/testing/y.ts', "export { x } from '../host/x.ts';\n"],
  [undefined, 'src/testing/z.contract.ts', "export { x } from './x.ts';\n"],
];

const report = z.object({ diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })) });

/** The rules broken in each of the files, as the project's own configuration sees them in a folder of their own. */
const lint = (folder: string): ReadonlyMap<string, string> => {
  for (const name of ['.oxlintrc.json', 'tsconfig.json']) copyFileSync(join(root, name), join(folder, name));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [, path, source] of offences) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const args = [oxlint, '--type-aware', '--format=json', 'src'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  assert.match(stdout, /^\{/, stderr);
  const found = Map.groupBy(report.parse(JSON.parse(stdout)).diagnostics, ({ filename }) => filename);
  return new Map(
    [...found].map(([path, all]) => [path, [...new Set(all.map(({ code }) => code))].join(' ')]),
  );
};

test('every rule of the linter fires where it should, and only there', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-lint-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const found = lint(folder);
  const expected = offences.map(([rule, path]) => `${path}: ${rule ?? 'nothing'}`);
  assert.deepEqual(
    offences.map(([, path]) => `${path}: ${found.get(path) ?? 'nothing'}`),
    expected,
  );
});
