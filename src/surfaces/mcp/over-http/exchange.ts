import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../../../kernel/operation.ts';

/** One request to an address of MCP, and what the router has read of it. */
export interface McpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The body, parsed; undefined for methods that have none. */
  readonly body: unknown;
  readonly caller: Caller;
  /** Name of the workspace; the default one when absent. */
  readonly workspace: string | undefined;
  /** What the address says of the tools that are wanted; the workspace's default when absent. */
  readonly mode: string | undefined;
}

/** The value of a header that is sent once at most. */
export const headerOf = ({ headers }: IncomingMessage, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
};

/** Whether a GET asks for the stream of notifications, and not for the rest of an answer that it lost. */
export const opensStream = (request: IncomingMessage): boolean =>
  headerOf(request, 'accept')?.includes('text/event-stream') === true &&
  headerOf(request, 'last-event-id') === undefined;

/** Calls `done` once when the answer is complete or the client has gone, which may be now. */
export const whenOver = (response: ServerResponse, done: () => void): void => {
  if (response.destroyed || response.closed) done();
  else response.once('close', done);
};
