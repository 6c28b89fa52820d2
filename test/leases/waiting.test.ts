import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { z } from 'zod';
import { operations } from '../../src/areas/operations.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { Outcome } from '../../src/kernel/errors.ts';
import { present } from '../../src/kernel/assert.ts';
import type { Caller, PreparedCommand } from '../../src/kernel/operation.ts';
import type { Reply } from '../../src/engine/answers.ts';
import { type MemoryVault, createMemoryVault } from '../../src/stores/memory/memory-store.ts';
import { caller, open } from '../../src/testing/engine-harness.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { createTestJournal } from '../../src/testing/store-files.ts';
import { turns } from '../../src/testing/at-rest.ts';

type Input = Readonly<Record<string, unknown>>;

const prepare = (name: string, input: Input): PreparedCommand => {
  const prepared = present(
    operations.find((one) => one.name === name),
    name,
  ).prepare(input);
  assert.ok(prepared.ok && prepared.value.kind === 'command', JSON.stringify(prepared));
  return prepared.value;
};

const by = (agent: string): Caller => ({ ...caller, role: 'worker', connection: `${agent}'s` });

/** An agent that calls one process, or another one later. */
class Agent {
  readonly name: string;
  engine: Engine;

  constructor(engine: Engine, name: string) {
    this.engine = engine;
    this.name = name;
  }

  call(name: string, input: Input, options: { requestId?: string; signal?: AbortSignal } = {}) {
    return this.engine.execute(by(this.name), prepare(name, input), options);
  }

  async join(): Promise<this> {
    assert.ok((await this.call('start', { agent: this.name })).ok);
    return this;
  }

  acquire(name: string, input: Input = {}, options: { requestId?: string; signal?: AbortSignal } = {}) {
    return this.call('lock_acquire', { name, ...input }, options);
  }
}

const join = (engine: Engine, name: string): Promise<Agent> => new Agent(engine, name).join();

const lockSchema = z.object({ locks: z.array(z.object({ name: z.string(), token: z.number() })).min(1) });

const tokenOf = (outcome: Outcome<Reply>): number => {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return lockSchema.parse(outcome.value.value).locks[0]?.token ?? 0;
};

const codeOf = (outcome: Outcome<Reply>): string => (outcome.ok ? 'ok' : outcome.code);

/** Two processes on one journal, with the same clock. */
const processes = async (vault: MemoryVault = createMemoryVault()) => {
  const clock = new ManualClock();
  const [one, two] = [await open(vault, { clock }), await open(vault, { clock })];
  return { clock, vault, one: one.engine, two: two.engine };
};

const wait = { wait_ms: 600_000 };

it('1. LE24 while one client holds a lock another is refused and cannot release it, at the same process or not', async () => {
  const { one, two } = await processes();
  const ada = await join(one, 'ada');
  tokenOf(await ada.acquire('pytest'));
  for (const engine of [one, two]) {
    const bob = await join(engine, engine === one ? 'bob' : 'eve');
    assert.equal(codeOf(await bob.acquire('pytest')), 'held');
    assert.equal(codeOf(await bob.call('lock_release', { name: 'pytest' })), 'not_holder');
    assert.equal(codeOf(await bob.call('lock_renew', { name: 'pytest' })), 'not_holder');
  }
  assert.equal(codeOf(await ada.call('lock_release', { name: 'pytest' })), 'ok');
});

it('3. LE20 of many who ask at once at two processes one has the lock, and the others get it in order', async () => {
  const { one, two, vault } = await processes();
  const agents = await Promise.all(
    Array.from({ length: 40 }, (_, i) => join(i % 2 === 0 ? one : two, `a${i}`)),
  );
  const order: string[] = [];
  let holding = 0;
  await Promise.all(
    agents.map(async (agent) => {
      tokenOf(await agent.acquire('pytest', wait));
      holding += 1;
      assert.equal(holding, 1);
      order.push(agent.name);
      holding -= 1;
      assert.equal(codeOf(await agent.call('lock_release', { name: 'pytest' })), 'ok');
    }),
  );
  const asked = vault.rows
    .map(({ text }) =>
      z
        .object({ type: z.string(), actor: z.looseObject({ agent: z.string().optional() }) })
        .parse(JSON.parse(text)),
    )
    .filter(({ type }) => type === 'leases.acquired' || type === 'leases.queued')
    .map(({ actor }) => actor.agent);
  assert.deepEqual(order, asked);
});

