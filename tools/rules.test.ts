import assert from 'node:assert/strict';
import test from 'node:test';
import { ruleFaults } from './rules.ts';
import { readTree } from './tree.ts';

const good: Readonly<Record<string, string>> = {
  'src/areas/index.ts': '',
  'src/areas/leases/RULES.md': `# Leases

## Vocabulary

- **lease**: what is held.

## Rules

- **LE1** A lease has one holder.
- **LE2** A lease ends at its expiry, but see LE1;
  - this may take several lines.
`,
  'src/areas/leases/decide.ts': '// LE2 decides here.',
  'src/areas/leases/decide.test.ts': "test('LE1 a second holder is refused', () => {});\n// LE2\n",
  'src/areas/votes/RULES.md': '* **VO1** One agent, one vote.\n',
  'src/areas/votes/evolve.test.ts': 'for (const way of ways) test(`VO1 ${way}`, () => {});',
};

const faults = (files: Readonly<Record<string, string>>): readonly string[] =>
  ruleFaults(new Map(Object.entries({ ...good, ...files })));

test('every rule of the areas has an id and a test', () => {
  const files = readTree(['src', 'test'], (path) => path.endsWith('.ts') || path.endsWith('/RULES.md'));
  assert.deepEqual(ruleFaults(files), []);
});

test('complete rules have no fault', () => {
  assert.deepEqual(faults({}), []);
});

test('a rule that no test cites is found', () => {
  assert.deepEqual(faults({ 'src/areas/leases/decide.test.ts': "test('LE1 x', () => {});" }), [
    'src/areas/leases/RULES.md:10: no test of leases cites LE2',
  ]);
});

test('a citation in code, or in the test of another area, is none', () => {
  const found = faults({
    'src/areas/leases/decide.test.ts': "test('LE1 x', () => f(LE2));",
    'src/areas/votes/evolve.test.ts': "test('VO1 and LE2', () => {});",
  });
  assert.deepEqual(found, ['src/areas/leases/RULES.md:10: no test of leases cites LE2']);
});

test('LE11 does not cite LE1', () => {
  const rules = '- **LE1** One.\n- **LE11** Eleven.\n';
  const found = faults({
    'src/areas/leases/RULES.md': rules,
    'src/areas/leases/decide.ts': '',
    'src/areas/leases/decide.test.ts': "test('LE11 x', () => {});",
  });
  assert.deepEqual(found, ['src/areas/leases/RULES.md:1: no test of leases cites LE1']);
});

test('a citation of a rule that does not exist is found, in tests, code and rules, with its line', () => {
  assert.deepEqual(faults({ 'test/cascade.test.ts': "\ntest('LE3 x', () => {});" }), [
    'test/cascade.test.ts:2: there is no rule LE3',
  ]);
  assert.deepEqual(faults({ 'src/engine/queue.ts': '// See LE9.' }), [
    'src/engine/queue.ts:1: there is no rule LE9',
  ]);
  assert.deepEqual(faults({ 'src/areas/votes/RULES.md': '\n* **VO1** As LE4.\n' }), [
    'src/areas/votes/RULES.md:2: there is no rule LE4',
  ]);
  assert.deepEqual(faults({ 'src/engine/queue.ts': '// UTF8 and SHA256 are no rules.' }), []);
});

test('an id is defined once in the whole tree', () => {
  const found = faults({
    'src/areas/leases/again.test.ts': '',
    'src/areas/votes/RULES.md': '- **VO1** A.\n- **VO1** B.\n',
  });
  assert.deepEqual(found, [
    'src/areas/votes/RULES.md:2: VO1 is already defined at src/areas/votes/RULES.md:1',
  ]);
});

test('an area has one prefix, and the prefix one area', () => {
  const found = faults({
    'src/areas/votes/RULES.md': '- **VO1** A.\n- **LE7** B.\n',
    'src/areas/votes/more.test.ts': '// LE7',
  });
  assert.deepEqual(found, [
    'src/areas/votes/RULES.md:2: the prefix LE belongs to the area leases',
    'src/areas/votes/RULES.md:2: the ids of votes begin with VO, not LE',
  ]);
});

test('an item without an id is no rule', () => {
  for (const item of ['- One vote each.', '- **VO2**', '- VO2 One.', '1. **VO2** One.', '- **vo2** One.']) {
    assert.match(
      String(faults({ 'src/areas/votes/RULES.md': `* **VO1** One.\n${item}\n` })),
      /RULES\.md:2: a rule is/,
    );
  }
});

test('an area without rules is found', () => {
  assert.deepEqual(faults({ 'src/areas/costs/model.ts': '' }), [
    'src/areas/costs/RULES.md: the area has no rules',
  ]);
  assert.deepEqual(
    faults({ 'src/areas/votes/RULES.md': '# Votes\n', 'src/areas/votes/evolve.test.ts': '' }),
    ['src/areas/votes/RULES.md:1: there is no rule in it'],
  );
});
