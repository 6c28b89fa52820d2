import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import type { Engine } from '../../engine/engine.ts';
import type { Area } from '../../kernel/area.ts';
import { isoTime } from '../../kernel/instants.ts';
import { createMemoryVault } from '../../stores/memory/memory-store.ts';
import { answerOver, callOver } from '../../testing/busy-workspace.ts';
import { open } from '../../testing/engine-harness.ts';
import { openSearched } from '../../testing/searched-workspace.ts';
import { areas } from '../index.ts';
import { find as operation } from './operations/find.ts';

type Input = Readonly<Record<string, unknown>>;

const foundSchema = z.strictObject({
  items: z.array(
    z.strictObject({
      seq: z.number(),
      area: z.string(),
      kind: z.string(),
      ref: z.string(),
      time: z.string(),
      agent: z.string().nullable(),
      excerpt: z.string(),
      score: z.number().positive(),
    }),
  ),
  total: z.number(),
  next_cursor: z.string().nullable(),
  left_out: z.string().optional(),
});

const find = async (engine: Engine, input: Input, as = 'ada') =>
  foundSchema.parse(await answerOver(engine, as, { operation: 'find', input }));

const shown = async (engine: Engine, input: Input, as = 'ada') =>
  (await find(engine, input, as)).items.map(({ kind, ref }) => `${ref} ${kind}`);

/** A board on which ada and bob have written about a lock. */
const board = async (context: TestContext, given: readonly Area[] = areas) => {
  const workspace = await openSearched(context, createMemoryVault(), { areas: given });
  const { engine } = workspace;
  const as = (agent: string, operation: string, input: Input) =>
    answerOver(engine, agent, { operation, input });
  await as('ada', 'start', { agent: 'ada', capabilities: ['locksmith'], branch: 'lock-order' });
  await as('bob', 'start', { agent: 'bob' });
  await as('ada', 'task_add', {
    tasks: [
      { slug: 'queue', title: 'A fair queue', body: 'Who waits for a lock is served in order.' },
      { slug: 'other', title: 'Something else', acceptance: ['the lock order is kept'] },
    ],
  });
  await as('bob', 'task_update', { id: 'queue', note: 'The LOCK is taken twice; see lock-order.' });
  await as('bob', 'task_claim', { id: 'queue' });
  await as('bob', 'task_done', { id: 'queue', result: 'No lock is left.' });
  return { ...workspace, as };
};

test('DE6 finds entries of all areas by all of the words, with what they are about and where it stands', async (context) => {
  const { engine } = await board(context);
  assert.deepEqual((await shown(engine, { text: 'lock' })).toSorted(), [
    'ada started',
    'other added',
    'queue added',
    'queue finished',
    'queue noted',
  ]);
  assert.deepEqual((await shown(engine, { text: 'lock order' })).toSorted(), [
    'ada started',
    'other added',
    'queue added',
    'queue noted',
  ]);
  const { items, total, next_cursor: next } = await find(engine, { text: '"taken twice"' });
  assert.deepEqual([total, next], [1, null]);
  const { time, score, ...hit } = items[0] ?? assert.fail('it is found');
  assert.ok(score > 0 && time >= isoTime(0));
  assert.deepEqual(hit, {
    seq: 5,
    area: 'tasks',
    kind: 'noted',
    ref: 'queue',
    agent: 'bob',
    excerpt: 'The LOCK is taken twice; see lock-order.',
  });
});

test('DE6 what is asked besides the words must fit as well', async (context) => {
  const { engine } = await board(context);
  assert.deepEqual(await shown(engine, { text: 'lock', areas: ['agents'] }), ['ada started']);
  assert.deepEqual(await shown(engine, { text: 'lock', kinds: ['finished', 'noted'], before: 6 }), [
    'queue noted',
  ]);
  assert.deepEqual(await shown(engine, { text: 'lock', by: 'bob', since: 5 }), ['queue finished']);
  assert.deepEqual(await shown(engine, { text: 'queue', areas: ['tasks'], by: 'bob' }), [
    'queue finished',
    'queue noted',
  ]);
  const refused = await callOver(engine, 'ada', {
    operation: 'find',
    input: { text: 'lock', areas: ['locks'] },
  });
  assert.ok(!refused.ok && refused.code === 'invalid_input');
});

