import assert from 'node:assert/strict';
import { it } from 'node:test';
import { areas } from '../areas/index.ts';
import type { Area, Intent } from '../kernel/area.ts';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import { caller, command, starting, deciding, open, valueOf } from '../testing/engine-harness.ts';

const looping = (bestEffort: boolean): readonly Area[] =>
  areas.map((area) => ({
    ...area,
    policies:
      area.name === 'agents'
        ? [{ name: 'loop', after: ['agents.updated'], meaning: '', bestEffort, react: () => [update] }]
        : [],
  }));
const update: Intent = {
  area: 'agents',
  type: 'agents.update',
  command: { type: 'update' },
  decide: () => ({ ok: true, value: [{ type: 'agents.updated', data: { agent: 'ada', wipLimit: 3 } }] }),
};

it('units refuse a cascade that goes too deep, all of it', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault, { areas: looping(false) });
  assert.equal(valueOf(await engine.execute(caller, command(update))), 'cascade_limit');
  assert.equal(vault.rows.length, 0);
});

it('units drop only the part of a best-effort policy that is refused', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault, { areas: looping(true) });
  const outcome = await engine.execute(caller, command(update));
  assert.ok(outcome.ok);
  assert.equal(vault.rows.length, 4, 'the command and three policies in a row; the fourth was too deep');
});

it('units refuse more entries than a unit may have', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  const many = deciding(() => ({
    ok: true,
    value: Array.from({ length: 1_001 }, () => ({ type: 'agents.seen', data: { sessions: [] } })),
  }));
  assert.equal(valueOf(await engine.execute(caller, many)), 'cascade_limit');
  assert.equal(vault.rows.length, 0);
});

it('units are dropped alone when a rule throws, and the defect is logged once under the id in the answer', async () => {
  const vault = createMemoryVault();
  const { engine, log } = await open(vault);
  const bad = deciding(() => assert.fail('a broken rule'));
  const [good, broken, alsoGood] = await Promise.all([
    engine.execute(caller, starting('ada')),
    engine.execute(caller, bad),
    engine.execute(caller, starting('bob')),
  ]);
  assert.ok(good.ok && alsoGood.ok);
  assert.ok(!broken.ok && broken.code === 'internal');
  assert.equal(log.errors.length, 1);
  assert.ok(
    broken.message.includes(String(broken.details['id'])) &&
      log.errors[0]?.message.includes(String(broken.details['id'])),
  );
});

it('units never write an entry that cannot be folded', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  const unfoldable = deciding(() => ({ ok: true, value: [{ type: 'agents.started', data: null }] }));
  const outcome = await engine.execute(caller, unfoldable);
  assert.equal(valueOf(outcome), 'internal');
  const undeclared = deciding(() => ({ ok: true, value: [{ type: 'nobody.knows', data: {} }] }));
  assert.equal(valueOf(await engine.execute(caller, undeclared)), 'internal');
  assert.equal(vault.rows.length, 0);
});

it('units: a throw anywhere in deciding is answered once, and the process goes on', async () => {
  const vault = createMemoryVault();
  const broken: readonly Area[] = areas.map((area) =>
    area.name === 'tasks' ? { ...area, due: () => assert.fail('a broken due') } : area,
  );
  const { engine, log } = await open(vault, { areas: broken });
  const outcome = await engine.execute(caller, starting('ada'));
  assert.ok(outcome.ok, 'what has expired elsewhere is no reason to refuse a call');
  assert.ok(log.errors.length > 0);
});
