/* What MCP clients are shown in each mode, and how they reach the rest. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { type TestContext, describe, it } from 'node:test';
import { type CallToolResult, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { refuse } from '../../src/kernel/errors.ts';
import type { Caller } from '../../src/kernel/operation.ts';
import { openStdio } from './stdio-surface.ts';
import { mcpServer } from '../../src/surfaces/mcp/server.ts';
import { type Served, post, serve } from './serving.ts';

type Era = 'legacy' | 'modern';

const eras: readonly Era[] = ['legacy', 'modern'];

const newClient = (era: Era): Client =>
  new Client(
    { name: 'Test Client', version: '1' },
    { versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } } },
  );

const overHttp = async (context: TestContext, { url }: Served, era: Era): Promise<Client> => {
  const client = newClient(era);
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url)));
  context.after(() => client.close());
  return client;
};

/** A client of a process that was told a mode; a pipe speaks the same in both directions. */
const inMode = async (
  context: TestContext,
  served: Served,
  { era, mode }: { readonly era: Era; readonly mode: string | undefined },
): Promise<Client> => {
  const { input, output } = openStdio(context, served, mode);
  const client = newClient(era);
  await client.connect(new StdioServerTransport(output, input));
  return client;
};

/** A connection of somebody who may only read. */
const asReader = async (
  context: TestContext,
  { hub, catalogue }: Served,
  { era, mode }: { readonly era: Era; readonly mode: string | undefined },
): Promise<Client> => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const caller: Caller = {
    principal: 'guest',
    role: 'reader',
    kind: 'person',
    agent: undefined,
    session: undefined,
    connection: undefined,
    client: undefined,
  };
  const speakerOf = () => ({ caller, workspace: undefined });
  const served = serveStdio(() => mcpServer({ hub, catalogue, mode, speakerOf, watch: { kind: 'none' } }), {
    transport: new StdioServerTransport(input, output),
  });
  const client = newClient(era);
  await client.connect(new StdioServerTransport(output, input));
  context.after(async () => {
    await client.close();
    await served.close();
  });
  return client;
};

/** Asked for anew, as if the time for which a list may be kept were over. */
const toolsOf = async (client: Client) => (await client.listTools(undefined, { cacheMode: 'bypass' })).tools;

const namesOf = async (client: Client): Promise<readonly string[]> =>
  (await toolsOf(client)).map(({ name }) => name);

/** What a mode shows to whoever may call everything. */
const namesIn = ({ catalogue: { exposure } }: Served, mode: string): readonly string[] =>
  exposure.tools(exposure.defaultMode(mode), 'admin').map(({ name }) => name);

const textOf = ({ content }: CallToolResult): string => {
  const [block] = content;
  assert(content.length === 1 && block?.type === 'text');
  return block.text;
};

type Args = Readonly<Record<string, unknown>>;

const answerOf = async (client: Client, name: string, args: Args = {}): Promise<Args> => {
  const result = await client.callTool({ name, arguments: args });
  assert.notEqual(result.isError, true, JSON.stringify(result.content));
  return result.structuredContent as Args;
};

const refusalOf = async (client: Client, name: string, args: Args): Promise<string> => {
  const result = await client.callTool({ name, arguments: args });
  assert.equal(result.isError, true, JSON.stringify(result));
  assert.equal(result.structuredContent, undefined);
  return textOf(result);
};

describe('a client that is connected while the default mode is set to another', () => {
  it('is told that its tools have changed', async (t) => {
    const client = await inMode(t, await serve(t), { era: 'legacy', mode: undefined });
    const { promise, resolve } = Promise.withResolvers<void>();
    client.setNotificationHandler('notifications/tools/list_changed', () => resolve());
    assert((await namesOf(client)).includes('task_claim'));
    // Whoever hears an answer of its workspace follows it by then.
    await answerOf(client, 'task_list');
    await answerOf(client, 'mode_set', { mode: 'minimal' });
    await promise;
    assert.deepEqual(await namesOf(client), ['start', 'tool_search', 'tool_call']);
  });
});

