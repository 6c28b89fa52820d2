import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Store } from '../journal/store.ts';
import type { AgentsEvent } from '../areas/agents/model.ts';
import { type Entry, entryGuard } from '../kernel/entry.ts';
import type { Outcome } from '../kernel/errors.ts';
import { trustedJson } from '../kernel/json.ts';
import { defaultSettings } from '../areas/index.ts';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import { caller, start, starting, deciding, agentCount, open, valueOf } from '../testing/engine-harness.ts';
import type { Reply } from './answers.ts';
import { batchCallsMax } from './batch.ts';

const isAgents = entryGuard<AgentsEvent>();

it('group commit: puts calls that arrive while a batch is being written into one append', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  let appends = 0;
  vault.faults.beforeAppend = async () => {
    appends += 1;
  };
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, (_, i) => engine.execute(caller, starting(`a${i}`))),
  );
  assert.ok(outcomes.every(({ ok }) => ok));
  assert.equal(appends, 1);
  assert.equal(new Set(vault.rows.map(({ batch }) => batch)).size, 1);
});

it('group commit: answers only when the entry is stored', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  const gate = Promise.withResolvers<undefined>();
  vault.faults.beforeAppend = () => gate.promise;
  let answered = false;
  const call = engine.execute(caller, starting('ada')).then(() => {
    answered = true;
  });
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  assert.equal(answered, false);
  assert.equal(valueOf(await engine.query(caller, agentCount)), 0, 'a reader never sees what is not stored');
  gate.resolve(undefined);
  await call;
  assert.equal(vault.rows.length, 1);
});

it('group commit: decides again on what others wrote in between', async () => {
  const vault = createMemoryVault();
  const [one, two] = [await open(vault), await open(vault)];
  const seen: number[] = [];
  const counting = deciding((slices) => {
    seen.push(slices.agents.agents.size);
    return start(`n${slices.agents.agents.size}`).decide(slices, {
      now: 1,
      actor: { ...caller, agent: undefined, session: undefined },
      ulid: (i) => `x${i}-${slices.agents.agents.size}`,
      arrived: {},
      holds: () => false,
      settings: defaultSettings,
    });
  });
  vault.faults.beforeAppend = async () => {
    vault.faults.beforeAppend = undefined;
    await two.engine.execute(caller, starting('first'));
  };
  const outcome = await one.engine.execute(caller, counting);
  assert.ok(outcome.ok);
  assert.deepEqual(seen, [0, 1]);
  assert.equal(valueOf(await two.engine.query(caller, agentCount)), 2);
});

it('group commit: of calls decided again, those too many for one batch go into the next, before later ones', async () => {
  const vault = createMemoryVault();
  const [one, two] = [await open(vault), await open(vault)];
  const names: string[] = [];
  const calls: Promise<Outcome<Reply>>[] = [];
  const arrive = (count: number): void => {
    for (let i = 0; i < count; i += 1) {
      const name = `a${names.length}`;
      names.push(name);
      calls.push(one.engine.execute(caller, starting(name)));
    }
  };
  const others = ['first', 'second'];
  const beFaster = async (): Promise<void> => {
    vault.faults.beforeAppend = undefined;
    const other = others[vault.rows.length];
    if (other === undefined) return;
    // What arrives while the first batch is written is decided ahead; at the second try only what is left over waits.
    if (other === 'first') arrive(batchCallsMax);
    for (let turn = 0; turn < 2; turn += 1) await new Promise(setImmediate);
    assert.ok((await two.engine.execute(caller, starting(other))).ok);
    vault.faults.beforeAppend = beFaster;
  };
  vault.faults.beforeAppend = beFaster;
  arrive(batchCallsMax + 100);
  await calls[0];
  const outcomes = await Promise.all(calls);
  const written = vault.rows.map(({ text }) => trustedJson<Entry>(text));
  assert.deepEqual(
    written.flatMap((entry) => (isAgents(entry, 'agents.started') ? [entry.data.agent] : [])),
    [...others, ...names],
  );
  assert.deepEqual(
    outcomes.map((outcome) => Object(valueOf(outcome))['seq']),
    names.map((_, i) => others.length + i + 1),
  );
  const batches = Map.groupBy(vault.rows.slice(others.length), ({ batch }) => batch);
  assert.deepEqual(
    [...batches.values()].map(({ length }) => length),
    [batchCallsMax, batchCallsMax, 100],
  );
});