test('DE7 the pages of a search hold every hit once, whatever is written meanwhile', async (context) => {
  const { engine, as } = await board(context);
  for (let i = 0; i < 7; i += 1) await as('ada', 'task_update', { id: 'other', note: `Page lock ${i}` });
  const asked = { text: 'lock', limit: 5 };
  const first = await find(engine, asked);
  assert.deepEqual([first.items.length, first.total], [5, 12]);
  await as('ada', 'task_update', { id: 'other', note: 'lock' });
  const pages = [first];
  for (let next = first.next_cursor; next !== null; next = pages.at(-1)?.next_cursor ?? null)
    pages.push(await find(engine, { ...asked, cursor: next }));
  const seqs = pages.flatMap(({ items }) => items.map(({ seq }) => seq));
  assert.equal(seqs.length, 12);
  assert.equal(new Set(seqs).size, 12);
  assert.equal((await find(engine, asked)).total, 13);
});

test('DE7 a cursor goes on with its own search alone', async (context) => {
  const { engine } = await board(context);
  const { next_cursor: cursor } = await find(engine, { text: 'lock', limit: 1 });
  const codes = await Promise.all(
    [
      { text: 'locks', cursor },
      { text: 'lock', by: 'ada', cursor },
      { text: 'lock', cursor: 'x' },
      { text: 'lock', cursor: String(cursor).replace(/^\S+/, 'another.1') },
    ].map(async (input) => {
      const outcome = await callOver(engine, 'ada', { operation: 'find', input });
      return outcome.ok ? 'found' : outcome.code;
    }),
  );
  assert.deepEqual(codes, ['invalid_input', 'invalid_input', 'invalid_input', 'history_changed']);
});

test('DE8 what an area shows to some is found and counted for them alone', async (context) => {
  const secretive = areas.map((area) =>
    area.name !== 'tasks'
      ? area
      : {
          ...area,
          findable: () => ({ ref: 'x' }),
          visibleTo: (entry: Parameters<Area['visibleTo']>[0]) => [entry.actor.agent ?? ''],
        },
  );
  const { engine } = await board(context, secretive);
  assert.deepEqual((await shown(engine, { text: 'lock' }, 'bob')).toSorted(), [
    'ada started',
    'x finished',
    'x noted',
  ]);
  assert.equal((await find(engine, { text: 'lock' }, 'bob')).total, 3);
  assert.deepEqual((await shown(engine, { text: 'lock', areas: ['tasks'] })).toSorted(), [
    'x added',
    'x added',
  ]);
  assert.deepEqual(await shown(engine, { text: 'lock', by: 'bob' }), []);
});

test('DE8 who speaks for no agent is told that messages to agents were left out, where there are any', async (context) => {
  const { engine, as } = await board(context);
  const leftOut = async (input: Input, who = 'nobody') =>
    (await find(engine, { text: 'lock', ...input }, who)).left_out;
  assert.equal(await leftOut({}), undefined);
  await as('ada', 'message_send', { to: 'bob', text: 'The lock is mine.' });
  assert.match((await leftOut({})) ?? '', /^Messages to agents were left out/);
  assert.match((await leftOut({ areas: ['tasks', 'messages'] })) ?? '', /left out/);
  assert.equal(await leftOut({ areas: ['tasks'] }), undefined);
  assert.equal(await leftOut({}, 'bob'), undefined);
  const search = { operation: 'message_search', input: { text: 'lock' } };
  assert.match(String((await answerOver(engine, 'nobody', search))['left_out']), /left out/);
  assert.equal((await answerOver(engine, 'bob', search))['left_out'], undefined);
});

test('DE9 what looks like an operator is a word', async (context) => {
  const { engine } = await board(context);
  assert.deepEqual(await shown(engine, { text: 'lock OR twice' }), []);
  assert.deepEqual(await shown(engine, { text: 'NOT lock' }), []);
  assert.deepEqual(await shown(engine, { text: 'text:twice' }), []);
  assert.deepEqual(await shown(engine, { text: '(twice) "' }), ['queue noted']);
  assert.deepEqual(await shown(engine, { text: 'twi*' }), ['queue noted']);
  for (const text of ['***', '""', '…']) assert.ok(!operation.prepare({ text }).ok, text);
  const short = await callOver(engine, 'ada', { operation: 'find', input: { text: 'a* lock' } });
  assert.ok(!short.ok && short.code === 'invalid_input');
});

test('without an index a search is refused, and says who could answer it', async () => {
  const { engine } = await open(createMemoryVault());
  const refused = await callOver(engine, 'ada', { operation: 'find', input: { text: 'lock' } });
  assert.ok(!refused.ok && refused.code === 'invalid_state');
  assert.match(refused.message, /no full-text index/);
});
