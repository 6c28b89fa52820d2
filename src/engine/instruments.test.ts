import assert from 'node:assert/strict';
import { it } from 'node:test';
import { refuse } from '../kernel/errors.ts';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import { agentCount, caller, deciding, open, starting, valueOf } from '../testing/engine-harness.ts';
import type { Append, Instruments, Load } from './instruments.ts';

const noting = () => {
  const appends: Omit<Append, 'ms'>[] = [];
  const again: number[] = [];
  let read = (): Load => ({ queued: 0, unanswered: 0 });
  const instruments: Instruments = {
    appended: ({ ms, ...append }) => {
      assert.ok(ms >= 0);
      appends.push(append);
    },
    decidedAgain: (calls) => again.push(calls),
    underWay: (load) => {
      read = load;
    },
  };
  return { instruments, appends, again, load: () => read() };
};

it('instruments hear of each batch that is stored, and of nothing else', async () => {
  const { instruments, appends, again } = noting();
  const { engine } = await open(createMemoryVault(), { instruments });
  await Promise.all(['ada', 'bob', 'eve'].map((name) => engine.execute(caller, starting(name))));
  await engine.query(caller, agentCount);
  const refused = await engine.execute(
    caller,
    deciding(() => refuse('held', 'Somebody has it.')),
  );
  assert.equal(refused.ok, false);
  assert.deepEqual(appends, [{ kind: 'appended', entries: 3, calls: 3 }]);
  assert.deepEqual(again, []);
});

it('instruments hear that others were faster, and how many calls are decided again', async () => {
  const vault = createMemoryVault();
  const { instruments, appends, again } = noting();
  const [one, two] = [await open(vault, { instruments }), await open(vault)];
  const steps: Append['kind'][] = [];
  const observer = { appending: () => {}, appended: ({ kind }: Append) => void steps.push(kind) };
  vault.faults.beforeAppend = async () => {
    vault.faults.beforeAppend = undefined;
    assert.ok((await two.engine.execute(caller, starting('bob'))).ok);
  };
  const outcome = await one.engine.execute(caller, { ...starting('ada'), observer });
  assert.ok(outcome.ok, JSON.stringify(outcome));
  assert.deepEqual(
    appends.map(({ kind }) => kind),
    ['moved', 'appended'],
  );
  assert.deepEqual(again, [1]);
  assert.deepEqual(steps, ['moved', 'appended'], 'who follows one call hears the same');
  assert.equal(valueOf(await one.engine.query(caller, agentCount)), 2);
});

it('instruments can read how many calls are under way', async () => {
  const vault = createMemoryVault();
  const { instruments, load } = noting();
  const { engine } = await open(vault, { instruments });
  const gate = Promise.withResolvers<undefined>();
  vault.faults.beforeAppend = () => gate.promise;
  const calls = [engine.execute(caller, starting('ada'))];
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  calls.push(engine.execute(caller, starting('bob')));
  assert.deepEqual(load(), { queued: 1, unanswered: 2 });
  gate.resolve(undefined);
  await Promise.all(calls);
  assert.deepEqual(load(), { queued: 0, unanswered: 0 });
});
