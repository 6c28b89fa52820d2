import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Client } from '@modelcontextprotocol/client';
import { refuse } from '../../src/kernel/errors.ts';
import { connect, eras, resultOf } from './mcp-clients.ts';
import { serve } from './serving.ts';

const uri = 'signalbox://task/{id}';

const complete = async (client: Client, value: string) => {
  const ref = { type: 'ref/resource', uri } as const;
  const { completion } = await client.complete({ ref, argument: { name: 'id', value } });
  return completion;
};

for (const era of eras) {
  describe(`completion of the ids of tasks, ${era}`, () => {
    it('gives those that begin so, the open ones first', async (t) => {
      const client = await connect(t, await serve(t), { era, over: 'over stdio' });
      await resultOf(client, 'start', { agent: 'ada' });
      await resultOf(client, 'task_add', {
        tasks: [
          { title: 'a', slug: 'search', project: 'shop' },
          { title: 'b', slug: 'ship', priority: 1 },
          { title: 'c' },
          { title: 'd', slug: 'shop-sign' },
        ],
      });
      await resultOf(client, 'task_done', { id: 'shop/search' });
      const found = { hasMore: false, total: 3, values: ['ship', 'shop-sign', 'shop/search'] };
      assert.deepEqual(await complete(client, 'sh'), found);
      assert.deepEqual((await complete(client, 'SHOP')).values, ['shop-sign', 'shop/search']);
      assert.deepEqual((await complete(client, 't')).values, ['T-3']);
      assert.deepEqual((await complete(client, '')).values, ['ship', 'T-3', 'shop-sign', 'shop/search']);
      for (const nothing of ['x', '../', '%', '\u0000', '{"$ne":1}', 'x'.repeat(5_000)]) {
        assert.deepEqual(await complete(client, nothing), { hasMore: false, total: 0, values: [] });
      }
    });

    it('gives a hundred and says how many there are', async (t) => {
      const client = await connect(t, await serve(t), { era, over: 'over HTTP' });
      for (const count of [100, 30]) {
        await resultOf(client, 'task_add', { tasks: Array.from({ length: count }, () => ({ title: 'x' })) });
      }
      const { values, total, hasMore } = await complete(client, 'T-');
      assert.deepEqual([values.length, total, hasMore], [100, 130, true]);
    });

    it('knows nothing else that could be completed', async (t) => {
      const client = await connect(t, await serve(t), { era, over: 'over stdio' });
      const argument = { name: 'id', value: 'x' };
      const none = { hasMore: false, total: 0, values: [] };
      const other = await client.complete({
        ref: { type: 'ref/resource', uri },
        argument: { name: 'x', value: 'x' },
      });
      assert.deepEqual(other.completion, none);
      const fixed = await client.complete({
        ref: { type: 'ref/resource', uri: 'signalbox://board' },
        argument,
      });
      assert.deepEqual(fixed.completion, none);
      const lock = await client.complete({
        ref: { type: 'ref/resource', uri: 'signalbox://lock/{name}' },
        argument: { name: 'name', value: 'x' },
      });
      assert.deepEqual(lock.completion, none);
      for (const ref of [
        { type: 'ref/resource', uri: 'signalbox://x/{id}' },
        { type: 'ref/prompt', name: 'x' },
      ] as const) {
        await assert.rejects(client.complete({ ref, argument }), { code: -32602 });
      }
    });
  });
}

it('completion says why the hub refuses', async (t) => {
  const served = await serve(t, () => ({ call: async () => refuse('stopping', 'It stops. Call again.') }));
  const client = await connect(t, served, { era: 'modern', over: 'over stdio' });
  await assert.rejects(complete(client, 'x'), /It stops\. Call again\. \[stopping\]/);
});
