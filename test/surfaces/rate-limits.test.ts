import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from './mcp-clients.ts';
import { type Served, errorOf, post, serve, valueIn } from './serving.ts';
import { connectHub } from '../../src/surfaces/http/client.ts';
import { SteadyHub } from '../../src/host/steady-hub.ts';
import { ok, refuse } from '../../src/kernel/errors.ts';
import type { Caller } from '../../src/kernel/operation.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';

const limit = async (served: Served, body: object): Promise<void> => {
  const answer = await post(served, 'rate_limit_update', { body: { burst: 0, ...body } });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
};

const add = (served: Served) => post(served, 'task_add', { body: { title: 'x' } });

const rateIn = ({ headers }: { readonly headers: Headers }) =>
  ['ratelimit-policy', 'ratelimit', 'retry-after'].map((name) => headers.get(name));

test('answers tell of a limit once less than half of it is left, and a refusal when to call again', async (t) => {
  const served = await serve(t);
  assert.deepEqual(rateIn(await add(served)), [null, null, null]);
  // The owner is an admin, who has twice as many.
  await limit(served, { task: 3 });
  for (let each = 0; each < 2; each += 1) assert.deepEqual(rateIn(await add(served)), [null, null, null]);
  for (const left of [2, 1, 0]) {
    const [policy, rate, retry] = rateIn(await add(served));
    assert.deepEqual([policy, retry], ['"task";q=6;w=60', null]);
    assert.match(rate ?? '', new RegExp(`^"task";r=${left};t=6[0-3]$`));
  }
  const refused = await add(served);
  assert.equal(refused.status, 429);
  const error = errorOf(refused.body);
  assert.deepEqual([error.code, error.retryable], ['rate_limited', true]);
  const [policy, rate, retry] = rateIn(refused);
  const seconds = Number(retry);
  assert.ok(seconds >= 55 && seconds <= 63, `${retry}`);
  assert.equal(error.details['retry_after_s'], seconds);
  assert.deepEqual([policy, rate], ['"task";q=6;w=60', `"task";r=0;t=${seconds}`]);
  const other = { 'Signalbox-Agent': 'bert', 'Signalbox-Connection': 'c', 'Idempotency-Key': 'k' };
  const answer = await post(served, 'task_add', { body: { title: 'x' }, headers: other });
  assert.equal(answer.status, 429, 'another agent and connection make no difference');
});

test('a tool of MCP answers with the seconds to wait, as an error of the tool', async (t) => {
  const served = await serve(t);
  await limit(served, { task: 1 });
  const client = await connect(t, served, { era: 'modern', over: 'over HTTP' });
  const again = () => client.callTool({ name: 'task_add', arguments: { title: 'x' } });
  for (let each = 0; each < 2; each += 1) assert.notEqual((await again()).isError, true);
  const result = await again();
  assert.equal(result.isError, true);
  assert.match(JSON.stringify(result.content), /Wait \d+ s, then call again.*\[rate_limited\]/);
});

test('programs of Signalbox do not repeat a call that came too soon', async (t) => {
  const served = await serve(t);
  await limit(served, { task: 1 });
  for (let each = 0; each < 2; each += 1) await add(served);
  const before = served.calls.length;
  const hub = valueIn(await connectHub(served.url));
  t.after(() => hub.close());
  const caller: Caller = {
    principal: 'owner',
    role: 'admin',
    kind: 'person',
    agent: undefined,
    session: undefined,
    connection: undefined,
    client: undefined,
  };
  const call = {
    operation: 'task_add',
    input: { title: 'x' },
    caller,
    workspace: undefined,
    requestId: 'r-1',
    signal: undefined,
  };
  const steady = new SteadyHub({
    source: {
      name: 'The hub',
      patienceMs: 1_000,
      look: async () =>
        ok({
          id: hub.id,
          attempt: (asked) => hub.attempt(asked),
          disconnect: (...gone) => hub.tryDisconnect(...gone),
          openChanges: (...asked) => hub.openChanges(...asked),
          health: () => hub.health(),
          close: async () => hub.close(),
        }),
    },
    version: '0',
    writes: () => true,
    log: new CollectedLog(),
  });
  for (const one of [hub, steady]) {
    const outcome = await one.call(call);
    assert.ok(!outcome.ok);
    assert.equal(outcome.code, 'rate_limited');
    assert.equal(typeof outcome.details['retry_after_s'], 'number');
  }
  assert.equal(served.calls.length, before + 2);
});

test('programs of Signalbox that listen too often stay with their hub, and listen again', async (t) => {
  const served = await serve(t);
  const hub = valueIn(await connectHub(served.url));
  t.after(() => hub.close());
  const tooOften = refuse('rate_limited', 'Wait.', { retry_after_s: 1 });
  const { promise: again, resolve } = Promise.withResolvers<void>();
  let [looks, opened] = [0, 0];
  const steady = new SteadyHub({
    source: {
      name: 'The hub',
      patienceMs: 1_000,
      look: async () => {
        looks += 1;
        return ok({
          id: hub.id,
          attempt: (asked) => hub.attempt(asked),
          disconnect: (...gone) => hub.tryDisconnect(...gone),
          openChanges: async () => {
            opened += 1;
            if (opened === 2) resolve();
            return tooOften;
          },
          health: () => hub.health(),
          close: async () => hub.close(),
        });
      },
    },
    version: '0',
    writes: () => true,
    log: new CollectedLog(),
  });
  const end = valueIn(await steady.changes(undefined, () => {}));
  await again;
  end();
  await steady.close();
  assert.equal(looks, 1);
});
