import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import type { Engine } from '../../engine/engine.ts';
import { dayMs, hourMs, isoTime } from '../../kernel/instants.ts';
import type { Store } from '../../journal/store.ts';
import { createMemoryVault } from '../../stores/memory/memory-store.ts';
import { answerOver, callOver } from '../../testing/busy-workspace.ts';
import { open } from '../../testing/engine-harness.ts';

type Input = Readonly<Record<string, unknown>>;

const auditSchema = z.strictObject({
  items: z.array(
    z.strictObject({
      seq: z.number(),
      time: z.string(),
      principal: z.string(),
      agent: z.string().nullable(),
      session: z.string().nullable(),
      operation: z.string(),
      type: z.string(),
      ref: z.string().nullable(),
      what: z.string(),
      unit: z.number(),
    }),
  ),
  next_cursor: z.string().nullable(),
  looked_at: z.strictObject({ newest: z.number(), oldest: z.number() }).optional(),
  left_out: z.string().optional(),
});

const countsSchema = z.strictObject({
  items: z.array(z.strictObject({ name: z.string(), count: z.number() })),
  others: z.number().optional(),
});

const statsSchema = z.strictObject({
  entries: z.number(),
  operations: countsSchema,
  agents: countsSchema,
  types: countsSchema,
  times: countsSchema,
  cut_off: z.strictObject({ before: z.number(), remark: z.string() }).optional(),
  left_out: z.string().optional(),
});

const audit = async (engine: Engine, input: Input, as = 'ada') =>
  auditSchema.parse(await answerOver(engine, as, { operation: 'audit_query', input }));

const stats = async (engine: Engine, input: Input, as = 'ada') =>
  statsSchema.parse(await answerOver(engine, as, { operation: 'audit_stats', input }));

const seqsIn = ({ items }: z.infer<typeof auditSchema>): readonly number[] => items.map(({ seq }) => seq);

const doing =
  (engine: Engine) =>
  (agent: string, operation: string, input: Input = {}): Promise<Input> =>
    answerOver(engine, agent, { operation, input });

/** Ada and bob have worked on a task, an hour apart. */
const board = async () => {
  const reads: number[] = [];
  const wrap = (store: Store): Store => ({
    ...store,
    readAt: (seqs) => {
      reads.push(seqs.length);
      return store.readAt(seqs);
    },
  });
  const { engine, clock } = await open(createMemoryVault(), { wrap });
  const as = doing(engine);
  await as('ada', 'start', { agent: 'ada' });
  await as('bob', 'start', { agent: 'bob' });
  await as('ada', 'task_add', { tasks: [{ title: 'One' }, { title: 'Two' }] });
  clock.advance(hourMs);
  await as('ada', 'task_claim', { id: 'T-1' });
  await as('bob', 'lock_acquire', { name: 'pytest', purpose: 'for the tests' });
  await as('ada', 'task_update', { id: 'T-1', note: 'N'.repeat(500) });
  return { engine, clock, as, reads };
};

