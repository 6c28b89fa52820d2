import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import {
  type EventStore,
  McpServer,
  createMcpHandler,
  isInitializeRequest,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

/** The floor of a call over MCP: the SDK's own server with one tool that does nothing, in both eras at one address. */
const input = z.object({});

const make = (): McpServer => {
  const server = new McpServer({ name: 'noop', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.registerTool('noop', { description: 'Does nothing.', inputSchema: input }, () => ({
    content: [{ type: 'text', text: '{}' }],
  }));
  return server;
};

const modern = toNodeHandler(createMcpHandler(make, { legacy: 'reject' }));
const sessions = new Map<string, NodeStreamableHTTPServerTransport>();

/** Streams can be resumed, as those of the hub can, which is not free; nothing is kept here. */
const forgetful = (): EventStore => {
  let last = 0;
  return {
    storeEvent: async () => {
      last += 1;
      return String(last);
    },
    replayEventsAfter: async () => 'none',
  };
};

const legacy = async (request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> => {
  const known = sessions.get(String(request.headers['mcp-session-id']));
  if (known !== undefined) return known.handleRequest(request, response, body);
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    eventStore: forgetful(),
    retryInterval: 1_000,
    onsessioninitialized: (id) => void sessions.set(id, transport),
  });
  await make().connect(transport);
  return transport.handleRequest(request, response, body);
};

const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
  const old = isInitializeRequest(body) || request.headers['mcp-session-id'] !== undefined;
  await (old ? legacy(request, response, body) : modern(asked(request), response, body));
};

/** The same request, in the adapter's stricter type. */
const asked = (request: IncomingMessage): Parameters<typeof modern>[0] =>
  Object.assign(request, { method: request.method ?? 'GET', url: request.url ?? '/' });

const server = createServer((request, response) => void answer(request, response));

server.listen(0, '127.0.0.1', () => process.send?.(portOf(server.address())));

const portOf = (address: string | AddressInfo | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0;
