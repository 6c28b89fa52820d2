import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Area } from '../kernel/area.ts';
import type { PreparedQuery } from '../kernel/operation.ts';
import { areas } from '../areas/index.ts';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import { agentCount, caller, deciding, open, starting, valueOf } from '../testing/engine-harness.ts';
import { turns } from '../testing/at-rest.ts';

const ada = { ...caller, connection: 'pipe:ada' };
const bob = { ...caller, connection: 'pipe:bob' };

/** A query whose answer carries the journal up to its last entry. */
const telling = (seq: number): PreparedQuery => ({
  ...agentCount,
  run: () => ({ ok: true, value: { value: 'told', carried: { surfaced: seq, told: seq }, empty: false } }),
});

const joined = async (over: Parameters<typeof open>[1] = {}) => {
  const opened = await open(createMemoryVault(), over);
  await opened.engine.execute(ada, starting('ada', 'pipe:ada'));
  await opened.engine.execute(bob, starting('bob', 'pipe:bob'));
  return opened;
};

it('carried: an answer counts when its session calls again, and once', async () => {
  const { engine } = await joined();
  await engine.query(ada, telling(2));
  assert.deepEqual(engine.carried.take(), []);
  await engine.query(bob, agentCount);
  assert.deepEqual(engine.carried.take(), [], 'somebody else has called');
  await engine.query(ada, telling(2));
  assert.deepEqual(engine.carried.take(), [{ agent: 'ada', surfaced: 2, told: 2 }]);
  await engine.query(ada, agentCount);
  assert.deepEqual(engine.carried.take(), [], 'nothing new');
  await engine.query(ada, telling(5));
  await engine.query(ada, telling(3));
  await engine.query(ada, agentCount);
  assert.deepEqual(engine.carried.take(), [{ agent: 'ada', surfaced: 5, told: 5 }]);
});

it('carried: the answer to a call that was given up carries nothing', async () => {
  const { engine } = await joined();
  await engine.query(ada, telling(2), { signal: AbortSignal.abort() });
  await engine.query(ada, agentCount);
  assert.deepEqual(engine.carried.take(), []);
});

it('carried: an answer counts for nothing when its call is broken off before the next one', async () => {
  const { engine } = await joined();
  const control = new AbortController();
  await engine.query(ada, telling(2), { signal: control.signal });
  control.abort();
  await engine.query(ada, agentCount);
  assert.deepEqual(engine.carried.take(), []);
  const late = new AbortController();
  await engine.query(ada, telling(2), { signal: late.signal });
  await engine.query(ada, agentCount);
  late.abort();
  assert.deepEqual(engine.carried.take(), [{ agent: 'ada', surfaced: 2, told: 2 }]);
});

it('carried: a session that is joined again has begun anew, which proves nothing of what it was given before', async () => {
  const { engine } = await joined();
  await engine.query(ada, telling(2));
  await engine.query(bob, telling(2));
  await engine.execute(ada, starting('ada', 'pipe:ada'));
  await engine.query(ada, agentCount);
  await engine.query(bob, agentCount);
  assert.deepEqual(engine.carried.take(), [{ agent: 'bob', surfaced: 2, told: 2 }]);
});

it('carried: an answer counts for nothing once it is known that it has not been handed over', async () => {
  const { engine } = await joined();
  const gone = new AbortController();
  await engine.query(ada, telling(2), { gone: gone.signal });
  gone.abort();
  await engine.query(ada, agentCount);
  await engine.query(ada, telling(2), { gone: gone.signal });
  await engine.query(ada, agentCount);
  assert.deepEqual(engine.carried.take(), []);
  const late = new AbortController();
  await engine.query(ada, telling(2), { gone: late.signal });
  await engine.query(ada, agentCount);
  late.abort();
  assert.deepEqual(engine.carried.take(), [{ agent: 'ada', surfaced: 2, told: 2 }], 'it was proven before');
});

