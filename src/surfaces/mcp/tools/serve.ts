import {
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Catalogue } from '../../../catalogue/catalogue.ts';
import { toolCallName } from '../../../catalogue/exposure/tool-call.ts';
import type { Hub } from '../../hub.ts';
import { clientName, metaId } from '../meta.ts';
import { type Speaker, callTool, refusalResult } from './call.ts';
import { shownMode } from './shown-mode.ts';
import { calledTool } from './tool-call.ts';

export interface ToolsOptions {
  readonly hub: Pick<Hub, 'call'>;
  readonly catalogue: Catalogue;
  /** The mode of which the address or a flag speaks; the default of the workspace when undefined. */
  readonly mode: string | undefined;
  /** Who makes a call; `client` is what the client calls itself. */
  readonly speakerOf: (context: ServerContext, client: string | undefined) => Speaker;
}

/**
 * Makes a server answer `tools/list` and `tools/call`. The mode decides what is listed; what can be called is decided
 * by the role alone, so that a client with an old list goes on working.
 */
export const serveTools = (server: Server, { hub, catalogue, mode, speakerOf }: ToolsOptions): void => {
  const speaker = (context: ServerContext) => speakerOf(context, clientName(server.getClientVersion()?.name));
  server.setRequestHandler('tools/list', async (_request, context) => {
    const lister = speaker(context);
    const shown = await shownMode({ hub, exposure: catalogue.exposure, speaker: lister }, mode);
    if (!shown.ok) throw new ProtocolError(ProtocolErrorCode.InvalidParams, shown.message);
    return { tools: [...catalogue.exposure.tools(shown.value, lister.caller.role)] };
  });
  server.setRequestHandler('tools/call', ({ params }, context) => {
    const called = calledOf(catalogue, params);
    if (!called.ok) return refusalResult(called);
    return callTool(hub, catalogue, {
      ...called.value,
      speaker: speaker(context),
      requestId: requestIdOf(context),
      context,
    });
  });
};

interface CallParams {
  readonly name: string;
  readonly arguments?: Readonly<Record<string, unknown>> | undefined;
}

/** The operation that a call means, with its arguments; refused is what only the model can put right. */
const calledOf = (catalogue: Catalogue, { name, arguments: args = {} }: CallParams) => {
  if (name === toolCallName) return calledTool(catalogue, args);
  const operation = catalogue.find(name);
  if (!operation.ok) throw new ProtocolError(ProtocolErrorCode.InvalidParams, operation.message);
  return { ok: true, value: { operation: operation.value, args } } as const;
};

/** One use of a tool by the model has one id, however often the client sends it. */
const requestIdOf = (context: ServerContext): string | undefined => metaId(context, 'claudecode/toolUseId');
