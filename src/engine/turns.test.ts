import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import { present } from '../kernel/assert.ts';
import type { PreparedCommand } from '../kernel/operation.ts';
import { answered, caller, command, open, start, starting, valueOf } from '../testing/engine-harness.ts';
import { turns } from '../testing/at-rest.ts';

/**
 * Queues by joining as `<name>-queued`; its turn has come when `first` is there, and it takes it by joining as `name`, or
 * leaves as `<name>-left` at `untilMs`.
 */
const queueing = (name: string, { first = 'ada', untilMs = 60_000 } = {}): PreparedCommand =>
  command(start(`${name}-queued`), {
    operation: 'queue',
    input: { name },
    limitMs: untilMs,
    place: (_, { agents }, { now }) => {
      if ([name, `${name}-left`].some((one) => agents.agents.has(one))) return undefined;
      const inQueue = { key: `agent:${first}`, leave: start(`${name}-left`) };
      if (agents.agents.has(first)) return { ...inQueue, kind: 'called', take: start(name) };
      const since = agents.agents.get(`${name}-queued`)?.joinedAt ?? now;
      return { ...inQueue, kind: 'queued', until: since + untilMs };
    },
    answer: ({ entries, replayed }, { agents }) =>
      agents.agents.has(name)
        ? answered({ taken: name, entries: entries.length, replayed })
        : { ok: false, code: 'held', message: 'not your turn', details: {} },
  });

it('turns: a call that was accepted is answered when its turn has come, here or in another process', async () => {
  const vault = createMemoryVault();
  const [one, two] = [await open(vault), await open(vault)];
  const call = one.engine.execute(caller, queueing('bob'));
  await turns();
  assert.equal(one.engine.waiting, 1);
  assert.equal(vault.rows.length, 1, 'its place is in the journal');
  await two.engine.execute(caller, starting('ada'));
  assert.deepEqual(valueOf(await call), { taken: 'bob', entries: 1, replayed: false });
  assert.equal(one.engine.waiting, 0);
  assert.equal(vault.rows.length, 3, 'queued, rung, taken');
});

it('turns: a call whose turn has come already does not wait', async () => {
  const { engine } = await open(createMemoryVault());
  await engine.execute(caller, starting('ada'));
  assert.deepEqual(valueOf(await engine.execute(caller, queueing('bob'))), {
    taken: 'bob',
    entries: 1,
    replayed: false,
  });
});

it('turns: a place is given up at its limit, once, and the answer is made afterwards', async () => {
  const vault = createMemoryVault();
  const { engine, clock } = await open(vault);
  const call = engine.execute(caller, queueing('bob', { untilMs: 7_000 }));
  await turns();
  clock.advance(6_999);
  await turns();
  assert.equal(vault.rows.length, 1);
  clock.advance(1);
  assert.equal(valueOf(await call), 'held');
  assert.equal(vault.rows.length, 2);
  assert.equal(engine.waiting, 0);
});

it('turns: a place is given up when its caller goes away', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  const gone = new AbortController();
  const call = engine.execute(caller, queueing('bob'), { signal: gone.signal });
  await turns();
  gone.abort();
  assert.equal(valueOf(await call), 'held');
  assert.equal(vault.rows.length, 2);
});

it('turns: a place outlives its process, and the same call at the next one goes on with it', async () => {
  const vault = createMemoryVault();
  const one = await open(vault);
  const first = one.engine.execute(caller, queueing('bob'), { requestId: 'r1' });
  await turns();
  await one.engine.close();
  assert.equal(valueOf(await first), 'stopping');
  const two = await open(vault);
  const again = two.engine.execute(caller, queueing('bob'), { requestId: 'r1' });
  await turns();
  assert.equal(vault.rows.length, 1, 'it did not queue again');
  await two.engine.execute(caller, starting('ada'));
  assert.deepEqual(valueOf(await again), { taken: 'bob', entries: 1, replayed: true });
});

it('turns: of several calls at one place only the last that goes away gives it up', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  const gone = [new AbortController(), new AbortController()] as const;
  const calls = gone.map(({ signal }) =>
    engine.execute(caller, queueing('bob'), { requestId: 'r1', signal }),
  );
  await turns();
  gone[0].abort();
  assert.equal(valueOf(await present(calls[0], 'the first')), 'held');
  assert.equal(vault.rows.length, 1);
  gone[1].abort();
  assert.equal(valueOf(await present(calls[1], 'the second')), 'held');
  assert.equal(vault.rows.length, 2);
});

it('turns: a turn that has come is not taken for a caller that has gone', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  const gone = new AbortController();
  const call = engine.execute(caller, queueing('bob'), { signal: gone.signal });
  await turns();
  // As the turn comes, and before the call that waits for it can take it.
  const end = engine.subscribe(() => gone.abort());
  await engine.execute(caller, starting('ada'));
  assert.equal(valueOf(await call), 'held');
  end();
});
