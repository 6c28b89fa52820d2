import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type TestContext, describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { z } from 'zod';
import { compiledOnce } from '../host/processes.ts';
import { testedCode } from '../tested-code.ts';
import { type Served, post, serve } from './serving.ts';

const child = testedCode('test/surfaces/mcp-child.ts');

const sessionsOf = async (served: Served): Promise<readonly number[]> => {
  const { body } = await post(served, 'agent_list', { body: { all: true } });
  return (body as { items: { sessions: number }[] }).items.map(({ sessions }) => sessions);
};

/** What a child process that is sent these lines at once, and then nothing more, writes to stdout. */
const linesOf = async ({ url }: Served, input: readonly string[], end = '\n') => {
  const process_ = spawn(process.execPath, [child, url], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(process_, 'exit');
  const output = text(process_.stdout);
  process_.stdin.end(input.join('\n') + end);
  const [code] = (await exited) as [number | null];
  return { code, lines: (await output).split('\n').filter((line) => line !== '') };
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
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [child, url, agent], env: compiledOnce }),
  );
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
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [child, served.url], env: compiledOnce }),
    );
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

describe('a line of a pipe', () => {
  const errorSchema = z.object({
    jsonrpc: z.literal('2.0'),
    id: z.union([z.string(), z.number(), z.null()]),
    error: z.object({ code: z.number(), message: z.string(), data: z.object({ code: z.string() }) }),
  });
  const unreadable: readonly [what: string, line: string, code: number, name: string, id: unknown][] = [
    ['no JSON', 'hello', -32_700, 'not_json', null],
    ['half of JSON', '[', -32_700, 'not_json', null],
    ['a text', '"x"', -32_600, 'invalid_input', null],
    ['an object that is no message', '{}', -32_600, 'invalid_input', null],
    ['a message of another version', '{"jsonrpc":"1.0","id":7,"method":"ping"}', -32_600, 'invalid_input', 7],
    ['a batch', '[{"jsonrpc":"2.0","id":7,"method":"ping"}]', -32_600, 'invalid_input', null],
    ['a control character', '\u0000', -32_700, 'not_json', null],
    ['too deep a value', `{"x":${'['.repeat(40)}${']'.repeat(40)}}`, 1001, 'too_deep', null],
    ['too long a line', `{"x":"${'x'.repeat(12 * 1024 * 1024)}"}`, 1002, 'too_large', null],
  ];
  for (const [what, line, code, name, id] of unreadable) {
    it(`answers ${what} with ${name}, and then what can be read`, async (t) => {
      const served = await serve(t);
      const { code: exit, lines } = await linesOf(served, [line, initialize]);
      assert.equal(exit, 0);
      assert.equal(lines.length, 2, lines.join('\n'));
      const refused = errorSchema.parse(JSON.parse(lines[0] ?? ''));
      assert.deepEqual([refused.id, refused.error.code, refused.error.data.code], [id, code, name]);
      assert.match(lines[1] ?? '', /"protocolVersion":"2025-06-18"/);
    });
  }

  it('reads a last line that has no end, and passes over empty ones', async (t) => {
    const served = await serve(t);
    const { lines } = await linesOf(served, ['', '  ', initialize], '');
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /"protocolVersion":"2025-06-18"/);
  });
});