it('carried: a call says which answers of its session were lost, and proves the others', async () => {
  const { engine } = await joined();
  await engine.query(ada, telling(1), { requestId: 'one' });
  await engine.query(ada, telling(2), { requestId: 'two' });
  await engine.query(bob, telling(2), { requestId: 'three' });
  await engine.query(bob, agentCount, { lost: ['two'] });
  await engine.query(ada, agentCount, { lost: ['nine', 'two', 'three'] });
  await engine.query(bob, telling(3), { requestId: 'four' });
  await engine.query(bob, agentCount, { lost: ['four'], requestId: 'five' });
  assert.deepEqual(engine.carried.take(), [
    { agent: 'ada', surfaced: 1, told: 1 },
    { agent: 'bob', surfaced: 2, told: 2 },
  ]);
});

it('carried: a call that is made again shows that its answer was lost, and proves nothing', async () => {
  const { engine } = await joined();
  await engine.query(ada, telling(2), { requestId: 'one' });
  await engine.query(ada, telling(2), { requestId: 'one' });
  assert.deepEqual(engine.carried.take(), []);
  await engine.query(ada, agentCount, { requestId: 'two' });
  assert.deepEqual(engine.carried.take(), [{ agent: 'ada', surfaced: 2, told: 2 }]);
});

it('carried: a call that names what has arrived says so of nothing else', async () => {
  const { engine } = await joined();
  const confirming = (seq: number): PreparedQuery => ({
    ...agentCount,
    confirms: () => ({ surfaced: seq, told: seq }),
  });
  await engine.query(ada, telling(4));
  await engine.query(ada, confirming(3));
  assert.deepEqual(engine.carried.take(), [{ agent: 'ada', surfaced: 3, told: 3 }]);
  await engine.query(ada, agentCount);
  assert.deepEqual(engine.carried.take(), [], 'the rest was not received');
  await engine.query(ada, confirming(9));
  assert.deepEqual(engine.carried.take(), [], 'nothing counts that no answer has carried');
  await engine.query(ada, telling(5));
  await engine.query(ada, confirming(9));
  assert.deepEqual(engine.carried.take(), [{ agent: 'ada', surfaced: 5, told: 5 }]);
});

