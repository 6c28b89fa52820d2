import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
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

  it('speaks for the agent that it was told of', async (t) => {
    const served = await serve(t);
    await post(served, 'start', { body: { agent: 'anna' } });
    const client = new Client({ name: 'Test Client', version: '1' });
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [child, served.url, 'anna'] }),
    );
    t.after(() => client.close());
    await client.callTool({ name: 'probe_echo' });
    assert.equal(served.calls.at(-1)?.caller.agent, 'anna');
  });

  it('writes nothing but MCP to stdout, whatever it is sent', async (t) => {
    const served = await serve(t);
    const { code, lines, errors } = await linesOf(served, ['hello', '{}', '[', '"x"', initialize, '\u0000']);
    assert.equal(code, 0);
    assert.equal(errors, '');
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
