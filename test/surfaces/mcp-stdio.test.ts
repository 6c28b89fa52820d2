import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type TestContext, describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { z } from 'zod';
import { type Served, post, serve } from './serving.ts';

const child = `${import.meta.dirname}/mcp-child.ts`;

const sessionsOf = async (served: Served): Promise<readonly number[]> => {
  const { body } = await post(served, 'agent_list');
  return (body as { items: { sessions: number }[] }).items.map(({ sessions }) => sessions);
};

/** What a child process that is sent these lines at once, and then nothing more, writes to stdout. */
const linesOf = async ({ url }: Served, input: readonly string[]) => {
  const process_ = spawn(process.execPath, [child, url], { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(process_, 'exit');
  const output = text(process_.stdout);
  const errors = text(process_.stderr);
  process_.stdin.end(input.map((line) => `${line}\n`).join(''));
  const [code] = (await exited) as [number | null];
  return { code, lines: (await output).split('\n').filter((line) => line !== ''), errors: await errors };
};

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
});

const call = (id: number, name: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {} } });

/** A client in front of a stdio process that was told the name of its agent. */
const connected = async (context: TestContext, { url }: Served, agent: string): Promise<Client> => {
  const client = new Client({ name: 'Test Client', version: '1' });
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [child, url, agent] }));
  context.after(() => client.close());
  return client;
};

const startedAs = async (client: Client, input: Record<string, string>) => {
  const answer = await client.callTool({ name: 'start', arguments: input });
  return z.object({ agent: z.string(), session: z.string() }).parse(answer.structuredContent);
};

describe('a stdio process', () => {
  it('is one connection, known by the name of its client, whose session ends with it', async (t) => {
    const served = await serve(t);
    const client = new Client({ name: 'Test Client', version: '1' });
    await client.connect(new StdioClientTransport({ command: process.execPath, args: [child, served.url] }));
    const started = await client.callTool({ name: 'start' });
    assert.equal((started.structuredContent as { agent: string }).agent, 'test-client-1');
    await client.callTool({ name: 'probe_echo' });
    const connections = [...new Set(served.calls.map(({ caller }) => caller.connection))];
    assert.equal(connections.length, 1);
    assert.match(connections[0] ?? '', /^stdio:/);
    assert.deepEqual(await sessionsOf(served), [1]);
    await client.close();
    assert.deepEqual(await sessionsOf(served), [0]);
    assert.equal(served.left.length, 1);
  });

  it('starts under the name that it was told, and says it with no other call', async (t) => {
    const served = await serve(t);
    const client = await connected(t, served, 'anna');
    assert.equal((await startedAs(client, {})).agent, 'anna');
    assert.deepEqual(served.calls.at(-1)?.input, { agent: 'anna' });
    const updated = await client.callTool({ name: 'agent_update', arguments: { wip_limit: 3 } });
    assert.match(JSON.stringify(updated.structuredContent), /"name":"anna"/);
    assert.deepEqual([...new Set(served.calls.map(({ caller }) => caller.agent))], [undefined]);
  });

  it('starts under another name when the call gives one, and the calls after it are of that agent', async (t) => {
    const served = await serve(t);
    const client = await connected(t, served, 'anna');
    const bert = await startedAs(client, { agent: 'bert' });
    assert.equal(bert.agent, 'bert');
    for (const name of ['agent_update', 'agent_list', 'task_list']) {
      const answer = await client.callTool({ name });
      assert.equal(answer.isError ?? false, false, JSON.stringify(answer));
    }
    assert.equal((await startedAs(client, { session: bert.session })).agent, 'bert');
    const left = await client.callTool({ name: 'agent_leave' });
    assert.match(JSON.stringify(left.structuredContent), /"agent":"bert"/);
  });

  it('writes nothing but MCP to stdout, whatever it is sent', async (t) => {
    const served = await serve(t);
    const { code, lines, errors } = await linesOf(served, ['hello', '{}', '[', '"x"', initialize, '\u0000']);
    assert.equal(code, 0);
    // What could not be read is told where people look, in a line each.
    const told = errors.split('\n').filter((line) => line !== '');
    assert.ok(told.length > 0);
    for (const line of told) assert.match(line, /^\{"level":"warn",.*"msg":"MCP over stdio: .{1,220}"\}$/);
    for (const line of lines) assert.equal((JSON.parse(line) as { jsonrpc: string }).jsonrpc, '2.0');
  });

  it('leaves no session behind when its client leaves while it starts', async (t) => {
    const served = await serve(t);
    const { code } = await linesOf(served, [initialize, call(2, 'start')]);
    assert.equal(code, 0);
    assert.equal(
      (await sessionsOf(served)).reduce((sum, sessions) => sum + sessions, 0),
      0,
    );
    assert.equal(served.left.length, 1);
  });
});