describe('audit_query', () => {
  it('DE16, DE20 says who did what, when and by which call, the newest first', async () => {
    const { engine } = await board();
    const { items } = await audit(engine, {});
    assert.deepEqual(
      items.map(({ seq }) => seq),
      Array.from({ length: engine.seq }, (_, i) => engine.seq - i),
    );
    const claimed = items.find(({ type }) => type === 'tasks.claimed') ?? assert.fail('it is there');
    const { time, session, seq, ...rest } = claimed;
    assert.deepEqual(rest, {
      principal: 'owner',
      agent: 'ada',
      operation: 'task_claim',
      type: 'tasks.claimed',
      ref: 'T-1',
      what: 'claimed by ada',
      unit: seq,
    });
    assert.match(session ?? '', /^[0-9a-z]{1,7}$/);
    assert.match(time, /^\d{4}-.*Z$/);
    const noted = items.find(({ type }) => type === 'tasks.noted');
    assert.equal(noted?.what.length, 200);
    assert.match(noted.what, /^noted: N+…$/);
  });

  it('DE20 shows no handle of a session', async () => {
    const { engine } = await board();
    const handles = [...engine.slices.agents.sessions.values()].map(({ id }) => id);
    const shown = JSON.stringify(await audit(engine, {}));
    assert.equal(handles.length, 2);
    for (const handle of handles) assert(!shown.includes(handle));
  });

  it('DE16 lets through what fits all filters', async () => {
    const { engine } = await board();
    const fitting = async (input: Input) =>
      (await audit(engine, input)).items.map(({ type, ref }) => `${ref} ${type}`);
    assert.deepEqual(await fitting({ by: 'bob' }), ['pytest leases.acquired']);
    assert.deepEqual(await fitting({ area: 'tasks', type: 'claimed' }), ['T-1 tasks.claimed']);
    assert.deepEqual(await fitting({ type: 'tasks.claimed', by: 'bob' }), []);
    assert.deepEqual(await fitting({ operation: 'task_add' }), ['T-2 tasks.added', 'T-1 tasks.added']);
    assert.deepEqual(await fitting({ ref: 't-2' }), ['T-2 tasks.added']);
    assert.deepEqual(await fitting({ ref: 'resource:PyTest' }), ['pytest leases.acquired']);
    assert.deepEqual(await fitting({ principal: 'somebody' }), []);
    assert.deepEqual(await fitting({ principal: 'owner', area: 'leases' }), ['pytest leases.acquired']);
  });

  it('DE16 takes both ends of a time for a part of it', async () => {
    const { engine } = await board();
    const { items } = await audit(engine, {});
    const times = [...new Set(items.map(({ time }) => Date.parse(time)))];
    const [late = 0, early = 0] = [times[0], times.at(-1)];
    assert.equal(late - early, hourMs);
    const seqs = async (input: Input) => seqsIn(await audit(engine, input));
    const of = (time: number) => items.filter((one) => Date.parse(one.time) === time).map(({ seq }) => seq);
    assert.deepEqual(await seqs({ since: isoTime(late) }), of(late));
    assert.deepEqual(await seqs({ until: isoTime(early) }), of(early));
    assert.deepEqual(
      await seqs({ since: isoTime(early), until: isoTime(late) }),
      seqsIn({ items, next_cursor: null }),
    );
    assert.deepEqual(await seqs({ since: isoTime(early + 1), until: isoTime(late - 1) }), []);
    assert.deepEqual(await seqs({ until: isoTime(early - 1) }), []);
    assert.deepEqual(await seqs({ since: isoTime(late + 1) }), []);
  });
});

describe('the pages of audit_query', () => {
  it('DE16 shows each entry on one page, whatever is written meanwhile', async () => {
    const { engine, as } = await board();
    const all = seqsIn(await audit(engine, { area: 'tasks' }));
    const seen: number[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await audit(engine, { area: 'tasks', limit: 1, ...(cursor && { cursor }) });
      seen.push(...seqsIn(page));
      cursor = page.next_cursor;
      await as('bob', 'task_update', { id: 'T-2', note: 'meanwhile' });
    } while (cursor !== null);
    assert.deepEqual(seen, all);
  });

  it('DE17 reads no more entries than its limit in one call, and says where it stopped', async () => {
    const { engine, as, reads } = await board();
    const tasks = Array.from({ length: 100 }, (_, i) => ({ title: `Task ${i}` }));
    for (let i = 0; i < 60; i += 1) await as('bob', 'task_add', { tasks });
    reads.length = 0;
    const head = engine.seq;
    const first = await audit(engine, { ref: 'pytest' });
    assert.deepEqual([first.items, first.looked_at], [[], { newest: head, oldest: head - 4_999 }]);
    const second = await audit(engine, { ref: 'pytest', cursor: first.next_cursor });
    assert.equal(second.items.length, 1);
    assert.deepEqual([second.looked_at, second.next_cursor], [{ newest: head - 5_000, oldest: 1 }, null]);
    assert(reads.length > 20 && Math.max(...reads) <= 200, 'in pages');
  });

  it('DE18 goes on with its own filters and history alone', async () => {
    const { engine } = await board();
    const { next_cursor: cursor } = await audit(engine, { limit: 1 });
    const code = async (input: Input) => {
      const outcome = await callOver(engine, 'ada', { operation: 'audit_query', input });
      return outcome.ok ? 'shown' : outcome.code;
    };
    assert.equal(await code({ cursor }), 'shown');
    assert.equal(await code({ cursor, by: 'ada' }), 'invalid_input');
    assert.equal(await code({ cursor: 'x' }), 'invalid_input');
    assert.equal(await code({ cursor: `${String(cursor)}0 0` }), 'invalid_input');
    assert.equal(await code({ cursor: String(cursor).replace(/^\S+/, 'another.1') }), 'history_changed');
  });
});

