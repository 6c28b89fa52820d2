/* Families of attacks as tests: a hub for each, which has to refuse every one. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Family } from './attack.ts';
import { Range } from './range.ts';

export const testFamily = ({ name, aim, hub, control, attacks }: Family): void => {
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
};