it('5. LE27 LE30 of a holder that was killed the next has the lock right after ttl and delay, with nothing else going on', async () => {
  for (const delay of [0, 7]) {
    const { one, two, clock } = await processes();
    const ada = await join(two, 'ada');
    const bob = await join(one, 'bob');
    const old = tokenOf(await ada.acquire('pytest', { ttl: 5, delay_s: delay }));
    const waiting = bob.acquire('pytest', wait);
    let answered = false;
    void waiting.then(() => (answered = true));
    await turns();
    // In small steps: the clocks of the two differ by the moment between their starts.
    const stepMs = 20;
    for (let ms = 0; ms < 5_000 + delay * 1_000 - 1; ms += stepMs) {
      assert.equal(answered, false, `at ${ms}`);
      clock.advance(Math.min(stepMs, 5_000 + delay * 1_000 - 1 - ms));
      await turns();
    }
    assert.equal(answered, false);
    for (let ms = 0; ms < 100 && !answered; ms += 10) {
      clock.advance(10);
      for (let i = 0; i < 10; i += 1) await turns();
    }
    assert.equal(answered, true, `within 100 ms, delay ${delay}`);
    assert.ok(tokenOf(await waiting) > old);
  }
});

it('6. LE48 a repeat under the same request id finds its place in the queue, and then its grant', async () => {
  const { one, two } = await processes();
  const [ada, bob] = [await join(one, 'ada'), await join(one, 'bob')];
  await ada.acquire('pytest');
  const lost = bob.acquire('pytest', wait, { requestId: 'r1' });
  await turns();
  bob.engine = two;
  const again = bob.acquire('pytest', wait, { requestId: 'r1' });
  await turns();
  assert.equal(one.slices.leases.tickets.size, 1);
  await ada.call('lock_release', {});
  const [first, second] = [tokenOf(await lost), tokenOf(await again)];
  assert.equal(first, second);
  assert.equal(tokenOf(await bob.acquire('pytest', wait, { requestId: 'r1' })), first);
  const [lease] = [...two.slices.leases.leases.values()];
  assert.equal(lease?.count, 1);
});

it('LE23 a call that is cancelled, and one whose time is over, leave the queue and are refused', async () => {
  const { one, clock } = await processes();
  const [ada, bob] = [await join(one, 'ada'), await join(one, 'bob')];
  await ada.acquire('pytest', { ttl: 600 });
  const gone = new AbortController();
  const cancelled = bob.acquire('pytest', wait, { signal: gone.signal });
  const timed = bob.acquire('pytest', { wait_ms: 20_000 });
  await turns();
  gone.abort();
  assert.equal(codeOf(await cancelled), 'held');
  assert.equal(one.slices.leases.tickets.size, 1);
  for (let passed = 0; passed < 20_000; passed += 5_000) {
    clock.advance(5_000);
    await turns();
  }
  const refusal = await timed;
  assert.ok(!refusal.ok && refusal.code === 'held');
  assert.match(refusal.message, /pytest is held exclusive by ada/);
  assert.equal(one.slices.leases.tickets.size, 0);
});

it('LE15 LE28 two waiting calls of one session for one lock are both answered with it, and counted once each', async () => {
  const { one } = await processes();
  const [ada, bob] = [await join(one, 'ada'), await join(one, 'bob')];
  await ada.acquire('pytest');
  const both = [
    bob.acquire('pytest', wait, { requestId: 'r1' }),
    bob.acquire('pytest', wait, { requestId: 'r2' }),
  ] as const;
  await turns();
  await ada.call('lock_release', {});
  const tokens = [tokenOf(await both[0]), tokenOf(await both[1])];
  assert.equal(tokens[0], tokens[1]);
  assert.equal([...one.slices.leases.leases.values()][0]?.count, 2);
  await bob.call('lock_release', { name: 'pytest' });
  assert.equal(codeOf(await ada.acquire('pytest')), 'held');
  await bob.call('lock_release', { name: 'pytest' });
  assert.equal(codeOf(await ada.acquire('pytest')), 'ok');
});

