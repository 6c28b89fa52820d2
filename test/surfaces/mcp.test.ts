import assert from 'node:assert/strict';
import { type TestContext, describe, it } from 'node:test';
import { type CallToolResult, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { standardMode } from '../../src/catalogue/exposure/modes.ts';
import { instructions } from '../../src/surfaces/mcp/instructions.ts';
import { compiledOnce } from '../host/processes.ts';
import { testedCode } from '../tested-code.ts';
import { type Served, post, serve } from './serving.ts';

type Mode = 'legacy' | 'auto' | { readonly pin: string };

interface Transport {
  readonly name: string;
  readonly open: (served: Served) => StreamableHTTPClientTransport | StdioClientTransport;
}

const overHttp: Transport = {
  name: 'over HTTP',
  open: ({ url }) => new StreamableHTTPClientTransport(new URL('/mcp', url)),
};

const overStdio: Transport = {
  name: 'over stdio',
  open: ({ url }) =>
    new StdioClientTransport({
      command: process.execPath,
      args: [testedCode('test/surfaces/mcp-child.ts'), url],
      env: compiledOnce,
      stderr: 'inherit',
    }),
};

const connect = async (
  context: TestContext,
  {
    served,
    transport,
    mode,
  }: { readonly served: Served; readonly transport: Transport; readonly mode: Mode },
): Promise<Client> => {
  const client = new Client({ name: 'Test Client', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(transport.open(served));
  context.after(() => client.close());
  return client;
};

/** The one text of a result. */
const textOf = ({ content }: CallToolResult): string => {
  const [block] = content;
  assert(content.length === 1 && block?.type === 'text');
  return block.text;
};

const eras: readonly [era: string, mode: Mode][] = [
  ['legacy', 'legacy'],
  ['modern', { pin: '2026-07-28' }],
];

for (const transport of [overHttp, overStdio]) {
  for (const [era, mode] of eras) {
    describe(`MCP ${transport.name}, ${era}`, () => {
      it('says what it is for, lists the tools of the default mode, and answers calls', async (t) => {
        const served = await serve(t);
        const client = await connect(t, { served, transport, mode });
        assert.equal(client.getInstructions(), instructions);
        assert.equal(client.getServerVersion()?.name, 'signalbox');

        const { tools } = await client.listTools();
        assert.deepEqual(tools, served.catalogue.exposure.tools(standardMode, 'admin'));

        const result = await client.callTool({ name: 'probe_echo', arguments: { text: 'grüß dich' } });
        assert.deepEqual(result.structuredContent, { text: 'grüß dich' });
        assert.equal(textOf(result), '{"text":"grüß dich"}');
        assert.equal(result.isError ?? false, false);
        assert.deepEqual((await client.callTool({ name: 'probe_echo' })).structuredContent, {});
      });

      it('answers refusals as text with the code, and nothing else', async (t) => {
        const served = await serve(t);
        const client = await connect(t, { served, transport, mode });
        const refused = await client.callTool({ name: 'probe_refuse', arguments: { code: 'held' } });
        assert.equal(refused.isError, true);
        assert.equal(refused.structuredContent, undefined);
        assert.equal(textOf(refused), 'This is held. Try another. [held]');
        const invalid = await client.callTool({ name: 'probe_echo', arguments: { txet: 'x' } });
        assert.equal(invalid.isError, true);
        assert.match(textOf(invalid), /"txet".*\[invalid_input\]$/);
      });

      it('refuses a tool that there is not', async (t) => {
        const served = await serve(t);
        const client = await connect(t, { served, transport, mode });
        await assert.rejects(client.callTool({ name: 'list_agent' }), (error: Error & { code?: number }) => {
          assert.equal(error.code, -32602);
          assert.match(error.message, /Did you mean agent_list\?/);
          return true;
        });
      });

      it('takes the session argument out of the input, and the tool-use id as the request id', async (t) => {
        const served = await serve(t);
        const client = await connect(t, { served, transport, mode });
        const started = await client.callTool({ name: 'start', arguments: { agent: 'anna' } });
        const { session } = started.structuredContent as { session: string };
        await client.callTool({
          name: 'agent_update',
          arguments: { wip_limit: 3, session },
          _meta: { 'claudecode/toolUseId': 'toolu_1' },
        });
        const call = served.calls.at(-1);
        assert.deepEqual(call?.input, { wip_limit: 3 });
        assert.equal(call.caller.session, session);
        assert.equal(call.requestId, 'toolu_1');
        const again = await client.callTool({
          name: 'agent_update',
          arguments: { wip_limit: 3, session },
          _meta: { 'claudecode/toolUseId': 'toolu_1' },
        });
        const repeated = again.structuredContent as { wip_limit: number; replayed?: boolean };
        assert.deepEqual([repeated.wip_limit, repeated.replayed], [3, true]);
        for (const bad of [7, '', null, 'x'.repeat(201)]) {
          const refused = await client.callTool({ name: 'agent_list', arguments: { session: bad } });
          assert.match(textOf(refused), /\[invalid_input\]$/);
        }
        const ended = await client.callTool({ name: 'agent_list', arguments: { session: 's-unknown' } });
        assert.match(textOf(ended), /\[session_ended\]$/);
      });
    });
  }
}

describe('MCP over HTTP', () => {
  it('takes the id of a thread in _meta for the connection', async (t) => {
    const served = await serve(t);
    const client = await connect(t, { served, transport: overHttp, mode: { pin: '2026-07-28' } });
    const connectionWith = async (meta: Record<string, unknown>): Promise<string | undefined> => {
      await client.callTool({ name: 'probe_echo', _meta: meta });
      return served.calls.at(-1)?.caller.connection;
    };
    assert.equal(await connectionWith({}), undefined);
    assert.equal(await connectionWith({ threadId: 't-1', sessionId: 's-1' }), 'threadId:t-1');
    assert.equal(await connectionWith({ sessionId: 's-1' }), 'sessionId:s-1');
    for (const bad of [7, '', 'a b', 'a\nb', 'x'.repeat(201), { id: 1 }]) {
      assert.equal(await connectionWith({ threadId: bad }), undefined);
    }
    await client.callTool({ name: 'start', arguments: { agent: 'codex' }, _meta: { threadId: 't-1' } });
    const left = await client.callTool({ name: 'agent_leave', _meta: { threadId: 't-1' } });
    assert.equal((left.structuredContent as { agent: string }).agent, 'codex');
  });

  it('goes by the workspace and agent that the headers name', async (t) => {
    const served = await serve(t);
    await post(served, 'workspace_add', { body: { name: 'shop' } });
    const client = new Client({ name: 'Test Client', version: '1' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL('/mcp', served.url), {
        requestInit: { headers: { 'Signalbox-Workspace': 'shop' } },
      }),
    );
    t.after(() => client.close());
    await client.callTool({ name: 'start', arguments: { agent: 'anna' } });
    assert.equal(served.calls.at(-1)?.workspace, 'shop');
    const { body } = await post(served, 'agent_list');
    assert.equal((body as { total: number }).total, 0);
  });

  it('knows the client that names itself with each request', async (t) => {
    const served = await serve(t);
    const client = await connect(t, { served, transport: overHttp, mode: { pin: '2026-07-28' } });
    await client.callTool({ name: 'probe_echo' });
    assert.equal(served.calls.at(-1)?.caller.client, 'Test Client');
  });

  it('serves a client whose name is not one line of text, and takes it for one without a name', async (t) => {
    const served = await serve(t);
    for (const name of ['half \ud83d', 'two\nlines', '\u200b', 'x'.repeat(100_000)]) {
      const client = new Client(
        { name, version: '1' },
        { versionNegotiation: { mode: { pin: '2026-07-28' } } },
      );
      await client.connect(overHttp.open(served));
      t.after(() => client.close());
      const { structuredContent } = await client.callTool({ name: 'start' });
      assert.equal((structuredContent as { agent: string }).agent.replace(/\d+$/, ''), 'agent-');
      const { caller } = served.calls.at(-1) ?? {};
      assert.deepEqual([caller?.client, caller?.kind], [undefined, 'agent'], 'and for a program');
    }
  });
});

describe('the edge of MCP over HTTP', () => {
  it('refuses bodies as JSON-RPC does', async (t) => {
    const { url } = await serve(t);
    const bad: readonly [body: string, status: number, code: number][] = [
      ['{', 400, -32700],
      ['['.repeat(100), 400, 1001],
      [`"${'x'.repeat(2_000_000)}"`, 413, 1002],
    ];
    for (const [body, status, code] of bad) {
      const response = await fetch(`${url}/mcp`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      });
      assert.equal(response.status, status);
      const answer = (await response.json()) as { jsonrpc: string; id: null; error: { code: number } };
      assert.equal(answer.jsonrpc, '2.0');
      assert.equal(answer.id, null);
      assert.equal(answer.error.code, code);
    }
  });

  it('closes although a client listens', async (t) => {
    const served = await serve(t);
    const client = await connect(t, { served, transport: overHttp, mode: { pin: '2026-07-28' } });
    const subscription = await client.listen({ toolsListChanged: true });
    await served.surface.close();
    await subscription.close().catch(() => {});
    await assert.rejects(fetch(served.url));
  });
});

describe('what MCP clients are shown', () => {
  it('are instructions that begin with the purpose, stay short, and name tools that exist', async (t) => {
    const { catalogue } = await serve(t);
    assert(Buffer.byteLength(instructions) <= 2_048);
    const purpose = instructions.slice(0, 240);
    for (const word of ['task', 'agents', 'claim', 'Call start first.']) assert(purpose.includes(word), word);
    assert(instructions.includes('session') && instructions.includes('"waiting"'));
    const named: readonly string[] = instructions.match(/\b[a-z]+_[a-z]+\b/g) ?? [];
    assert(named.length > 4 && named.includes('tool_search') && named.includes('tool_call'));
    for (const name of named) assert(name === 'tool_call' || catalogue.find(name).ok, name);
  });
});
