import type { CallToolResult, ServerContext } from '@modelcontextprotocol/server';
import type { Catalogue } from '../../../catalogue/catalogue.ts';
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { isRecord } from '../../../kernel/json.ts';
import type { Caller, Operation } from '../../../kernel/operation.ts';
import { type Hub, markedValue } from '../../hub.ts';
import { metaId } from '../meta.ts';
import { withProgress } from '../progress.ts';

/** Who makes the calls of a connection. */
export interface Speaker {
  readonly caller: Caller;
  readonly workspace: string | undefined;
  /** Aborted when the answer to this request has not reached the client. */
  readonly gone?: AbortSignal | undefined;
}

export interface ToolCall {
  readonly operation: Operation;
  readonly args: Readonly<Record<string, unknown>>;
  readonly speaker: Speaker;
  readonly requestId: string | undefined;
  /** Of the request that the call came with. */
  readonly context: ServerContext;
}

const sessionCharactersMax = 200;

/** Makes a call of a tool one of the hub, and the hub's answer one that a model can use. */
export const callTool = async (
  hub: Pick<Hub, 'call'>,
  catalogue: Catalogue,
  call: ToolCall,
): Promise<CallToolResult> => {
  const { operation, args, speaker, requestId, context } = call;
  const spoken = catalogue.accepts(operation, 'session')
    ? { input: args, session: undefined }
    : withoutSession(args);
  const session = spoken.session === undefined ? speaker.caller.session : spoken.session;
  if (session !== undefined && !isHandle(session)) return refusalResult(notAHandle);
  const { input } = spoken;
  const reply = await withProgress(context, { operation, input }, () =>
    hub.call({
      operation: operation.name,
      input,
      caller: { ...speaker.caller, session },
      workspace: speaker.workspace,
      requestId,
      traceparent: metaId(context, 'traceparent'),
      signal: context.mcpReq.signal,
      gone: speaker.gone,
    }),
  );
  return reply.ok ? valueResult(markedValue(reply.value)) : refusalResult(reply);
};

const withoutSession = ({ session, ...input }: Readonly<Record<string, unknown>>) => ({ input, session });

const isHandle = (session: unknown): session is string =>
  typeof session === 'string' && session !== '' && session.length <= sessionCharactersMax;

const notAHandle = refuse(
  'invalid_input',
  'The argument session must be the text that start returned as session. Correct it, or leave it out.',
);

/** Some clients show their model only the structured part, others only the text: each is the whole answer. */
const valueResult = (value: unknown): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(value) ?? 'null' }],
  ...(isRecord(value) && { structuredContent: value }),
});

/** Text only: with a structured part beside it one client would not show the text. */
export const refusalResult = ({ code, message }: Refusal): CallToolResult => ({
  content: [{ type: 'text', text: `${message} [${code}]` }],
  isError: true,
});