it('LE15 of two waiting calls of one session one that leaves takes nothing from the other', async () => {
  const { one } = await processes();
  const [ada, bob] = [await join(one, 'ada'), await join(one, 'bob')];
  await ada.acquire('pytest');
  const gone = new AbortController();
  const first = bob.acquire('pytest', wait, { requestId: 'r1', signal: gone.signal });
  const second = bob.acquire('pytest', wait, { requestId: 'r2' });
  await turns();
  gone.abort();
  await ada.call('lock_release', {});
  tokenOf(await second);
  await first;
  assert.equal([...one.slices.leases.leases.values()].length, 1);
  assert.equal([...one.slices.leases.leases.values()][0]?.count, 1);
});

it('LE26 LE48 a waiting call that others have come to wait for in a circle is refused with it, and its repeat decided anew', async () => {
  const { one, two } = await processes();
  const [ada, bob] = [await join(one, 'ada'), await join(two, 'bob')];
  await bob.acquire('pytest', { ttl: 600 });
  await bob.acquire('issue:2', { ttl: 600 });
  const eve = await join(one, 'eve');
  await eve.acquire('issue:1', { ttl: 600 });
  const first = ada.call('lock_acquire', { name: ['issue:2', 'pytest'], ...wait });
  await turns();
  const both = { name: ['issue:1', 'pytest'], ...wait };
  const second = bob.call('lock_acquire', both, { requestId: 'r1' });
  await turns();
  await bob.call('lock_release', { name: 'pytest' });
  const refusal = await second;
  assert.ok(!refusal.ok && refusal.code === 'deadlock', JSON.stringify(refusal));
  assert.match(
    refusal.message,
    /^You would all wait for ever: bob waits for pytest, kept by ada; ada waits for issue:2, kept by bob\. You were the last of them to ask, so your request waits no longer\./,
  );
  assert.equal(codeOf(await bob.call('lock_acquire', both, { requestId: 'r1' })), 'deadlock');
  await bob.call('lock_release', {});
  tokenOf(await first);
  const again = bob.call('lock_acquire', both, { requestId: 'r1' });
  await turns();
  await eve.call('lock_release', {});
  await ada.call('lock_release', {});
  tokenOf(await again);
});

it('LE23 a place lasts as long as one of its calls waits in this process', async () => {
  const { one } = await processes();
  const [ada, bob] = [await join(one, 'ada'), await join(one, 'bob')];
  await ada.acquire('pytest');
  const gone = new AbortController();
  const first = bob.acquire('pytest', wait, { requestId: 'r1', signal: gone.signal });
  await turns();
  const last = new AbortController();
  const second = bob.acquire('pytest', wait, { requestId: 'r1', signal: last.signal });
  await turns();
  gone.abort();
  assert.equal(codeOf(await first), 'held');
  assert.equal(one.slices.leases.tickets.size, 1);
  await ada.call('lock_release', {});
  tokenOf(await second);
  assert.equal([...one.slices.leases.leases.values()][0]?.count, 1);
});

it('LE48 a repeat whose place was given up, or lasted no longer, queues again or has the lock', async () => {
  for (const how of ['cancelled', 'while it is given up', 'over', 'free'] as const) {
    const { one, two, clock } = await processes();
    const [ada, bob] = [await join(one, 'ada'), await join(one, 'bob')];
    await ada.acquire('pytest', { ttl: 3_600 });
    const gone = new AbortController();
    const input = { wait_ms: 20_000 };
    const first = bob.acquire('pytest', input, { requestId: 'r1', signal: gone.signal });
    await turns();
    if (how === 'over') {
      for (let passed = 0; passed < 20_000; passed += 5_000) {
        clock.advance(5_000);
        await turns();
      }
    } else gone.abort();
    if (how !== 'while it is given up') assert.equal(codeOf(await first), 'held');
    if (how === 'free') await ada.call('lock_release', {});
    if (how === 'over') bob.engine = two;
    const again = bob.acquire('pytest', input, { requestId: 'r1' });
    await turns();
    assert.equal(one.slices.leases.tickets.size, how === 'free' ? 0 : 1, how);
    await ada.call('lock_release', {});
    const token = tokenOf(await again);
    assert.equal(tokenOf(await bob.acquire('pytest', input, { requestId: 'r1' })), token, 'and is done once');
    assert.equal([...bob.engine.slices.leases.leases.values()][0]?.count, 1);
    await bob.call('lock_release', {});
    const late = await bob.acquire('pytest', input, { requestId: 'r1' });
    assert.ok(!late.ok && /Acquire it again, in a call of its own/.test(late.message), JSON.stringify(late));
  }
});

