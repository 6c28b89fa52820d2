import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { families, lasting } from './families/index.ts';
import { testFamily } from './harness/suite.ts';

for (const family of families) if (!lasting.includes(family)) testFamily(family);

describe('the attack suite', () => {
  it('has at least 150 attacks, each with a name of its own', () => {
    const names = families.flatMap(({ name, attacks }) => attacks.map((attack) => `${name}: ${attack.name}`));
    assert.equal(new Set(names).size, names.length);
    assert(names.length >= 150, String(names.length));
  });
});
