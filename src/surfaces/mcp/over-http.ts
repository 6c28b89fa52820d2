import type { IncomingMessage, ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { type AuthInfo, type ServerContext, createMcpHandler } from '@modelcontextprotocol/server';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Log } from '../../engine/log.ts';
import { present } from '../../kernel/assert.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { Hub } from '../hub.ts';
import { metaId } from './meta.ts';
import { mcpServer } from './server.ts';
import type { Speaker } from './tools/call.ts';

export interface McpOverHttpOptions {
  readonly hub: Hub;
  readonly catalogue: Catalogue;
  readonly log: Log;
}

/** What the HTTP surface mounts. */
export interface McpOverHttp {
  readonly handle: (
    request: IncomingMessage,
    response: ServerResponse,
    call: { readonly body: unknown; readonly caller: Caller; readonly workspace: string | undefined },
  ) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** MCP over Streamable HTTP, without sessions: each request is answered by a server of its own. */
export const mcpOverHttp = ({ hub, catalogue, log }: McpOverHttpOptions): McpOverHttp => {
  // The SDK hands the factory nothing of a request but what stands for its authentication: that leads to the speaker.
  const speakers = new WeakMap<AuthInfo, Speaker>();
  const report = (error: Error): void => log.info(`MCP over HTTP: ${error.message}`);
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const speaker = present(authInfo && speakers.get(authInfo), 'every request comes with its speaker');
      return mcpServer({
        hub,
        catalogue,
        mode: undefined,
        speakerOf: (context, client) => speakerOf(speaker, context, client),
        watch: { kind: 'none' },
      });
    },
    { onerror: report },
  );
  const node = toNodeHandler(handler, { onerror: report });
  return {
    handle: (request, response, { body, caller, workspace }) => {
      const auth: AuthInfo = { token: '', clientId: caller.principal, scopes: [] };
      speakers.set(auth, { caller, workspace });
      const { method = 'GET', url = '/', headers } = request;
      return node(
        { method, url, headers, auth, [Symbol.asyncIterator]: () => request[Symbol.asyncIterator]() },
        response,
        body,
      );
    },
    close: () => handler.close(),
  };
};

/** Ids by which clients tell their own sessions apart, in the order in which they are believed. */
const sessionMembers = ['threadId', 'sessionId'] as const;

const speakerOf = (
  { caller, workspace }: Speaker,
  context: ServerContext,
  client: string | undefined,
): Speaker => {
  let { connection } = caller;
  for (const member of sessionMembers) {
    const id = metaId(context, member);
    if (id !== undefined) connection ??= `${member}:${id}`;
  }
  return { caller: { ...caller, connection, client: caller.client ?? client }, workspace };
};
