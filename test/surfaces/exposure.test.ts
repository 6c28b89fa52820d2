/* The operations that are about the catalogue itself, asked of the hub and over HTTP. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import type { Role } from '../../src/kernel/entry.ts';
import { type Served, errorOf, post, serve, valueIn } from './serving.ts';

const costShape = { tools: z.number(), bytes: z.number(), tokens: z.number() };

const modesSchema = z.strictObject({
  workspace: z.string(),
  mode: z.string(),
  ...costShape,
  modes: z.array(z.strictObject({ mode: z.string(), ...costShape })),
  categories: z.array(z.strictObject({ category: z.string(), tools: z.number() })),
});

const foundSchema = z.strictObject({
  matched: z.number(),
  tools: z.array(
    z.strictObject({
      name: z.string(),
      category: z.string(),
      description: z.string(),
      input_schema: z.looseObject({ type: z.literal('object') }),
    }),
  ),
  next: z.string().optional(),
});

type Asked = NonNullable<Parameters<typeof post>[2]>;

const answerOf = async (served: Served, operation: string, asked: Asked = {}) => {
  const answer = await post(served, operation, { body: {}, ...asked });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer;
};

const modesOf = async (served: Served, asked: Asked = {}) =>
  modesSchema.parse((await answerOf(served, 'mode_get', asked)).body);

const search = async (served: Served, body: unknown) =>
  foundSchema.parse((await answerOf(served, 'tool_search', { body })).body);

const refusalOf = async (served: Served, operation: string, body: unknown) =>
  errorOf((await post(served, operation, { body })).body);

/** Calls as somebody of this role. */
const callAs = (
  { hub }: Served,
  role: Role,
  { operation, input = {} }: { readonly operation: string; readonly input?: unknown },
) =>
  hub.call({
    operation,
    input,
    caller: {
      principal: 'somebody',
      role,
      kind: 'person',
      agent: undefined,
      session: undefined,
      connection: undefined,
      client: undefined,
    },
    workspace: undefined,
    requestId: undefined,
    signal: undefined,
  });

const inShop = { 'Signalbox-Workspace': 'shop' };

describe('mode_get', () => {
  it('counts what every mode shows, and the tools of every category', async (t) => {
    const served = await serve(t);
    const { exposure, operations } = served.catalogue;
    const got = await modesOf(served);
    assert.deepEqual([got.workspace, got.mode], ['main', 'standard']);
    assert.deepEqual(
      got.modes.map(({ mode }) => mode),
      ['minimal', 'standard', 'full'],
    );
    for (const { mode, ...cost } of [got, ...got.modes]) {
      const tools = exposure.tools(exposure.defaultMode(mode), 'admin');
      const bytes = Buffer.byteLength(JSON.stringify(tools));
      assert.equal(cost.tools, tools.length);
      assert.equal(cost.bytes, bytes);
      assert.equal(cost.tokens, Math.ceil(bytes / 4));
    }
    assert.deepEqual(
      got.categories.map(({ category }) => category),
      exposure.categories,
    );
    assert.equal(
      got.categories.reduce((sum, { tools }) => sum + tools, 0),
      operations.length,
    );
  });

  it('counts a mode of categories too, when it is the one that is set', async (t) => {
    const served = await serve(t);
    await answerOf(served, 'mode_set', { body: { mode: 'agents' } });
    const { mode, tools, bytes, modes } = await modesOf(served);
    assert.equal(mode, 'agents');
    assert.equal(
      tools,
      served.catalogue.operations.filter(({ category }) => category === 'agents').length + 2,
    );
    assert(bytes > (modes[0]?.bytes ?? 0));
  });

  it('counts what the role may call', async (t) => {
    const served = await serve(t);
    const all = await modesOf(served);
    const some = modesSchema.parse(valueIn(await callAs(served, 'reader', { operation: 'mode_get' })).value);
    assert(some.tools < all.tools && some.bytes < all.bytes);
    const mine = new Map(some.categories.map(({ category, tools }) => [category, tools]));
    const readable = served.catalogue.operations.filter(({ role }) => role === 'reader');
    for (const [category, tools] of mine)
      assert.equal(tools, readable.filter((one) => one.category === category).length, category);
  });
});

