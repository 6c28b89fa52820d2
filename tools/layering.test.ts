import assert from 'node:assert/strict';
import test from 'node:test';
import { layeringFaults } from './layering.ts';
import { readTree } from './tree.ts';

/** The faults of a tree in which each file named below exists, empty unless its text is given. */
const faults = (files: Readonly<Record<string, string>>): readonly string[] =>
  layeringFaults(new Map(Object.entries(files)));

/** One file that imports one other; what is wrong with that. */
const link = (from: string, to: string): readonly string[] => {
  const up = '../'.repeat(from.split('/').length - 1);
  return faults({ [from]: `import { x } from '${up}${to}';`, [to]: '' });
};

const allows = (from: string, to: string): void => assert.deepEqual(link(from, to), [], `${from} -> ${to}`);
const refuses = (from: string, to: string, reason: RegExp): void => {
  const [fault, ...others] = link(from, to);
  assert.match(fault ?? 'nothing', reason, `${from} -> ${to}`);
  assert.deepEqual(others, []);
};

test('the source tree keeps to the layering', () => {
  assert.deepEqual(layeringFaults(readTree(['src'], (path) => /\.[cm]?[jt]sx?$/.test(path))), []);
});

test('every pair of folders is allowed or refused as the table of layers says', () => {
  const sample = new Map([
    ['kernel', 'src/kernel/x.ts'],
    ['areas', 'src/areas/tasks/x.ts'],
    ['catalogue', 'src/catalogue/x.ts'],
    ['journal', 'src/journal/x.ts'],
    ['stores', 'src/stores/sqlite/x.ts'],
    ['engine', 'src/engine/x.ts'],
    ['followers', 'src/followers/vault/x.ts'],
    ['surfaces', 'src/surfaces/mcp/x.ts'],
    ['integrations', 'src/integrations/x.ts'],
    ['host', 'src/host/x.ts'],
    ['testing', 'src/testing/x.ts'],
  ]);
  const allowed = [...sample].map(([from, importer]) => {
    const targets = [...sample].filter(([to]) => to !== from);
    return `${from}: ${targets.flatMap(([to, path]) => (link(importer, path).length === 0 ? [to] : [])).join(' ')}`;
  });
  assert.deepEqual(allowed, [
    'kernel: ',
    'areas: kernel',
    'catalogue: kernel areas',
    'journal: kernel',
    'stores: kernel journal',
    'engine: kernel journal',
    'followers: kernel journal engine',
    'surfaces: kernel catalogue engine',
    'integrations: kernel catalogue engine',
    'host: kernel areas catalogue journal stores engine followers surfaces integrations',
    'testing: kernel areas catalogue journal stores engine followers integrations',
  ]);
});

test('the entry of the package may import everything but src/testing', () => {
  allows('src/index.ts', 'src/surfaces/http/x.ts');
  allows('src/index.ts', 'src/host/x.ts');
  refuses('src/index.ts', 'src/testing/x.ts', /may not import src\/testing/);
  refuses('src/host/x.ts', 'src/index.ts', /may not import src\/index/);
});

test('only tests and contract suites import src/testing, and nothing imports a test', () => {
  allows('src/stores/sqlite/store.test.ts', 'src/testing/store.contract.ts');
  allows('src/engine/engine.contract.ts', 'src/testing/clock.ts');
  refuses('src/stores/sqlite/store.ts', 'src/testing/store.contract.ts', /may not import src\/testing/);
  refuses('src/engine/engine.contract.ts', 'src/surfaces/mcp/x.ts', /may not import src\/surfaces/);
  refuses('src/engine/queue.ts', 'src/engine/queue.test.ts', /is a test; nothing imports it/);
});

test('a test may import what it needs', () => {
  allows('src/kernel/ids.test.ts', 'src/host/main.ts');
  allows('src/areas/tasks/decide.test.ts', 'src/areas/leases/decide.ts');
  assert.deepEqual(
    faults({ 'src/areas/tasks/x.test.ts': "import test from 'node:test'; await f(Date);" }),
    [],
  );
});

test('stores do not know each other, nor do surfaces; followers may', () => {
  refuses('src/stores/sqlite/x.ts', 'src/stores/memory/x.ts', /sqlite and memory of src\/stores/);
  refuses('src/stores/open.ts', 'src/stores/memory/x.ts', /open and memory of src\/stores/);
  refuses('src/surfaces/mcp/x.ts', 'src/surfaces/http/x.ts', /mcp and http of src\/surfaces/);
  allows('src/stores/sqlite/x.ts', 'src/stores/sqlite/worker/y.ts');
  allows('src/stores/sqlite/x.ts', 'src/stores/well-formed.ts');
  allows('src/followers/vault/x.ts', 'src/followers/threads-git/x.ts');
});

test('an area opens only its model to other areas', () => {
  allows('src/areas/agents/policies.ts', 'src/areas/tasks/model.ts');
  allows('src/areas/agents/operations/list.ts', 'src/areas/tasks/model/index.ts');
  allows('src/areas/tasks/decide/claim.ts', 'src/areas/tasks/evolve.ts');
  refuses('src/areas/tasks/decide.ts', 'src/areas/leases/decide.ts', /only model\.ts may be imported/);
  refuses('src/areas/tasks/decide.ts', 'src/areas/leases/model/hold.ts', /only model\.ts may be imported/);
  refuses(
    'src/areas/tasks/decide.ts',
    'src/areas/leases/operations/model.ts',
    /only model\.ts may be imported/,
  );
});

