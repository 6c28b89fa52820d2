import assert from 'node:assert/strict';
import { type TestContext, describe, it } from 'node:test';
import { areas } from '../index.ts';
import { operations } from '../operations.ts';
import { categories } from '../../kernel/categories.ts';
import { present } from '../../kernel/assert.ts';
import type { Scope } from '../../kernel/entry.ts';
import { createMemoryVault } from '../../stores/memory/memory-store.ts';
import { answerOver } from '../../testing/busy-workspace.ts';
import { caller } from '../../testing/engine-harness.ts';
import { openSearched } from '../../testing/searched-workspace.ts';

/** What stands in the texts of each area, and in no others. */
const marks = {
  tasks: 'taskmark',
  agents: 'agentmark',
  messages: 'mailmark',
  leases: 'lockmark',
} as const;

const openBoard = async (context: TestContext) => {
  const { engine } = await openSearched(context, createMemoryVault(), { areas });
  const as = (agent: string, operation: string, input: object = {}) =>
    answerOver(engine, agent, { operation, input: { ...input } });
  await as('ada', 'start', { agent: 'ada' });
  await as('bob', 'start', { agent: 'bob', metadata: { branch: 'common agentmark' } });
  await as('ada', 'task_add', {
    tasks: [
      { slug: 'one', title: 'common taskmark one' },
      { slug: 'two', title: 'common taskmark two' },
    ],
  });
  await as('ada', 'task_claim', { id: 'one' });
  await as('ada', 'lock_acquire', { name: 'lockmark', purpose: 'common lockmark' });
  await as('bob', 'message_send', { to: 'ada', text: 'common mailmark' });
  const told = async (name: string, input: object, { agent, ...scope }: Scope): Promise<string> => {
    const operation = present(
      operations.find((one) => one.name === name),
      `there is an operation ${name}`,
    );
    const prepared = operation.prepare(input);
    assert.ok(prepared.ok, JSON.stringify(prepared));
    const from = { ...caller, scope, agent, connection: agent };
    const outcome =
      prepared.value.kind === 'query'
        ? await engine.query(from, prepared.value)
        : await engine.execute(from, prepared.value);
    return outcome.ok
      ? JSON.stringify([outcome.value.value, outcome.value.waiting])
      : `refused ${outcome.code}`;
  };
  return { told };
};

const asked: readonly (readonly [name: string, input: object, agent?: string])[] = [
  ['find', { text: 'common' }],
  ['find', { text: 'common', areas: ['tasks'] }],
  ['find', { text: 'common' }, 'ada'],
  ['status', {}],
  ['status', {}, 'ada'],
  ['audit_query', {}],
  ['audit_query', {}, 'ada'],
  ['audit_stats', {}],
  ['why', { ref: 'one' }],
  ['why', { ref: 'lockmark' }],
  ['why', { ref: 'bob' }],
  ['wait', { wait_ms: 0, for: ['message', 'task', 'ready', 'lock', 'portal'] }, 'ada'],
  ['start', { agent: 'ada' }, 'ada'],
];

const held = (categories: readonly string[]): Scope => ({ workspaces: ['*'], categories });

describe('AC18 what tells of several areas', () => {
  it('tells who is held to some categories of those alone', async (t) => {
    const { told } = await openBoard(t);
    for (const [area, mark] of Object.entries(marks)) {
      const others = Object.entries(marks).filter(([, other]) => other !== mark);
      for (const [name, input, agent] of asked) {
        // A mailbox is part of what wait is for; start is of whoever calls it, whatever its categories.
        const own = { wait: 'messages', start: area }[name] ?? 'workspaces';
        const text = await told(name, input, { ...held([area, own]), agent });
        const what = `${name} ${JSON.stringify(input)} for ${area}: ${text}`;
        for (const [other, foreign] of others) if (other !== own) assert.ok(!text.includes(foreign), what);
        for (const kind of ['tasks', 'leases', 'messages'])
          if (kind !== area && kind !== own) assert.ok(!text.includes(`${kind}.`), what);
        if (area !== 'messages' && own !== 'messages') assert.doesNotMatch(text, /unread|undelivered/, what);
        if (area !== 'agents' && name === 'status') assert.doesNotMatch(text, /active/, what);
        if (area !== 'tasks') assert.doesNotMatch(text, /"(?:one|two|todo|ready)"/, what);
      }
    }
  });

  it('tells of each category to who is held to it, and of all to who is held to none', async (t) => {
    const { told } = await openBoard(t);
    for (const [area, mark] of Object.entries(marks)) {
      for (const categories of [[area], ['*']]) {
        const found = await told('find', { text: 'common' }, { ...held(categories), agent: 'ada' });
        if (area !== 'leases') assert.ok(found.includes(mark), `${area}: ${found}`);
        const audited = await told('audit_query', {}, { ...held(categories), agent: 'ada' });
        assert.ok(audited.includes(`"type":"${area}.`), `${area}: ${audited}`);
      }
    }
    const status = await told('status', {}, held(['tasks', 'leases']));
    assert.match(status, /taskmark[^]*lockmark/);
    const start = await told(
      'start',
      { agent: 'ada' },
      { ...held(['agents', 'tasks', 'messages', 'leases']), agent: 'ada' },
    );
    for (const word of ['common taskmark one', 'common taskmark two', 'lockmark', '1 unread message'])
      assert.ok(start.includes(word), start);
    assert.match(await told('why', { ref: 'one' }, held(['tasks'])), /task_claim/);
    assert.equal(await told('why', { ref: 'one' }, held(['audit'])), 'refused not_found');
  });
});

it('AC18 a token is held to categories that there are, and to no others', () => {
  // tool_search is of the catalogue, and what a hub measures is read at an address of its own.
  const others = ['tools', 'metrics'];
  assert.deepEqual([...new Set([...operations.map(({ category }) => category), ...others])].toSorted(), [
    ...categories,
  ]);
  const create = present(
    operations.find(({ name }) => name === 'token_create'),
    'tokens can be made',
  );
  assert.equal(create.prepare({ categories: ['tasks', 'tools'] }).ok, true);
  const refused = create.prepare({ categories: ['taks'] });
  assert.ok(!refused.ok);
  assert.match(refused.message, /categories\.0: must be one of "\*", "access", .*"tasks"/);
});
