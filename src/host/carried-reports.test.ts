import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agentsIntent } from '../areas/agents/decide.ts';
import { messagesIntent } from '../areas/messages/decide/index.ts';
import type { AgentCursors } from '../engine/carried.ts';
import type { Engine } from '../engine/engine.ts';
import type { PreparedQuery } from '../kernel/operation.ts';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import { CollectedLog } from '../testing/collected-log.ts';
import { agentCount, caller, command, open, starting, valueOf } from '../testing/engine-harness.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { CarriedReports, forgetEnded } from './carried-reports.ts';
import { turns } from '../testing/at-rest.ts';

const ada = { ...caller, connection: 'pipe:ada' };
const bob = { ...caller, connection: 'pipe:bob' };

/** A query whose answer carries the journal as far as it goes. */
const reading: PreparedQuery = {
  ...agentCount,
  run: (_slices, { head }) => ({
    ok: true,
    value: { value: head, carried: { surfaced: head }, empty: false },
  }),
};

/** Two processes on one journal, the first with reports of what has been proven; ada and bob have joined. */
const twoProcesses = async () => {
  const clock = new ManualClock();
  const log = new CollectedLog();
  const reports = new CarriedReports({ clock, log });
  const vault = createMemoryVault();
  const { engine } = await open(vault, {
    clock,
    onCarried: (proven: AgentCursors) => reports.soon(engine, proven),
  });
  const other = await open(vault, { clock });
  await engine.execute(ada, starting('ada', 'pipe:ada'));
  await engine.execute(bob, starting('bob', 'pipe:bob'));
  return { engine, other: other.engine, reports, clock, log, vault };
};

const send = async (engine: Engine, expiresInMs?: number, to = 'bob'): Promise<number> => {
  const intent = messagesIntent({ type: 'send', to: [to], text: 'x', expiresInMs });
  const sent = valueOf(await engine.execute(ada, command(intent)));
  assert.ok(typeof sent === 'object' && sent !== null && 'seq' in sent && typeof sent.seq === 'number');
  return sent.seq;
};

/** Bob, or who it is, reads, and calls again. */
const readAndProve = async (engine: Engine, who = bob): Promise<void> => {
  await engine.query(who, reading);
  await engine.query(who, agentCount);
};

const messageIn = async (engine: Engine, seq: number) => {
  await engine.refresh();
  const message = engine.slices.messages.messages.get(String(seq));
  assert.ok(message);
  return [message.surfaced.map(({ agent }) => agent), message.expired.map(({ agent }) => agent)];
};

describe('proofs of delivery', () => {
  it('ME9 ME11 are collected for a second and written as one entry', async () => {
    const { engine, clock } = await twoProcesses();
    const seq = await send(engine, 60_000);
    await readAndProve(engine);
    clock.advance(999);
    await turns();
    assert.deepEqual(await messageIn(engine, seq), [[], []]);
    const more = await send(engine);
    await readAndProve(engine);
    const before = engine.seq;
    clock.advance(1);
    await turns();
    assert.deepEqual(await messageIn(engine, seq), [['bob'], []]);
    assert.deepEqual(await messageIn(engine, more), [['bob'], []]);
    assert.equal(engine.seq, before + 1);
  });

  it('ME15 are written at once when another process would soon let expire what has arrived', async () => {
    const { engine, other, clock } = await twoProcesses();
    const calm = await send(engine, 60_000);
    await readAndProve(engine);
    clock.advance(1_000);
    await turns();
    const [read, unread] = [await send(engine, 1_500), await send(engine, 1_500)];
    clock.advance(900);
    await engine.query(bob, {
      ...reading,
      run: () => ({ ok: true, value: { value: 0, carried: { surfaced: read }, empty: false } }),
    });
    await engine.query(bob, agentCount);
    await turns();
    clock.advance(600);
    await other.refresh();
    await other.tick();
    assert.deepEqual(await messageIn(engine, read), [['bob'], []]);
    assert.deepEqual(await messageIn(engine, unread), [[], ['bob']]);
    assert.deepEqual(await messageIn(engine, calm), [['bob'], []]);
  });

  it('ME11 that are not written yet are unknown to another process, which shows the same again', async () => {
    const { engine, other, clock } = await twoProcesses();
    const seq = await send(engine);
    await readAndProve(engine);
    await other.refresh();
    const unread = (one: Engine) => one.slices.messages.mailboxes.get('bob')?.unread.size;
    assert.equal(unread(other), 1);
    clock.advance(1_000);
    await turns();
    assert.deepEqual(await messageIn(other, seq), [['bob'], []]);
    assert.equal(unread(other), 0);
  });

  it('are written again when they could not be written', async () => {
    const { engine, clock, log, vault } = await twoProcesses();
    const seq = await send(engine);
    vault.faults.appends.push('full');
    await readAndProve(engine);
    clock.advance(1_000);
    await turns();
    assert.match(log.warnings.join(), /not noted yet/);
    const next = await send(engine);
    await readAndProve(engine);
    clock.advance(1_000);
    await turns();
    for (const one of [seq, next]) assert.deepEqual(await messageIn(engine, one), [['bob'], []]);
  });
});

