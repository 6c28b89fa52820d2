import { ProtocolError, ProtocolErrorCode, Server, type ServerContext } from '@modelcontextprotocol/server';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { lineSchema } from '../../kernel/ids.ts';
import { minuteMs } from '../../kernel/instants.ts';
import type { Hub } from '../hub.ts';
import { instructions } from './instructions.ts';
import { type Speaker, callTool } from './tool-call.ts';

export interface McpServerOptions {
  readonly hub: Pick<Hub, 'version' | 'call'>;
  readonly catalogue: Catalogue;
  /** Who makes a call; `client` is what the client calls itself. */
  readonly speakerOf: (context: ServerContext, client: string | undefined) => Speaker;
}

/** How long a client may go by a list that it has: the tools change only with the version. */
const listTtlMs = 5 * minuteMs;

/** One MCP server. The SDK wants one per request over HTTP, so nothing is made here that could be made before. */
export const mcpServer = ({ hub, catalogue, speakerOf }: McpServerOptions): Server => {
  const server = new Server(
    { name: 'signalbox', title: 'Signalbox', version: hub.version },
    {
      capabilities: { tools: {} },
      instructions,
      cacheHints: {
        'tools/list': { ttlMs: listTtlMs, cacheScope: 'private' },
        'server/discover': { ttlMs: listTtlMs, cacheScope: 'private' },
      },
    },
  );
  server.setRequestHandler('tools/list', () => ({ tools: [...catalogue.tools] }));
  server.setRequestHandler('tools/call', ({ params }, context) => {
    const operation = catalogue.find(params.name);
    if (!operation.ok) throw new ProtocolError(ProtocolErrorCode.InvalidParams, operation.message);
    return callTool(hub, catalogue, {
      operation: operation.value,
      args: params.arguments ?? {},
      speaker: speakerOf(context, clientName(server.getClientVersion()?.name)),
      requestId: requestIdOf(context),
      signal: context.mcpReq.signal,
    });
  });
  return server;
};

const clientCharactersMax = 200;
const clientSchema = lineSchema('A client', clientCharactersMax);

/** What a client calls itself, when it is one line of text; a client is not turned away for an odd name. */
const clientName = (name: string | undefined): string | undefined => clientSchema.safeParse(name).data;

const idCharactersMax = 200;

/** A text that a client put into the `_meta` of a request, when it is one that may serve as an id. */
export const metaId = (context: ServerContext, member: string): string | undefined => {
  const value = context.mcpReq._meta?.[member];
  return typeof value === 'string' && value.length <= idCharactersMax && /^[\u0021-\u007e]+$/.test(value)
    ? value
    : undefined;
};

/** One use of a tool by the model has one id, however often the client sends it. */
const requestIdOf = (context: ServerContext): string | undefined => metaId(context, 'claudecode/toolUseId');