describe('the privacy of audit', () => {
  it('DE19 shows and counts what agents write to each other for them alone', async () => {
    const { engine, as } = await board();
    await as('eve', 'start', { agent: 'eve' });
    const { id } = await as('ada', 'message_send', {
      to: 'bob',
      text: 'The secret word.',
      ack_required: true,
    });
    await as('bob', 'inbox', { ack: [id] });
    const opened = await as('ada', 'portal_open', { with: 'bob', text: 'The secret plan.' });
    await as('ada', 'message_send', { to: 'everyone', text: 'Lunch.' });
    const ofMail = async (who: string) => {
      const { items, left_out: leftOut } = await audit(engine, {}, who);
      const mail = items.filter(({ type }) => /^(?:messages|portals)\./.test(type));
      return { mail: mail.length, text: JSON.stringify(items), leftOut };
    };
    for (const who of ['ada', 'bob']) {
      const { mail, text, leftOut } = await ofMail(who);
      assert(mail >= 4 && text.includes('The secret word.') && text.includes('The secret plan.'), who);
      assert.equal(leftOut, undefined);
    }
    for (const who of ['eve', 'nobody']) {
      const { mail, text, leftOut } = await ofMail(who);
      assert.equal(mail, 1, 'what went to everyone');
      assert(!text.includes('secret') && text.includes('Lunch.'), who);
      assert.equal(leftOut === undefined, who === 'eve');
      for (const ref of [id, opened['portal'] ?? opened['id']])
        assert.deepEqual((await audit(engine, { ref }, who)).items, []);
      const counted = await stats(engine, {}, who);
      assert.equal(counted.types.items.find(({ name }) => name === 'messages.sent')?.count, 1);
      assert(counted.types.items.every(({ name }) => !name.startsWith('portals.')));
      assert.equal(counted.left_out === undefined, who === 'eve');
    }
    assert.equal(
      (await stats(engine, {})).types.items.find(({ name }) => name === 'messages.sent')?.count,
      2,
    );
  });
});

describe('audit_stats', () => {
  it('DE21 counts by operation, agent, type and hour or day', async () => {
    const { engine, clock, as } = await board();
    clock.advance(dayMs);
    await as('bob', 'task_update', { id: 'T-2', note: 'late' });
    const all = await stats(engine, {});
    assert.equal(all.entries, engine.seq);
    const inOrder = (name: keyof typeof all & ('operations' | 'agents' | 'types' | 'times')) =>
      all[name].items.map((one) => `${one.name} ${one.count}`);
    assert(inOrder('operations').includes('task_add 2') && inOrder('operations').includes('task_update 2'));
    assert(inOrder('types').includes('tasks.noted 2') && inOrder('types').includes('leases.acquired 1'));
    assert(inOrder('agents').includes('ada 4'), inOrder('agents').join());
    for (const { items } of [all.operations, all.agents, all.types, all.times])
      assert.equal(
        items.reduce((sum, { count }) => sum + count, 0),
        engine.seq,
      );
    const times = all.times.items.map(({ name }) => name);
    assert.deepEqual(times, times.toSorted().toReversed());
    assert(times.length === 3 && times.every((time) => time.endsWith(':00:00.000Z')), times.join());
    const days = (await stats(engine, { per: 'day' })).times.items;
    // The hours of the board may lie on both sides of a midnight.
    const daysOfHours = new Set(times.map((time) => time.slice(0, 'yyyy-mm-dd'.length)));
    assert(daysOfHours.size >= 2);
    assert.deepEqual(
      days.map(({ name }) => name).toSorted(),
      [...daysOfHours].map((day) => `${day}T00:00:00.000Z`).toSorted(),
    );
    const [latest = ''] = times;
    const late = await stats(engine, { since: latest });
    assert.equal(late.entries, all.times.items[0]?.count);
    assert.equal(
      (await stats(engine, { until: isoTime(Date.parse(latest) - 1) })).entries,
      engine.seq - late.entries,
    );
  });

  it('DE21 counts a limited number of entries in a call, and the rest in those that follow', async () => {
    const { engine, as } = await board();
    const tasks = Array.from({ length: 100 }, (_, i) => ({ title: `Task ${i}` }));
    for (let i = 0; i < 101; i += 1) await as('bob', 'task_add', { tasks });
    const head = engine.seq;
    const first = await stats(engine, {});
    assert.equal(first.entries, 10_000);
    assert.equal(first.cut_off?.before, head - 10_000 + 1);
    assert.match(first.cut_off.remark, /audit_stats \{"before":\d+\}/);
    const rest = await stats(engine, { before: first.cut_off.before });
    assert.deepEqual([rest.entries, rest.cut_off], [head - 10_000, undefined]);
  });
});
