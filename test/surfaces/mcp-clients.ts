/* Official MCP clients in front of the surfaces, for tests. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';
import { openStdio } from './stdio-surface.ts';
import { compiledOnce } from '../host/processes.ts';
import { testedCode } from '../tested-code.ts';
import type { Served } from './serving.ts';

export type Era = 'legacy' | 'modern';

export const eras: readonly Era[] = ['legacy', 'modern'];

export const newClient = (era: Era): Client =>
  new Client(
    { name: 'Test Client', version: '1' },
    { versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } } },
  );

type Opens = (
  context: TestContext,
  served: Served,
  headers?: Readonly<Record<string, string>>,
) => Parameters<Client['connect']>[0];

const overHttp: Opens = (_context, { url }, headers = {}) =>
  new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit: { headers } });

const overProcess: Opens = (_context, { url }) =>
  new StdioClientTransport({
    command: process.execPath,
    args: [testedCode('test/surfaces/mcp-child.ts'), url],
    env: compiledOnce,
    stderr: 'inherit',
  });

/** A pipe speaks the same in both directions. */
const overPipe: Opens = (context, served) => {
  const { input, output } = openStdio(context, served);
  const pipe = new StdioServerTransport(output, input);
  pipe.onclose = () => void input.end();
  return pipe;
};

export const transports = { 'over HTTP': overHttp, 'over stdio': overPipe, 'of a process': overProcess };

interface Way {
  readonly era: Era;
  readonly over: keyof typeof transports;
  /** Sent with every request, where there are headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

export const connect = async (
  context: TestContext,
  served: Served,
  { era, over, headers }: Way,
): Promise<Client> => {
  const client = newClient(era);
  await client.connect(transports[over](context, served, headers));
  context.after(() => client.close());
  return client;
};

const objectSchema = z.record(z.string(), z.unknown());

/** What a tool answers, as an object. */
export const resultOf = async (
  client: Client,
  name: string,
  args: Readonly<Record<string, unknown>> = {},
): Promise<Readonly<Record<string, unknown>>> => {
  const result = await client.callTool({ name, arguments: args });
  assert.notEqual(result.isError, true, JSON.stringify(result.content));
  return objectSchema.parse(result.structuredContent);
};

/** The JSON that a resource holds. */
export const contentOf = async (client: Client, uri: string): Promise<Readonly<Record<string, unknown>>> => {
  const { contents } = await client.readResource({ uri }, { cacheMode: 'bypass' });
  const [content, ...more] = contents;
  assert.deepEqual(more, []);
  assert(content !== undefined && 'text' in content);
  assert.deepEqual([content.uri, content.mimeType], [uri, 'application/json']);
  return objectSchema.parse(JSON.parse(content.text));
};