for (const era of eras) {
  describe(`the list of tools, ${era}`, () => {
    for (const mode of ['minimal', 'standard', 'full', 'agents,tools']) {
      it(`is that of the mode that was named: ${mode}`, async (t) => {
        const served = await serve(t);
        const client = await inMode(t, served, { era, mode });
        const parsed = served.catalogue.exposure.parse(mode);
        assert(parsed.ok);
        const tools = await toolsOf(client);
        assert.deepEqual(tools, served.catalogue.exposure.tools(parsed.value, 'admin'));
        assert.deepEqual(await toolsOf(client), tools);
        assert.deepEqual(served.calls, [], 'nobody is asked for a mode that is named');
      });
    }

    it('is that of the default mode of the workspace, as it is set now', async (t) => {
      const served = await serve(t);
      const client = await overHttp(t, served, era);
      assert((await namesOf(client)).includes('task_claim'));
      await answerOf(client, 'mode_set', { mode: 'minimal' });
      assert.deepEqual(await namesOf(client), ['start', 'tool_search', 'tool_call']);
      await post(served, 'mode_set', { body: { mode: 'workspaces' } });
      assert.deepEqual(await namesOf(client), namesIn(served, 'workspaces'));
    });

    it('does not change with the default mode of another workspace', async (t) => {
      const served = await serve(t);
      await post(served, 'workspace_add', { body: { name: 'shop' } });
      await post(served, 'mode_set', {
        body: { mode: 'full' },
        headers: { 'Signalbox-Workspace': 'shop' },
      });
      const client = await overHttp(t, served, era);
      assert.deepEqual(await namesOf(client), namesIn(served, 'standard'));
      assert.equal((await answerOf(client, 'mode_get', { workspace: 'shop' }))['mode'], 'full');
    });

    it('may be kept for a minute, and longer when a mode was named', async (t) => {
      const served = await serve(t);
      for (const [mode, ttlMs] of [
        [undefined, 60_000],
        ['full', 300_000],
      ] as const) {
        const client = await inMode(t, served, { era, mode });
        const listed = await client.listTools(undefined, { cacheMode: 'bypass' });
        if (era === 'modern') assert.deepEqual([listed.ttlMs, listed.cacheScope], [ttlMs, 'private']);
      }
    });

    it('is standard when the hub cannot tell, and names what there is for a mode that there is not', async (t) => {
      const served = await serve(t, ({ call }) => ({
        call: (asked) =>
          asked.operation === 'mode_get'
            ? Promise.resolve(refuse('unknown_operation', 'No operation is called "mode_get".'))
            : call(asked),
      }));
      assert.deepEqual(await namesOf(await overHttp(t, served, era)), namesIn(served, 'standard'));
      const client = await inMode(t, served, { era, mode: 'locks' });
      await assert.rejects(toolsOf(client), /no mode "locks".*minimal, standard, full, .*tasks/);
    });
  });

  describe(`a tool that is not in the list, ${era}`, () => {
    it('can be called by its name, and by tool_call, alike', async (t) => {
      const served = await serve(t);
      const client = await inMode(t, served, { era, mode: 'minimal' });
      await answerOf(client, 'start', { agent: 'ada' });
      const args = { title: 'First', slug: 'first' };
      await answerOf(client, 'tool_call', { name: 'task_add', arguments: args });
      const direct = await answerOf(client, 'task_get', { id: 'first' });
      assert.deepEqual(
        await answerOf(client, 'tool_call', { name: 'task_get', arguments: { id: 'first' } }),
        direct,
      );
      assert.equal((await answerOf(client, 'tool_call', { name: 'task_claim' }))['id'], 'first');
      assert.equal((await answerOf(client, 'task_done', { id: 'first', epoch: 1 + 2 }))['status'], 'done');
    });

    it('is found by tool_search with everything that it takes', async (t) => {
      const served = await serve(t);
      const client = await inMode(t, served, { era, mode: 'minimal' });
      const found = await answerOf(client, 'tool_search', { query: 'change a task', limit: 1 });
      const tool = (found['tools'] as readonly Args[])[0];
      assert.equal(tool?.['name'], 'task_update');
      const full = served.catalogue.exposure.tools({ kind: 'preset', name: 'full' }, 'admin');
      const listed = full.find(({ name }) => name === 'task_update');
      assert.deepEqual(tool['input_schema'], listed?.inputSchema);
      assert.equal(tool['description'], listed?.description);
      assert.equal(tool['category'], 'tasks');
    });
  });

  describe(`somebody who may only read, ${era}`, () => {
    it('is shown nothing else, in any mode', async (t) => {
      const served = await serve(t);
      for (const mode of [undefined, 'minimal', 'full', 'tasks,tools']) {
        const names = await namesOf(await asReader(t, served, { era, mode }));
        for (const name of names) {
          const operation = served.catalogue.find(name);
          assert(name === 'tool_call' || (operation.ok && operation.value.role === 'reader'), name);
        }
        assert(names.includes('tool_search') && names.includes('tool_call'));
      }
    });

    it('can call nothing else, in either way', async (t) => {
      const served = await serve(t);
      const client = await asReader(t, served, { era, mode: 'full' });
      const args = { title: 'x' };
      const direct = await refusalOf(client, 'task_add', args);
      assert.match(direct, /needs the role worker; you have reader.*\[forbidden\]$/);
      assert.equal(await refusalOf(client, 'tool_call', { name: 'task_add', arguments: args }), direct);
      assert.equal((await answerOf(client, 'tool_call', { name: 'task_list' }))['total'], 0);
      const found = await answerOf(client, 'tool_search', { query: 'task add', limit: 20 });
      assert(!JSON.stringify(found['tools']).includes('"task_add"'));
    });
  });

  describe(`tool_call, ${era}`, () => {
    it('calls for the same session and under the same request id as a direct call', async (t) => {
      const served = await serve(t);
      const client = await overHttp(t, served, era);
      const { session } = await answerOf(client, 'start', { agent: 'ada' });
      const input = { title: 'x' };
      for (const [args, what] of [
        [{ name: 'task_add', arguments: input, session }, 'beside the arguments'],
        [{ name: 'task_add', arguments: { ...input, session } }, 'among them'],
        [
          { name: 'task_add', arguments: { ...input, session }, session: 's-unknown' },
          'the inner one counts',
        ],
      ] as const) {
        await answerOf(client, 'tool_call', args);
        const call = served.calls.at(-1);
        assert.deepEqual(
          [call?.operation, call?.input, call?.caller.session],
          ['task_add', input, session],
          what,
        );
      }
      const once = { name: 'tool_call', arguments: { name: 'task_add', arguments: input } };
      const asked = { ...once, _meta: { 'claudecode/toolUseId': 'toolu_1' } };
      const first = await client.callTool(asked);
      assert.equal(served.calls.at(-1)?.requestId, 'toolu_1');
      const again = await client.callTool(asked);
      assert.deepEqual(again.structuredContent, { ...(first.structuredContent as Args), replayed: true });
    });

    it('goes on with an earlier session where the tool takes it', async (t) => {
      const client = await overHttp(t, await serve(t), era);
      const { session } = await answerOf(client, 'start', { agent: 'ada' });
      for (const args of [
        { name: 'start', arguments: { session } },
        { name: 'start', session },
      ]) {
        const resumed = await answerOf(client, 'tool_call', args);
        assert.deepEqual([resumed['agent'], resumed['session']], ['ada', session]);
      }
    });

    it('tells what waits for the agent, as a direct call does', async (t) => {
      const served = await serve(t, ({ call }) => ({
        call: async (asked) => {
          const reply = await call(asked);
          return reply.ok ? { ...reply, value: { ...reply.value, waiting: '1 loss: call start' } } : reply;
        },
      }));
      const client = await overHttp(t, served, era);
      const answer = await answerOf(client, 'tool_call', { name: 'task_list' });
      assert.equal(answer['waiting'], '1 loss: call start');
    });
  });

  describe(`what tool_call cannot call, ${era}`, () => {
    it('is refused, with what to do', async (t) => {
      const served = await serve(t);
      const client = await overHttp(t, served, era);
      const before = served.calls.length;
      for (const [args, says] of [
        [
          { name: 'task_clam' },
          /^No operation is called "task_clam"\. Did you mean task_claim\? .*tool_search.*\[unknown_operation\]$/,
        ],
        [
          { name: 'make_coffee' },
          /^No operation is called "make_coffee"\. Call tool_search .*\[unknown_operation\]$/,
        ],
        [
          { name: 'tool_call', arguments: { name: 'task_list' } },
          /calls other tools, not itself.*tool_search.*\[invalid_input\]$/,
        ],
        [{}, /^The input of tool_call is not valid: name: .*\[invalid_input\]$/],
        [{ name: '' }, /name: .*\[invalid_input\]$/],
        [{ name: 'x'.repeat(5_000) }, /name: .*\[invalid_input\]$/],
        [{ name: 7 }, /name: .*\[invalid_input\]$/],
        [{ name: 'task_get', arguments: '{"id":"T-1"}' }, /arguments: .*\[invalid_input\]$/],
        [{ name: 'task_get', arguments: ['T-1'] }, /arguments: .*\[invalid_input\]$/],
        [{ name: 'task_get', id: 'T-1' }, /"id".*\[invalid_input\]$/],
        [{ name: '__proto__' }, /\[unknown_operation\]$/],
      ] as const) {
        const text = await refusalOf(client, 'tool_call', args);
        assert.match(text, says);
        assert(text.length < 400, text);
      }
      assert.equal(served.calls.length, before, 'nothing of that reached the hub');
      assert.match(
        await refusalOf(client, 'tool_call', { name: 'task_get', arguments: { id: 'T-9' } }),
        /T-9.*\[not_found\]$/,
      );
      assert.match(
        await refusalOf(client, 'tool_call', { name: 'task_list', session: 7 }),
        /argument session.*\[invalid_input\]$/,
      );
    });
  });
}
