import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { families } from './families/index.ts';
import { Range } from './harness/range.ts';

for (const { name, aim, hub, control, attacks } of families) {
  describe(`attacks by ${name}, of which none gets ${aim}`, () => {
    let opened: Range | undefined;
    before(async () => {
      opened = await Range.open(hub);
    });
    after(() => opened?.close());
    const range = (): Range => {
      assert(opened !== undefined);
      return opened;
    };

    it(`control: ${control.name}`, async () => {
      assert.notEqual(await control.run(range()), '');
    });

    for (const attack of attacks) {
      it(attack.name, async () => {
        assert.notEqual(await attack.run(range()), '');
      });
    }

    it('leaves whole lines in the log, no token and no defect', () => {
      assert.deepEqual(range().faultsInLog(), []);
    });
  });
}

describe('the attack suite', () => {
  it('has at least 150 attacks, each with a name of its own', () => {
    const names = families.flatMap(({ name, attacks }) => attacks.map((attack) => `${name}: ${attack.name}`));
    assert.equal(new Set(names).size, names.length);
    assert(names.length >= 150, String(names.length));
  });
});
