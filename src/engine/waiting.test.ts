import assert from 'node:assert/strict';
import { it } from 'node:test';
import { dayMs } from '../kernel/instants.ts';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import { caller, start, starting, deciding, agentCount, open, valueOf } from '../testing/engine-harness.ts';
import { turns } from '../testing/at-rest.ts';

const whenThere = (agent: string) =>
  deciding(
    (slices, facts) =>
      slices.agents.agents.has(agent)
        ? start('waiter').decide(slices, facts)
        : { ok: false, code: 'nothing_free', message: 'not yet', details: {} },
    { limitMs: 60_000, retry: { key: `agent:${agent}`, codes: ['nothing_free'] } },
  );

it('waiting: ends when what it waits for happens, here or in another process', async () => {
  const vault = createMemoryVault();
  const [one, two] = [await open(vault), await open(vault)];
  const here = one.engine.execute(caller, whenThere('ada'));
  const there = one.engine.execute(caller, whenThere('bob'));
  await turns();
  assert.equal(one.engine.waiting, 2);
  await one.engine.execute(caller, starting('ada'));
  assert.ok((await here).ok);
  await two.engine.execute(caller, starting('bob'));
  assert.ok((await there).ok);
  assert.equal(one.engine.waiting, 0);
});

it('waiting: gives the refusal when its time is over, and leaves nothing behind', async () => {
  const { engine, clock } = await open(createMemoryVault());
  const call = engine.execute(caller, whenThere('ada'));
  for (let i = 0; i < 13; i += 1) {
    await turns();
    clock.advance(5_000);
  }
  assert.equal(valueOf(await call), 'nothing_free');
  assert.equal(engine.waiting, 0);
});

it('waiting: ends when its caller goes away, and when the process stops', async () => {
  const { engine } = await open(createMemoryVault());
  const gone = new AbortController();
  const call = engine.execute(caller, whenThere('ada'), { signal: gone.signal });
  const other = engine.execute(caller, whenThere('bob'));
  await turns();
  gone.abort();
  assert.equal(valueOf(await call), 'nothing_free');
  await engine.close();
  assert.equal(valueOf(await other), 'stopping');
  assert.equal(valueOf(await engine.execute(caller, starting('late'))), 'stopping');
  assert.equal(engine.waiting, 0);
});

it('time: expires in the same append as the next batch, or at a tick, and not otherwise', async () => {
  const vault = createMemoryVault();
  const { engine, clock } = await open(vault);
  await engine.execute(caller, starting('ada'));
  await engine.tick();
  assert.equal(vault.rows.length, 1);
  clock.advance(dayMs);
  await engine.query(caller, agentCount);
  assert.equal(vault.rows.length, 1, 'reading writes nothing');
  await engine.execute(caller, starting('bob'));
  const types = vault.rows.map(({ text, batch }) => ({ type: JSON.parse(text).type, batch }));
  assert.deepEqual(
    types.map(({ type }) => type),
    ['agents.started', 'agents.session_expired', 'agents.started'],
  );
  assert.equal(types[1]?.batch, types[2]?.batch);
  clock.advance(dayMs);
  await engine.tick();
  assert.equal(vault.rows.length, 4);
});

it('time: never runs behind the last entry, whatever the clock of the machine says', async () => {
  const vault = createMemoryVault();
  const ahead = await open(vault);
  ahead.clock.advance(3_600_000);
  await ahead.engine.execute(caller, starting('ada'));
  const behind = await open(vault);
  await behind.engine.execute(caller, starting('bob'));
  const times = vault.rows.map(({ text }) => Number(JSON.parse(text).time));
  assert.ok((times[1] ?? 0) >= (times[0] ?? 0));
});