describe('mode_set', () => {
  it('is about the workspace of the call, or the one that it names', async (t) => {
    const served = await serve(t);
    await answerOf(served, 'workspace_add', { body: { name: 'shop' } });
    const set = await answerOf(served, 'mode_set', { body: { mode: 'Minimal' }, headers: inShop });
    const { modes } = await modesOf(served);
    assert.deepEqual(set.body, { workspace: 'shop', ...modes[0] });
    assert.equal((await modesOf(served, { headers: inShop })).mode, 'minimal');
    assert.equal((await modesOf(served, { body: { workspace: 'shop' } })).mode, 'minimal');
    assert.equal((await modesOf(served)).mode, 'standard');
    await answerOf(served, 'mode_set', { body: { mode: 'tools, agents', workspace: 'shop' } });
    assert.equal((await modesOf(served, { headers: inShop })).mode, 'agents,tools');
  });

  it('writes one entry into the journal of the hub, and none for what is set already', async (t) => {
    const served = await serve(t);
    const seq = async () => (await served.hub.health()).workspaces[0]?.seq ?? 0;
    const before = await seq();
    await answerOf(served, 'mode_set', { body: { mode: 'tasks,agents' } });
    await answerOf(served, 'mode_set', { body: { mode: 'agents,tasks' } });
    assert.equal(await seq(), before + 1);
  });

  it('is done once under one request id, which is not for another workspace', async (t) => {
    const served = await serve(t);
    await answerOf(served, 'workspace_add', { body: { name: 'shop' } });
    const once = { 'Idempotency-Key': 'once' };
    const first = await answerOf(served, 'mode_set', { body: { mode: 'full' }, headers: once });
    await answerOf(served, 'mode_set', { body: { mode: 'minimal' } });
    const again = await answerOf(served, 'mode_set', { body: { mode: 'full' }, headers: once });
    assert.deepEqual([again.body, again.headers.get('signalbox-replayed')], [first.body, 'true']);
    assert.equal((await modesOf(served)).mode, 'minimal');
    const elsewhere = await post(served, 'mode_set', {
      body: { mode: 'full' },
      headers: { ...once, ...inShop },
    });
    assert.equal(errorOf(elsewhere.body).code, 'request_reused');
  });

  it('refuses a mode that there is not, naming what there is, and changes nothing', async (t) => {
    const served = await serve(t);
    for (const mode of ['standart', '', 'tasks,locks', 'x'.repeat(300), 7, null]) {
      const { code, message } = await refusalOf(served, 'mode_set', { mode });
      assert.equal(code, 'invalid_input');
      if (typeof mode === 'string' && mode.length < 200)
        assert.match(message, /mode: There is no mode .*minimal, standard, full, .*: agents, tasks, /);
    }
    const { code } = await refusalOf(served, 'mode_set', {});
    assert.equal(code, 'invalid_input');
    assert.equal((await modesOf(served)).mode, 'standard');
  });

  it('refuses a workspace that there is not, and whoever is no admin', async (t) => {
    const served = await serve(t);
    for (const operation of ['mode_set', 'mode_get']) {
      const body = { ...(operation === 'mode_set' && { mode: 'full' }), workspace: 'nowhere' };
      assert.equal((await refusalOf(served, operation, body)).code, 'workspace_unknown');
    }
    const setFull = { operation: 'mode_set', input: { mode: 'full' } };
    for (const role of ['reader', 'worker', 'approver'] as const) {
      const refused = await callAs(served, role, setFull);
      assert(!refused.ok && refused.code === 'forbidden');
    }
    valueIn(await callAs(served, 'admin', setFull));
  });
});

describe('tool_search', () => {
  it('finds by words, and says how many fit', async (t) => {
    const served = await serve(t);
    const found = await search(served, { query: 'finish my tasks' });
    assert.equal(found.tools[0]?.name, 'task_done');
    assert.equal(found.tools.length, 5);
    assert(found.matched > 5);
    assert.match(found.next ?? '', new RegExp(`^${found.matched - 5} more fit\\. .*agents, tasks`));
    const one = await search(served, { query: 'finish my tasks', limit: 1 });
    assert.deepEqual([one.tools, one.matched], [found.tools.slice(0, 1), found.matched]);
    const all = await search(served, { query: 'finish my tasks', limit: 20 });
    assert.equal(all.tools.length, found.matched);
    assert.equal(all.next, undefined);
  });

  it('gives a whole category, or what fits in it', async (t) => {
    const served = await serve(t);
    const agents = await search(served, { category: 'agents' });
    const expected = served.catalogue.operations.filter(({ category }) => category === 'agents');
    assert.deepEqual(
      agents.tools.map(({ name }) => name),
      expected.map(({ name }) => name),
    );
    assert.deepEqual(
      (await search(served, { category: 'agents', query: 'leave' })).tools[0]?.name,
      'agent_leave',
    );
    const everything = await search(served, {});
    assert.equal(everything.matched, served.catalogue.operations.length);
  });

  it('says what to do when nothing fits', async (t) => {
    const served = await serve(t);
    const none = await search(served, { query: 'xylophone' });
    assert.deepEqual([none.matched, none.tools], [0, []]);
    assert.match(none.next ?? '', /^Nothing fits\. .*agents, tasks/);
    const { code, message } = await refusalOf(served, 'tool_search', { category: 'lock\u001b[2Js' });
    assert.equal(code, 'not_found');
    assert.match(message, /^There is no category "lock\?\[2Js"\. Give one of agents, tasks, /);
  });

  it('finds nothing that the role may not call', async (t) => {
    const served = await serve(t);
    const found = foundSchema.parse(
      valueIn(
        await callAs(served, 'reader', {
          operation: 'tool_search',
          input: { query: 'mode', limit: 20 },
        }),
      ).value,
    );
    const names = found.tools.map(({ name }) => name);
    assert(names.includes('mode_get') && !names.includes('mode_set'));
    assert.equal(found.matched, names.length);
  });
});
