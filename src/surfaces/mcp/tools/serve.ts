import {
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { clientName, metaId } from '../meta.ts';
import type { McpServerOptions } from '../server.ts';
import { callTool } from './call.ts';

/** Makes a server answer `tools/list` and `tools/call`. */
export const serveTools = (server: Server, { hub, catalogue, speakerOf }: McpServerOptions): void => {
  server.setRequestHandler('tools/list', () => ({ tools: [...catalogue.tools] }));
  server.setRequestHandler('tools/call', ({ params }, context) => {
    const operation = catalogue.find(params.name);
    if (!operation.ok) throw new ProtocolError(ProtocolErrorCode.InvalidParams, operation.message);
    return callTool(hub, catalogue, {
      operation: operation.value,
      args: params.arguments ?? {},
      speaker: speakerOf(context, clientName(server.getClientVersion()?.name)),
      requestId: requestIdOf(context),
      context,
    });
  });
};

/** One use of a tool by the model has one id, however often the client sends it. */
const requestIdOf = (context: ServerContext): string | undefined => metaId(context, 'claudecode/toolUseId');
