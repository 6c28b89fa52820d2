import type { ServerResponse } from 'node:http';
import { type Refusal, errorTable } from '../../../kernel/errors.ts';
import { isRecord } from '../../../kernel/json.ts';
import { securityHeaders } from '../../security-headers.ts';

interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The id of the one request that a body holds; null when it holds none, or several. */
const idIn = (body: unknown): string | number | null => {
  const id = isRecord(body) && typeof body['method'] === 'string' ? body['id'] : undefined;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
};

const answerError = (
  response: ServerResponse,
  error: RpcError,
  { body, status }: { readonly body: unknown; readonly status: number },
): void => {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify({ jsonrpc: '2.0', error, id: idIn(body) });
  response.writeHead(status, {
    ...securityHeaders,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
};

/** Answers the message in `body` with a refusal, under the HTTP status that it has everywhere unless one is given. */
export const answerRefusal = (
  response: ServerResponse,
  { code, message, details }: Refusal,
  { body, status = errorTable[code].http }: { readonly body: unknown; readonly status?: number },
): void =>
  answerError(
    response,
    { code: errorTable[code].jsonRpc, message, data: { ...details, code } },
    { body, status },
  );

/** The status and the number by which clients know that they have to begin anew. */
export const answerUnknownSession = (response: ServerResponse, body: unknown): void =>
  answerError(
    response,
    {
      code: -32001,
      message:
        'There is no MCP session with this id at this address: it has ended, or was not used for a while. Send initialize again, without the header Mcp-Session-Id.',
    },
    { body, status: 404 },
  );

export const answerMissingSession = (response: ServerResponse, body: unknown): void =>
  answerError(
    response,
    {
      code: -32000,
      message:
        'This message needs a session, and the header Mcp-Session-Id is missing. Send initialize first, with protocolVersion, capabilities and clientInfo; its answer has the header.',
    },
    { body, status: 400 },
  );

export const answerBatch = (response: ServerResponse): void =>
  answerError(
    response,
    {
      code: -32600,
      message:
        'The body holds a list of messages, which this revision of MCP does not have. Send them one by one.',
    },
    { body: undefined, status: 400 },
  );

export const answerUnknownEvent = (response: ServerResponse): void =>
  answerError(
    response,
    {
      code: -32000,
      message:
        'The event that the header Last-Event-ID names is not kept any more. Open the stream without the header.',
    },
    { body: undefined, status: 400 },
  );