it('LE48 a repeat is decided anew when what its call was offered was not picked up, also after a restart', async () => {
  const { one, clock, vault } = await processes();
  const [ada, bob] = [await join(one, 'ada'), await join(one, 'bob')];
  await ada.acquire('pytest', { ttl: 20 });
  const lost = bob.acquire('pytest', wait, { requestId: 'r1' });
  await turns();
  await one.close();
  assert.equal(codeOf(await lost), 'stopping');
  const after = (await open(vault, { clock })).engine;
  for (const ms of [20_000, 10_000]) {
    clock.advance(ms);
    await after.tick();
  }
  bob.engine = after;
  tokenOf(await bob.acquire('pytest', wait, { requestId: 'r1' }));
  const restarted = (await open(vault, { clock })).engine;
  bob.engine = restarted;
  tokenOf(await bob.acquire('pytest', wait, { requestId: 'r1' }));
  assert.equal([...restarted.slices.leases.leases.values()][0]?.count, 1);
});

it('LE19 LE48 repeats that have waited for as long as they wanted are answered, however many of them wait', async () => {
  const { one, two, clock } = await processes();
  const [ada, eve, bob] = [await join(one, 'ada'), await join(one, 'eve'), await join(one, 'bob')];
  await ada.acquire('pytest', { ttl: 600 });
  void eve.acquire('pytest', wait);
  const input = { wait_ms: 20_000 };
  void bob.acquire('pytest', input, { requestId: 'r1' });
  await turns();
  bob.engine = two;
  clock.advance(1_000);
  const codes: string[] = [];
  for (let i = 0; i < 3; i += 1)
    void bob.acquire('pytest', input, { requestId: 'r1' }).then((outcome) => codes.push(codeOf(outcome)));
  await turns();
  for (let passed = 1; passed < 41; passed += 1) {
    clock.advance(1_000);
    await turns();
  }
  assert.deepEqual(codes, ['held', 'held', 'held']);
  assert.equal(two.slices.leases.tickets.size, 1);
});

const onSqlite = async (context: TestContext) => {
  const files = createTestJournal();
  context.after(files.remove);
  return async () => {
    const store = await files.open();
    const { engine } = await open(createMemoryVault(), { wrap: () => store });
    return engine;
  };
};

it('8. LE14 LE49 leases, tokens and the queue are kept over a restart, and tokens go on growing', async (context) => {
  const process = await onSqlite(context);
  const before = await process();
  const [ada, bob] = [await join(before, 'ada'), await join(before, 'bob')];
  const first = tokenOf(await ada.acquire('wave:5c', { ttl: 600 }));
  const waiting = bob.acquire('wave:5c.1', wait, { requestId: 'r1' });
  await turns();
  while (before.waiting === 0) await new Promise(setImmediate);
  await before.close();
  assert.equal(codeOf(await waiting), 'stopping');

  const after = await process();
  context.after(() => after.close());
  ada.engine = after;
  bob.engine = after;
  assert.equal(after.slices.leases.tickets.size, 1);
  const again = tokenOf(await ada.acquire('wave:5c'));
  assert.equal(again, first);
  const eve = await join(after, 'eve');
  assert.equal(codeOf(await eve.acquire('wave:5c.1')), 'held', 'nobody overtakes');
  const goesOn = bob.acquire('wave:5c.1', wait, { requestId: 'r1' });
  assert.equal(codeOf(await ada.call('lock_release', {})), 'ok');
  assert.ok(tokenOf(await goesOn) > first);
});
