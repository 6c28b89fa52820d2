import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import type { Engine } from '../../engine/engine.ts';
import type { Actor } from '../../kernel/entry.ts';
import { verify } from '../../journal/journal.ts';
import { erasedText } from '../../journal/sealer.ts';
import { createMemoryVault, openMemoryStore } from '../../stores/memory/memory-store.ts';
import { answerOver, callOver } from '../../testing/busy-workspace.ts';
import { open } from '../../testing/engine-harness.ts';
import { erase, person, savedOf } from '../../testing/erasing.ts';
import { Scenario } from '../../testing/scenario.ts';
import { areas, initialSlices } from '../index.ts';
import { accessIntent } from './decide/index.ts';

const of = { agent: 'ada', keys: ['k1', 'k2'] };

const deciding = (actor: Actor, what: typeof of = of) =>
  new Scenario(areas, initialSlices).when(accessIntent({ type: 'erase', of: what }), actor);

it('AC54 only an admin who acts as a person and speaks for no agent erases', () => {
  const others: readonly Partial<Actor>[] = [
    { kind: 'agent' },
    { kind: 'service' },
    { role: 'approver' },
    { agent: 'ada' },
    { session: 's-1' },
  ];
  for (const over of others) {
    const refused = deciding({ ...person, ...over });
    assert.ok(!refused.ok);
    assert.equal(refused.code, 'forbidden');
  }
  assert.ok(deciding(person).ok);
});

it('AC55 one entry names whose texts and which keys, and nothing is written where there are none', () => {
  const written = deciding(person);
  assert.ok(written.ok);
  assert.deepEqual(
    written.value.map(({ type, data }) => [type, data]),
    [['subject.erased', of]],
  );
  const nothing = deciding(person, { ...of, keys: [] });
  assert.ok(nothing.ok);
  assert.deepEqual(nothing.value, []);
});

/** A board with texts of two agents, and of the person they work for. */
const openBoard = async () => {
  const vault = createMemoryVault();
  const { engine, clock } = await open(vault);
  for (const agent of ['ada', 'bob']) {
    await answerOver(engine, agent, { operation: 'start', input: { agent } });
    await answerOver(engine, agent, {
      operation: 'task_add',
      requestId: 'once',
      input: { title: `Title of ${agent}`, body: `Body of ${agent}`, slug: `of-${agent}`, labels: ['kept'] },
    });
    await answerOver(engine, agent, {
      operation: 'task_update',
      input: { id: `of-${agent}`, note: `Note by ${agent}` },
    });
    await answerOver(engine, agent, {
      operation: 'lock_acquire',
      input: { name: agent, purpose: `For ${agent}` },
    });
  }
  await answerOver(engine, 'nobody', { operation: 'task_add', input: { title: 'Title of the owner' } });
  await answerOver(engine, 'ada', { operation: 'message_send', input: { to: 'bob', text: 'Words of ada' } });
  return { vault, engine, clock };
};

const asked = async (engine: Engine, operation: string, input = {}): Promise<string> =>
  JSON.stringify(await answerOver(engine, 'bob', { operation, input }));

describe('AC56 what was erased', () => {
  it('is a placeholder in every answer, and everything else stays', async () => {
    const { engine } = await openBoard();
    await erase(engine, { agent: 'ada' });
    const answers = [
      await asked(engine, 'task_list'),
      await asked(engine, 'task_get', { id: 'of-ada', history: true }),
      await asked(engine, 'lock_list'),
      await asked(engine, 'inbox'),
      await asked(engine, 'audit_query'),
      await asked(engine, 'why', { ref: 'of-ada' }),
      await asked(engine, 'status'),
    ];
    for (const answer of answers) assert.doesNotMatch(answer, /of ada|by ada|For ada/);
    assert.ok(answers.slice(0, 4).every((answer) => answer.includes(erasedText)));
    const [list = ''] = answers;
    assert.match(list, /Title of bob/);
    assert.match(list, /Title of the owner/);
    assert.match(list, /kept/);
  });

  it('is a placeholder in the answer to a repeat, which is still known for one', async () => {
    const { engine } = await openBoard();
    const input = { title: 'Title of ada', body: 'Body of ada', slug: 'of-ada', labels: ['kept'] };
    const call = { operation: 'task_add', requestId: 'once', input };
    await erase(engine, { agent: 'ada' });
    const repeated = await callOver(engine, 'ada', call);
    assert.ok(repeated.ok && repeated.value.replayed);
    assert.doesNotMatch(JSON.stringify(repeated.value.value), /of ada/);
  });

  it('was written by the agents of a principal too, and what they write later is read again', async () => {
    const { vault, engine } = await openBoard();
    await erase(engine, { principal: 'owner' });
    const list = await asked(engine, 'task_list');
    assert.doesNotMatch(list, /Title of/);
    await answerOver(engine, 'ada', { operation: 'task_add', input: { title: 'Title of today' } });
    assert.match(await asked(engine, 'task_list'), /Title of today/);
    const again = (await open(vault)).engine;
    assert.deepEqual(savedOf(again.slices), savedOf(engine.slices));
    assert.match(JSON.stringify(savedOf(again.slices)), /Title of today/);
  });

  it('leaves the chain as it is, and is told by the audit', async () => {
    const { vault, engine } = await openBoard();
    const before = vault.rows.map(({ chain }) => chain);
    const [entry] = await erase(engine, { agent: 'ada' });
    assert.deepEqual(
      vault.rows.slice(0, before.length).map(({ chain }) => chain),
      before,
    );
    assert.ok((await verify(openMemoryStore(vault))).ok);
    const audit = z.object({ items: z.array(z.looseObject({ seq: z.number(), what: z.string() })) });
    const { items } = audit.parse(await answerOver(engine, 'nobody', { operation: 'audit_query' }));
    assert.equal(
      items.find(({ seq }) => seq === entry?.seq)?.what,
      'erased what was written by agents called ada: 1 key destroyed',
    );
  });
});