test('the desk makes commands of other areas, and reaches no further into them', () => {
  allows('src/areas/desk/operations/start.ts', 'src/areas/agents/decide.ts');
  allows('src/areas/desk/operations/start.ts', 'src/areas/tasks/decide/index.ts');
  const refused = /only model\.ts may be imported/;
  refuses('src/areas/desk/operations/start.ts', 'src/areas/tasks/decide/claim.ts', refused);
  refuses('src/areas/desk/operations/start.ts', 'src/areas/tasks/evolve.ts', refused);
  refuses('src/areas/desk/operations/start.ts', 'src/areas/tasks/operations/decide.ts', refused);
  refuses('src/areas/desk/model.ts', 'src/areas/agents/decide.ts', refused);
  refuses('src/areas/workspaces/operations/add.ts', 'src/areas/agents/decide.ts', refused);
  refuses('src/areas/tasks/policies.ts', 'src/areas/desk/decide.ts', refused);
});

test('a model imports only the models of earlier areas', () => {
  allows('src/areas/tasks/model.ts', 'src/areas/agents/model.ts');
  allows('src/areas/desk/model/index.ts', 'src/areas/workspaces/model.ts');
  refuses('src/areas/agents/model.ts', 'src/areas/tasks/model.ts', /tasks comes after agents/);
  refuses('src/areas/leases/model/hold.ts', 'src/areas/tasks/model/index.ts', /tasks comes after leases/);
});

test('the lists of areas and of operations reach into areas, and no area reaches for them', () => {
  allows('src/areas/index.ts', 'src/areas/tasks/area.ts');
  allows('src/catalogue/x.ts', 'src/areas/index.ts');
  allows('src/areas/operations.ts', 'src/areas/tasks/operations/index.ts');
  refuses('src/areas/tasks/decide.ts', 'src/areas/index.ts', /does not import the list of areas/);
  refuses(
    'src/areas/desk/operations/status.ts',
    'src/areas/operations.ts',
    /does not import the list of areas/,
  );
});

test('a folder or an area outside the tables is refused', () => {
  assert.match(String(faults({ 'src/utils/x.ts': '' })), /src\/utils is not in the table of layers/);
  assert.match(String(faults({ 'src/areas/billing/model.ts': '' })), /billing is not in the order of areas/);
  assert.match(String(faults({ 'src/areas/shared.ts': '' })), /a file of src\/areas lies in an area/);
  assert.match(String(faults({ 'src/engine/x.mts': '' })), /written in \.ts files/);
});

test('packages are closed to the kernel and the areas, and the orders have theirs alone', () => {
  const imports = (path: string, specifier: string): string =>
    String(faults({ [path]: `import '${specifier}';` }));
  assert.equal(imports('src/kernel/rerooted-order.ts', 'sorted-btree'), '');
  assert.equal(imports('src/kernel/ids.ts', 'zod'), '');
  assert.equal(imports('src/areas/tasks/model.ts', 'zod/mini'), '');
  assert.equal(imports('src/engine/x.ts', 'node:events'), '');
  assert.match(
    imports('src/kernel/ids.ts', 'sorted-btree'),
    /only src\/kernel\/rerooted-order\.ts may import sorted-btree/,
  );
  assert.match(imports('src/engine/x.ts', 'sorted-btree'), /only src\/kernel\/rerooted-order\.ts may/);
  assert.match(imports('src/kernel/ids.ts', 'node:crypto'), /src\/kernel may not import node:crypto/);
  assert.match(imports('src/kernel/ids.ts', 'fs'), /src\/kernel may not import fs/);
  assert.match(imports('src/areas/tasks/decide.ts', 'node:fs'), /src\/areas may not import node:fs/);
  assert.match(
    imports('src/areas/tasks/decide.ts', '@scope/name/x'),
    /src\/areas may not import @scope\/name/,
  );
});

test('every form of import is checked, with the line it stands on', () => {
  const forms = ["import x from '@';", "export { x } from '@';", "type X = import('@').X;", "import('@');"];
  for (const form of [...forms, "new Worker(new URL('@', import.meta.url));"]) {
    const source = `// A comment.\n${form.replace('@', '../host/main.ts')}`;
    assert.deepEqual(faults({ 'src/engine/x.ts': source, 'src/host/main.ts': '' }), [
      'src/engine/x.ts:2: src/engine may not import src/host (src/host/main.ts)',
    ]);
  }
});

test('an import that cannot be followed is refused', () => {
  assert.match(String(faults({ 'src/host/x.ts': 'import(name);' })), /computed import/);
  assert.match(String(faults({ 'src/host/x.ts': "import './y.ts';" })), /there is no file src\/host\/y\.ts/);
  assert.match(String(faults({ 'src/host/x.ts': "import './y';" })), /there is no file src\/host\/y/);
  assert.match(
    String(faults({ 'src/host/x.ts': "import '../../tools/y.ts';" })),
    /tools\/y\.ts lies outside src/,
  );
  assert.deepEqual(faults({ 'src/host/x.ts': "import y from './y.json' with { type: 'json' };" }), []);
});

test('cycles are refused, also between tests and inside one folder', () => {
  const found = faults({
    'src/engine/a.ts': "import './b.ts';",
    'src/engine/b.ts': "import type { A } from './a.ts';",
  });
  assert.deepEqual(found, ['cycle: src/engine/a.ts -> src/engine/b.ts -> src/engine/a.ts']);
});

test('export * is refused in each of its forms', () => {
  for (const form of ['export *', 'export * as y', 'export type *']) {
    const found = faults({ 'src/host/x.ts': `${form} from './y.ts';`, 'src/host/y.ts': '' });
    assert.match(String(found), /src\/host\/x\.ts:1: .*without export \*/, form);
  }
});
