import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { it } from 'node:test';
import { agentsIntent } from '../areas/agents/decide.ts';
import { dayMs } from '../kernel/instants.ts';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import {
  answered,
  caller,
  command,
  start,
  starting,
  deciding,
  open,
  valueOf,
} from '../testing/engine-harness.ts';

it('idempotency: rebuilds the answer of a repeat from its entries, in this process, another, and after a restart', async () => {
  const vault = createMemoryVault();
  const [one, two] = [await open(vault), await open(vault)];
  const first = await one.engine.execute(caller, starting('ada'), { requestId: 'r1' });
  const expected = { types: ['agents.started'], seq: 1, replayed: true };
  assert.deepEqual(valueOf(first), { ...expected, replayed: false });
  assert.deepEqual(valueOf(await one.engine.execute(caller, starting('ada'), { requestId: 'r1' })), expected);
  assert.deepEqual(valueOf(await two.engine.execute(caller, starting('ada'), { requestId: 'r1' })), expected);
  const three = await open(vault);
  assert.deepEqual(
    valueOf(await three.engine.execute(caller, starting('ada'), { requestId: 'r1' })),
    expected,
  );
  assert.equal(vault.rows.length, 1);
});

it('idempotency: does two calls of one id at once only once', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  const both = await Promise.all(
    [1, 2].map(() => engine.execute(caller, starting('ada'), { requestId: 'r1' })),
  );
  assert.deepEqual(
    both.map((outcome) => outcome.ok && outcome.value.replayed),
    [false, true],
  );
  assert.equal(vault.rows.length, 1);
});

it('idempotency: refuses one id with two inputs', async () => {
  const { engine } = await open(createMemoryVault());
  await engine.execute(caller, starting('ada'), { requestId: 'r1' });
  assert.equal(valueOf(await engine.execute(caller, starting('bob'), { requestId: 'r1' })), 'request_reused');
  assert.equal(
    valueOf(
      await engine.execute({ ...caller, principal: 'other' }, starting('bob'), { requestId: 'r1' }),
    ) instanceof Object,
    true,
  );
});

it('idempotency: does not remember refusals, and forgets after a day', async () => {
  const vault = createMemoryVault();
  const { engine, clock } = await open(vault);
  let refuse = true;
  const once = deciding((slices, facts) =>
    refuse
      ? { ok: false, code: 'not_found', message: 'no', details: {} }
      : start('ada').decide(slices, facts),
  );
  assert.equal(valueOf(await engine.execute(caller, once, { requestId: 'r1' })), 'not_found');
  refuse = false;
  assert.ok((await engine.execute(caller, once, { requestId: 'r1' })).ok);
  clock.advance(dayMs);
  const later = await engine.execute(caller, starting('bob'), { requestId: 'r1' });
  assert.ok(later.ok && !later.value.replayed);
});

it('idempotency: two agents may count their calls alike', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  const speaking = (connection: string) => ({ ...caller, connection });
  for (const name of ['ada', 'bob'])
    await engine.execute(speaking(name), starting(name, name), { requestId: 'call_1' });
  assert.equal(engine.slices.agents.agents.size, 2);
  const update = (wipLimit: number) =>
    command(agentsIntent({ type: 'update', wipLimit }), { operation: 'agent_update', input: {} });
  await engine.execute(speaking('ada'), update(7), { requestId: 'call_2' });
  const second = await engine.execute(speaking('bob'), update(8), { requestId: 'call_2' });
  assert.ok(second.ok && !second.value.replayed);
  assert.deepEqual(
    ['ada', 'bob'].map((name) => engine.slices.agents.agents.get(name)?.wipLimit),
    [7, 8],
  );
});

it('idempotency: a secret is drawn for each call, goes into its answer, and not into that of a repeat', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  const hashes: string[] = [];
  const drawing = command(start('ada'), {
    operation: 'draw',
    secret: true,
    intend: (_caller, drawn) => {
      hashes.push(drawn?.hash ?? 'none');
      return start('ada');
    },
    answer: (_done, _slices, { secret }) => answered(secret),
  });
  const secrets = [
    valueOf(await engine.execute(caller, drawing, { requestId: 'r1' })),
    valueOf(await engine.execute(caller, drawing)),
  ];
  assert.equal(valueOf(await engine.execute(caller, drawing, { requestId: 'r1' })), undefined);
  assert.deepEqual(
    hashes.slice(0, 2),
    secrets.map((secret) => hash('sha256', Buffer.from(String(secret), 'base64url'), 'hex')),
  );
  assert.deepEqual(
    secrets.map((secret) => Buffer.from(String(secret), 'base64url').length),
    [32, 32],
  );
  assert.notEqual(secrets[0], secrets[1]);
});
