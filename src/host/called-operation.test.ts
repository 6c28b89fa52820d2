import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { calledOperation } from './called-operation.ts';
import { wholeCatalogue } from './whole-catalogue.ts';

const catalogue = wholeCatalogue();

describe('an operation that is loaded when it is called', () => {
  for (const { name, summary } of catalogue.operations)
    it(`is that of the catalogue: ${name}`, async () => {
      const found = await calledOperation(name);
      assert(found.ok);
      assert.deepEqual([found.value.name, found.value.summary], [name, summary]);
    });

  it('is refused as by the catalogue when there is none', async () => {
    for (const name of ['task_lst', 'task', 'tasks_list', '', 'constructor', '__proto__'])
      assert.deepEqual(await calledOperation(name), catalogue.find(name));
  });
});