describe('proofs of many', () => {
  it('ME9 of many agents are written as several entries, and again from the first that could not be', async () => {
    const { engine, clock, log, vault } = await twoProcesses();
    const sent: [agent: string, seq: number][] = [];
    for (let n = 0; n < 150; n += 1) {
      const [agent, connection] = [`agent-${n}`, `pipe:${n}`];
      await engine.execute({ ...caller, connection }, starting(agent, connection));
      sent.push([agent, await send(engine, undefined, agent)]);
      await readAndProve(engine, { ...caller, connection });
    }
    const heard = async (): Promise<number> => {
      let count = 0;
      for (const [agent, seq] of sent) count += (await messageIn(engine, seq))[0]?.includes(agent) ? 1 : 0;
      return count;
    };
    const before = engine.seq;
    let appends = 0;
    vault.faults.beforeAppend = async () => {
      appends += 1;
      if (appends === 2) vault.faults.appends.push('full');
    };
    clock.advance(1_000);
    await turns(100);
    assert.deepEqual([await heard(), engine.seq], [64, before + 1]);
    assert.equal(log.warnings.length, 1);
    await send(engine);
    await readAndProve(engine);
    const later = engine.seq;
    clock.advance(1_000);
    await turns(100);
    assert.deepEqual([await heard(), engine.seq], [150, later + 2]);
  });
});

describe('proofs and deadlines', () => {
  it('ME15 proofs count for a deadline when they come before it, and not when they come after', async () => {
    const { engine, clock } = await twoProcesses();
    const early = await send(engine, 1_000);
    await engine.query(bob, reading);
    clock.advance(999);
    await engine.query(bob, agentCount);
    const late = await send(engine, 1_000);
    await engine.query(bob, reading);
    const deadline = engine.now() + 1_000;
    clock.advance(1_000);
    const before = engine.seq;
    await engine.query(ada, agentCount);
    assert.equal(engine.seq, before, 'reading writes nothing where nothing is proven');
    clock.advance(300);
    await engine.query(bob, agentCount);
    clock.advance(2_000);
    await turns();
    assert.deepEqual(await messageIn(engine, early), [['bob'], []]);
    assert.deepEqual(await messageIn(engine, late), [[], ['bob']]);
    assert.equal(engine.slices.messages.messages.get(String(late))?.expired[0]?.at, deadline);
  });
});

describe('what is remembered of sessions', () => {
  const disconnect = async (engine: Engine): Promise<void> => {
    const ended = await engine.report(
      'disconnect',
      agentsIntent({ type: 'disconnect', connection: 'pipe:bob' }),
      {
        ...ada,
        agent: undefined,
        session: undefined,
      },
    );
    assert.ok(ended.ok);
  };

  it('is forgotten when tidied up, once they are over and what was proven is written', async () => {
    const { engine, reports, vault, clock } = await twoProcesses();
    await send(engine);
    await readAndProve(engine);
    await engine.query(ada, reading);
    const { promise, resolve } = Promise.withResolvers<void>();
    vault.faults.beforeAppend = () => promise;
    clock.advance(1_000);
    await turns();
    const tidying = reports.tidy(engine);
    await turns();
    assert.equal(engine.carried.size, 2, 'what ada was answered, and what is being written of bob');
    vault.faults.beforeAppend = undefined;
    resolve();
    await tidying;
    assert.equal(engine.carried.size, 1, 'that of bob is in the journal');
    await engine.query(bob, reading);
    await reports.tidy(engine);
    assert.equal(engine.carried.size, 2, 'both sessions live');
    await disconnect(engine);
    await reports.tidy(engine);
    assert.equal(engine.carried.size, 1, 'that of ada');
    await engine.query(ada, agentCount);
    assert.deepEqual(
      engine.carried.take().map(({ agent }) => agent),
      ['ada'],
    );
  });

  it('ME11 proves nothing any more as soon as its process has gone', async () => {
    const { engine } = await twoProcesses();
    await send(engine);
    await engine.query(bob, reading);
    await engine.query(ada, reading);
    await disconnect(engine);
    assert.equal(engine.carried.size, 2);
    forgetEnded(engine);
    assert.equal(engine.carried.size, 1, 'that of ada');
  });
});
