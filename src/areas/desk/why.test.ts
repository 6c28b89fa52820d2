import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import type { Engine } from '../../engine/engine.ts';
import { graceMs } from '../../kernel/hold.ts';
import { createMemoryVault } from '../../stores/memory/memory-store.ts';
import { answerOver, callOver } from '../../testing/busy-workspace.ts';
import { open } from '../../testing/engine-harness.ts';

type Input = Readonly<Record<string, unknown>>;

const whySchema = z.strictObject({
  kind: z.string(),
  ref: z.string(),
  items: z.array(
    z.looseObject({
      seq: z.number(),
      agent: z.string().nullable(),
      session: z.string().nullable(),
      operation: z.string(),
      type: z.string(),
      what: z.string(),
      token: z.number().optional(),
      also: z.array(z.string()).optional(),
      because: z
        .strictObject({ seq: z.number(), operation: z.string(), type: z.string(), what: z.string() })
        .optional(),
    }),
  ),
  cut_off: z.strictObject({ before: z.number(), remark: z.string() }).optional(),
});

const why = async (engine: Engine, input: Input, as = 'ada') =>
  whySchema.parse(await answerOver(engine, as, { operation: 'why', input }));

const told = ({ items }: z.infer<typeof whySchema>): readonly string[] =>
  items.map(({ agent, type, token }) =>
    [agent ?? '-', type, ...(token === undefined ? [] : [token])].join(' '),
  );

const code = async (engine: Engine, ref: string, as: string): Promise<string> => {
  const outcome = await callOver(engine, as, { operation: 'why', input: { ref } });
  return outcome.ok ? 'told' : outcome.code;
};

const office = async () => {
  const { engine, clock } = await open(createMemoryVault());
  const as = (agent: string, operation: string, input: Input = {}) =>
    answerOver(engine, agent, { operation, input });
  for (const agent of ['ada', 'bob', 'eve']) await as(agent, 'start', { agent });
  return { engine, clock, as };
};

describe('why', () => {
  it('DE22, DE23, DE24 tells who did what to a task under which hold, the oldest first', async () => {
    const { engine, as } = await office();
    await as('bob', 'task_add', { tasks: [{ title: 'One' }, { title: 'Two' }] });
    await as('ada', 'task_claim', { id: 'T-1' });
    const first = engine.seq;
    await as('bob', 'task_update', { id: 'T-1', note: 'Look at this.' });
    await as('ada', 'task_release', { id: 'T-1' });
    await as('bob', 'task_claim', { id: 'T-1' });
    const second = engine.seq;
    await as('bob', 'task_done', { id: 'T-1', result: 'Works.' });
    await as('bob', 'task_done', { id: 'T-2', result: 'As well.' });
    const { kind, ref, items, cut_off: cutOff } = await why(engine, { ref: 't-1' });
    assert.deepEqual([kind, ref, cutOff], ['task', 'T-1', undefined]);
    assert.deepEqual(told({ kind, ref, items }), [
      'bob tasks.added',
      `ada tasks.claimed ${first}`,
      'bob tasks.noted',
      `ada tasks.released ${first}`,
      `bob tasks.claimed ${second}`,
      `bob tasks.finished ${second}`,
    ]);
    assert.equal(items[2]?.what, 'noted: Look at this.');
    const handles = [...engine.slices.agents.sessions.values()].map(({ id }) => id);
    for (const handle of handles) assert(!JSON.stringify(items).includes(handle));
  });

  it('DE24 names what set an entry off, and what else it was done to', async () => {
    const { engine, clock, as } = await office();
    await as('ada', 'task_add', { tasks: [{ title: 'One' }, { title: 'Two' }] });
    await as('ada', 'task_claim', { id: 'T-1' });
    const token = engine.seq;
    await as('ada', 'task_claim', { id: 'T-2' });
    await as('ada', 'lock_acquire', { name: ['pytest', 'wave:5c'], ttl: 'session' });
    const lock = engine.seq;
    await as('ada', 'agent_leave');
    clock.advance(graceMs);
    await engine.tick();
    const ended = (await why(engine, { ref: 'T-1' }, 'bob')).items.at(-1);
    assert.deepEqual([ended?.type, ended?.token, ended?.also], ['tasks.expired', token, ['T-2']]);
    assert.equal(ended?.because?.type, 'agents.session_expired');
    assert.match(ended.because.what, /^ada: /);
    const lapsed = (await why(engine, { ref: 'wave:5C' }, 'bob')).items.at(-1);
    assert.deepEqual([lapsed?.type, lapsed?.token, lapsed?.also], ['leases.expired', lock, ['pytest']]);
  });
});