it('group commit: refuses only on the head of the store', async () => {
  const vault = createMemoryVault();
  const [one, two] = [await open(vault), await open(vault)];
  await one.engine.execute(caller, starting('ada'));
  const onlyIfEmpty = deciding((slices) =>
    slices.agents.agents.size === 0
      ? { ok: false, code: 'not_found', message: 'stale', details: {} }
      : { ok: false, code: 'exists', message: 'fresh', details: {} },
  );
  assert.equal(valueOf(await two.engine.execute(caller, onlyIfEmpty)), 'exists');
});

it('group commit: reads what another process has just stored', async () => {
  const vault = createMemoryVault();
  const [one, two] = [await open(vault), await open(vault)];
  await one.engine.execute(caller, starting('ada'));
  assert.equal(valueOf(await two.engine.query(caller, agentCount)), 1);
});

it('an append of unknown fate: is found by its batch id when it was stored, and done once', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  vault.faults.appends.push('stored_unknown');
  assert.ok((await engine.execute(caller, starting('ada'))).ok);
  assert.equal(vault.rows.length, 1);
});

it('an append of unknown fate: is refused with the cause when it is proved not to be stored', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  vault.faults.appends.push('full');
  assert.equal(valueOf(await engine.execute(caller, starting('ada'))), 'storage_full');
  assert.equal(vault.rows.length, 0);
  assert.ok((await engine.execute(caller, starting('ada'))).ok, 'the next one works');
});

it('an append of unknown fate: is outcome_unknown when it cannot be looked for, and the repeat does it once', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  vault.faults.appends.push('stored_unknown');
  vault.faults.beforeAppend = async () => {
    vault.faults.reads = 'storage_failed';
  };
  assert.equal(
    valueOf(await engine.execute(caller, starting('ada'), { requestId: 'r1' })),
    'outcome_unknown',
  );
  vault.faults.reads = undefined;
  vault.faults.beforeAppend = undefined;
  const repeat = await engine.execute(caller, starting('ada'), { requestId: 'r1' });
  assert.ok(repeat.ok && repeat.value.replayed);
  assert.equal(vault.rows.length, 1);
});

it('a store whose head takes its time is followed all the same', async () => {
  const vault = createMemoryVault();
  const slow = (store: Store): Store => ({
    ...store,
    capabilities: store.capabilities,
    identity: store.identity,
    openedAt: store.openedAt,
    head: async () => {
      const head = await store.head();
      for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
      return head;
    },
  });
  const { engine } = await open(vault, { wrap: slow });
  const calls = Array.from({ length: 40 }, (_, i) => [
    engine.execute(caller, starting(`a${i}`)),
    engine.query(caller, agentCount),
  ]);
  const outcomes = await Promise.all(calls.flat());
  assert.ok(outcomes.every(({ ok }) => ok));
  assert.equal(engine.stopped, undefined);
});

it('an append that is told others were faster finds that they were itself', async () => {
  const vault = createMemoryVault();
  const forgetful = (store: Store): Store => ({
    ...store,
    capabilities: store.capabilities,
    identity: store.identity,
    openedAt: store.openedAt,
    append: async (request) => {
      const outcome = await store.append(request);
      return outcome.kind === 'appended' ? { kind: 'moved', missed: request.rows } : outcome;
    },
  });
  const { engine } = await open(vault, { wrap: forgetful });
  assert.ok((await engine.execute(caller, starting('ada'))).ok);
  assert.equal(vault.rows.length, 1);
});
