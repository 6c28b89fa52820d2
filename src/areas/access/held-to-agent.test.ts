import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { post, serve } from '../../../test/surfaces/serving.ts';
import { ok } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { Gate } from '../../surfaces/http/gate.ts';
import { createMemoryVault } from '../../stores/memory/memory-store.ts';
import { caller, open, starting, valueOf } from '../../testing/engine-harness.ts';

const heldTo = (agent: string): Caller => ({
  ...caller,
  scope: { workspaces: ['*'], categories: ['*'], agent },
});

const toldSchema = z.looseObject({ replayed: z.boolean() });

const isReplayed = (value: unknown): boolean => toldSchema.parse(value).replayed;

describe('AC50 who is held to one agent', () => {
  it('does not get the answer of another by repeating its request id', async () => {
    const vault = createMemoryVault();
    const { engine } = await open(vault);
    const run = async (from: Caller, name: string, requestId: string): Promise<unknown> =>
      valueOf(await engine.execute(from, starting(name), { requestId }));
    assert.equal(isReplayed(await run(heldTo('ada'), 'ada', 'r1')), false);
    assert.equal(isReplayed(await run(caller, 'bob', 'r2')), false);
    assert.equal(await run(heldTo('carl'), 'ada', 'r1'), 'request_reused');
    assert.equal(await run(heldTo('carl'), 'bob', 'r2'), 'request_reused');
    assert.equal(
      await run(heldTo('bob'), 'bob', 'r2'),
      'request_reused',
      'which was made by who is held to none',
    );
    assert.equal(vault.rows.length, 2);
    assert.equal(isReplayed(await run(heldTo('ada'), 'ada', 'r1')), true, 'its own');
    assert.equal(isReplayed(await run(caller, 'bob', 'r2')), true);
  });

  it('has its own calls under the ids of other agents', async (t) => {
    const served = await serve(t, undefined, { gate });
    const send = async (token: string, agent: string): Promise<readonly [unknown, string | null]> => {
      const { body, headers } = await post(served, 'task_add', {
        headers: { authorization: token, 'idempotency-key': 'k-1', 'signalbox-agent': agent },
        body: { title: 'the same' },
      });
      return [Object(body).ids ?? body, headers.get('signalbox-replayed')];
    };
    for (const agent of ['ada', 'bob'])
      await post(served, 'start', { headers: { authorization: 'whole' }, body: { agent } });
    const bobs = await send('whole', 'bob');
    const adas = await send('ada', 'ada');
    assert.notDeepEqual(adas[0], bobs[0]);
    assert.deepEqual([bobs[1], adas[1]], [null, null]);
    assert.deepEqual(await send('ada', 'ada'), [adas[0], 'true']);
  });
});

const callers: Readonly<Record<string, Partial<Caller>>> = {
  whole: {},
  reader: { role: 'reader' },
  ada: { scope: heldTo('ada').scope },
  bob: { scope: heldTo('bob').scope },
};

/** Everybody is the owner, as this name says. */
const gate: Gate = {
  admit: ({ authorization = '' }) =>
    ok({ ...caller, role: 'admin', kind: 'person', connection: undefined, ...callers[authorization] }),
};

describe('AC51 a connection', () => {
  it('is ended only by who may work, and speaks for the agent whose it is', async (t) => {
    const served = await serve(t, undefined, { gate });
    const connection = { 'signalbox-connection': 'threadId:T1' };
    await post(served, 'start', {
      headers: { authorization: 'whole', ...connection },
      body: { agent: 'bob' },
    });
    const listed = async (): Promise<number> => {
      const { body } = await post(served, 'agent_list', { headers: { authorization: 'whole' }, body: {} });
      return Object(body).items.length;
    };
    for (const [token, live] of [
      ['reader', 1],
      ['ada', 1],
      ['bob', 0],
    ] as const) {
      const headers = { authorization: token, ...connection };
      const { status } = await fetch(`${served.url}/v1/connection`, { method: 'DELETE', headers });
      assert.deepEqual([status, await listed()], [204, live], token);
    }
  });
});