describe('why of a lock', () => {
  it('DE22, DE24 tells of a lock by any of its names, with its token', async () => {
    const { engine, as } = await office();
    await as('ada', 'lock_alias', { name: 'tests', target: 'pytest' });
    await as('ada', 'lock_acquire', { name: 'resource:PyTest', purpose: 'for the tests' });
    const first = engine.seq;
    await as('ada', 'lock_acquire', { name: 'tests' });
    await as('ada', 'lock_release', { name: 'pytest' });
    await as('ada', 'lock_release', { name: 'pytest' });
    await as('bob', 'lock_acquire', { name: 'pytest' });
    const second = engine.seq;
    await as('ada', 'lock_break', { name: 'pytest', reason: 'now me', ask: true });
    const about = await why(engine, { ref: 'tests' });
    assert.deepEqual([about.kind, about.ref], ['lock', 'pytest']);
    assert.deepEqual(told(about), [
      'ada leases.aliased',
      `ada leases.acquired ${first}`,
      `ada leases.acquired ${first}`,
      `ada leases.released ${first}`,
      `ada leases.released ${first}`,
      `bob leases.acquired ${second}`,
      'ada leases.asked',
    ]);
    assert.match(about.items[1]?.what ?? '', /^acquired exclusive: for the tests$/);
    const freed = (await why(engine, { ref: 'pytest', before: first })).items;
    assert.deepEqual(
      freed.map(({ type }) => type),
      ['leases.aliased'],
    );
    assert.deepEqual((await why(engine, { ref: 'pytest', before: 1 })).items, []);
  });

  it('DE22 says of a word that nothing is known of where that may be told', async () => {
    const { engine } = await office();
    for (const [ref, words] of [
      ['nothing', /nothing called "nothing" .* a lock that was held\. If it is a principal: audit_query/],
      ['carol', /audit_query \{"of":"hub","ref":"carol"\} .* audit_query \{"of":"hub","principal":"carol"\}/],
      ['file:src/**', /nothing called "file:src\/\*\*" here that you may see\. Name a task .* was held\.$/],
      ['tk_0123456789', /id of a token, .* audit_query \{"of":"hub","token_id":"tk_0123456789"\}/],
    ] as const) {
      const outcome = await callOver(engine, 'ada', { operation: 'why', input: { ref } });
      assert.ok(!outcome.ok, ref);
      assert.equal(outcome.code, 'not_found');
      assert.match(outcome.message, words);
    }
  });
});

describe('why of what is not everybody’s', () => {
  it('DE22 tells of messages and portals to those whose they are, and of agents', async () => {
    const { engine, as } = await office();
    const { id } = await as('ada', 'message_send', { to: 'bob', text: 'Secret.', ack_required: true });
    await as('bob', 'inbox', { ack: [id] });
    await as('bob', 'message_send', { to: 'ada', text: 'Thanks.', reply_to: id });
    const { portal } = await as('ada', 'portal_open', { with: 'bob', text: 'Secret plan.' });
    const [message, conversation] = [String(id), String(portal)];
    for (const who of ['ada', 'bob']) {
      assert.deepEqual(told(await why(engine, { ref: message.toLowerCase() }, who)), [
        'ada messages.sent',
        'bob messages.acknowledged',
        'bob messages.sent',
      ]);
      assert.equal((await why(engine, { ref: conversation }, who)).kind, 'portal');
    }
    for (const who of ['eve', 'nobody']) {
      for (const ref of [message, conversation, 'M-9999', 'P-9', 'T-9', 'M-1'])
        assert.equal(await code(engine, ref, who), 'not_found', `${ref} ${who}`);
    }
    await as('eve', 'agent_update', { capabilities: ['spying'] });
    const agent = await why(engine, { ref: 'eve' });
    assert.equal(agent.kind, 'agent');
    assert.deepEqual(told(agent), ['- agents.started', 'eve agents.updated']);
  });
});

describe('why, of more than one answer holds', () => {
  it('DE23 shows the latest, says where that begins, and goes on from there', async () => {
    const { engine, as } = await office();
    await as('ada', 'task_add', { title: 'One' });
    for (let i = 0; i < 9; i += 1) await as('ada', 'task_update', { id: 'T-1', note: `Note ${i}` });
    for (let i = 0; i < 5; i += 1) {
      await as('bob', 'lock_acquire', { name: 'pytest' });
      await as('bob', 'lock_release', { name: 'pytest' });
    }
    for (const ref of ['T-1', 'pytest']) {
      const seqs: number[][] = [];
      let before: number | undefined;
      do {
        const { items, cut_off: cutOff } = await why(engine, { ref, limit: 4, ...(before && { before }) });
        seqs.unshift(items.map(({ seq }) => seq));
        before = cutOff?.before;
        assert.equal(cutOff === undefined, cutOff?.remark === undefined);
        if (cutOff !== undefined) assert(cutOff.remark.includes(JSON.stringify({ ref, before })));
      } while (before !== undefined);
      assert.equal(seqs.at(-1)?.length, 4);
      const all = seqs.flat();
      assert.deepEqual(
        all,
        (await why(engine, { ref })).items.map(({ seq }) => seq),
      );
      assert(all.length === 10 && all.every((seq, i) => i === 0 || seq > (all[i - 1] ?? 0)));
    }
  });

  it('DE23 looks at a limited number of entries for a lock, and says so', async () => {
    const { engine, as } = await office();
    await as('bob', 'lock_acquire', { name: 'pytest' });
    const tasks = Array.from({ length: 100 }, (_, i) => ({ title: `Task ${i}` }));
    for (let i = 0; i < 101; i += 1) await as('ada', 'task_add', { tasks });
    const { items, cut_off: cutOff } = await why(engine, { ref: 'pytest' });
    assert.deepEqual([items.length, cutOff?.before], [0, engine.seq - 10_000 + 1]);
    assert.match(cutOff?.remark ?? '', /^Nothing was found as far back as entry/);
    assert.equal((await why(engine, { ref: 'pytest', before: cutOff?.before })).items.length, 1);
  });
});