it('carried: a call that came before an answer was given proves nothing of it', async () => {
  let held: Promise<void> | undefined;
  const { engine } = await joined({
    wrap: (store) => ({
      ...store,
      head: async () => {
        const until = held;
        held = undefined;
        await until;
        return store.head();
      },
    }),
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  held = promise;
  const early = engine.query(ada, agentCount);
  await turns();
  assert.equal(held, undefined, 'it has come, and looks at the journal for long');
  assert.equal(valueOf(await engine.query(ada, telling(2))), 'told');
  resolve();
  assert.equal(valueOf(await early), 2);
  assert.deepEqual(engine.carried.take(), []);
  await engine.query(ada, agentCount);
  assert.deepEqual(engine.carried.take(), [{ agent: 'ada', surfaced: 2, told: 2 }], 'the next one does');
});

it('carried: who gives receipts back is believed, and nothing is drawn from its calls', async () => {
  const { engine } = await joined();
  const answer = await engine.query(ada, telling(2), { receipts: true });
  assert.ok(answer.ok);
  const { receipt } = answer.value;
  await engine.query(ada, agentCount);
  assert.deepEqual(engine.carried.take(), []);
  await engine.query(ada, agentCount, { received: `other.1${String(receipt).slice(-6)}`, receipts: true });
  assert.deepEqual(engine.carried.take(), [], 'of another history');
  await engine.query(ada, agentCount, { received: receipt, receipts: true });
  assert.deepEqual(engine.carried.take(), [{ agent: 'ada', surfaced: 2, told: 2 }]);
  const again = await engine.query(ada, telling(2), { receipts: true });
  assert.equal(again.ok && again.value.receipt, undefined, 'there is nothing new in it');
});

it('carried: nothing is kept about sessions that are over', async () => {
  const { engine } = await joined();
  for (const one of [ada, bob, ada]) await engine.query(one, telling(2));
  engine.carried.take();
  assert.equal(engine.carried.size, 3);
  engine.carried.keep(() => true);
  assert.equal(engine.carried.size, 3);
  engine.carried.keep(() => false);
  assert.equal(engine.carried.size, 0);
  await engine.query(bob, agentCount);
  assert.deepEqual(engine.carried.take(), []);
});

it('carried: a call that only looks gets what it would, delivers nothing and proves nothing', async () => {
  const { engine } = await joined();
  const arrived: unknown[] = [];
  const looking: PreparedQuery = {
    ...telling(5),
    run: (slices, facts) => {
      arrived.push(facts.arrived);
      return telling(5).run(slices, facts);
    },
  };
  const peek = { peek: true };
  await engine.query(ada, telling(2));
  assert.equal(valueOf(await engine.query(ada, looking, peek)), 'told');
  assert.equal(valueOf(await engine.query(ada, { ...looking, limitMs: 1_000 }, peek)), 'told');
  assert.deepEqual(engine.carried.take(), [], 'the answer before has not been proven');
  await engine.query(ada, agentCount);
  assert.deepEqual(engine.carried.take(), [{ agent: 'ada', surfaced: 2, told: 2 }]);
  await engine.query(ada, looking, peek);
  assert.deepEqual(arrived, [{}, {}, { surfaced: 2, told: 2 }]);
  const carrying = deciding(() => ({ ok: true, value: [] }), {
    answer: (_done, slices, facts) => telling(9).run(slices, facts),
  });
  assert.equal(valueOf(await engine.execute(ada, carrying, peek)), 'told');
  await engine.query(ada, agentCount);
  assert.deepEqual(engine.carried.take(), []);
  await engine.execute(ada, carrying);
  await engine.query(ada, agentCount);
  assert.deepEqual(engine.carried.take(), [{ agent: 'ada', surfaced: 9, told: 9 }]);
});

it('carried: a hint offers what it counts', async () => {
  const withNews = areas.map(
    (area): Area =>
      area.name === 'agents'
        ? { ...area, news: (_, agent) => [{ kind: 'thing', count: 3, seq: 7, call: `look ${agent}` }] }
        : area,
  );
  const { engine } = await joined({ areas: withNews });
  for (const one of [ada, bob, ada, bob]) await engine.query(one, agentCount);
  assert.deepEqual(engine.carried.take(), [
    { agent: 'ada', offered: 7 },
    { agent: 'bob', offered: 7 },
  ]);
});

it('waiting: a query waits for an answer under all its keys', async () => {
  const vault = createMemoryVault();
  const [one, two] = [await open(vault), await open(vault)];
  const whenBoth: PreparedQuery = {
    ...agentCount,
    limitMs: 60_000,
    keys: () => ['agent:ada', 'agent:bob'],
    run: ({ agents }) => {
      const count = agents.agents.size;
      return { ok: true, value: { value: count, carried: undefined, empty: count < 2 } };
    },
  };
  const call = one.engine.query(caller, whenBoth);
  await turns();
  assert.equal(one.engine.waiting, 2);
  await one.engine.execute(caller, starting('ada'));
  await turns();
  assert.equal(one.engine.waiting, 2, 'one is not enough');
  await two.engine.execute(caller, starting('bob'));
  assert.equal(valueOf(await call), 2);
  assert.equal(one.engine.waiting, 0);
});

it('waiting: a query answers with what there is when its time is over, its caller gone or its process at the end', async () => {
  const { engine, clock } = await open(createMemoryVault());
  const never: PreparedQuery = {
    ...agentCount,
    limitMs: 7_000,
    keys: () => ['agent:ada'],
    run: () => ({ ok: true, value: { value: 'empty', carried: undefined, empty: true } }),
  };
  const late = engine.query(caller, never);
  await turns();
  clock.advance(5_000);
  await turns();
  clock.advance(2_000);
  assert.equal(valueOf(await late), 'empty');
  const gone = new AbortController();
  const given = engine.query(caller, never, { signal: gone.signal });
  await turns();
  gone.abort();
  assert.equal(valueOf(await given), 'empty');
  const stopped = engine.query(caller, never);
  await turns();
  await engine.close();
  assert.ok(['empty', 'stopping'].includes(String(valueOf(await stopped))));
  assert.equal(engine.waiting, 0);
});
