import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError } from '@modelcontextprotocol/server';
import { type Refusal, errorTable } from '../../kernel/errors.ts';

/** A refusal where the protocol has no result that could carry it. */
export const protocolError = ({ code, message, details }: Refusal): ProtocolError => {
  const { jsonRpc, retryable } = errorTable[code];
  return new ProtocolError(jsonRpc, `${message} [${code}]`, { ...details, code, retryable });
};

/** Parameters that no client should send. */
export const invalidParams = (message: string): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, message);

/** -32602 in all revisions: the SDK writes it also where an earlier one had -32002, and clients know it by the `uri`. */
export const resourceNotFound = (uri: string, message: string): ProtocolError =>
  new ResourceNotFoundError(uri, message);
