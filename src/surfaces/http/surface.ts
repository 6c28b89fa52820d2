import { setMaxListeners } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Clock } from '../../engine/clock.ts';
import type { Log } from '../../engine/log.ts';
import { type Outcome, type Refusal, errorTable, refuse } from '../../kernel/errors.ts';
import { spoken } from '../../kernel/instants.ts';
import type { Hub } from '../hub.ts';
import { Exchange, errorText } from './exchange.ts';
import type { Gate } from './gate.ts';
import { jsonBytesMax } from '../json-text.ts';
import * as limits from './limits.ts';
import { type Listen, type Listening, type TakeAlone, listenAt } from './listen.ts';
import { type McpEndpoint, Router } from './router.ts';

export interface HttpSurfaceOptions {
  readonly hub: Hub;
  readonly catalogue: Catalogue;
  readonly mcp: McpEndpoint;
  readonly clock: Clock;
  readonly log: Log;
  readonly gate: Gate;
  /** Keeps two starts on one socket apart. */
  readonly takeAlone: TakeAlone;
}

export interface HttpSurface {
  /** Begins to answer; the address that it answers on, with the port that was found. */
  readonly listen: (at: Listen) => Promise<Outcome<Listening>>;
  /** Takes no more calls, answers those under way, and closes all connections. May be called twice. */
  readonly close: () => Promise<void>;
}

/** What is known of one TCP connection. */
interface Line {
  readonly gone: AbortController;
  /** The answer last begun; nothing may be written beside it. */
  response: ServerResponse | undefined;
}

export const createHttpSurface = (options: HttpSurfaceOptions): HttpSurface => {
  const router = new Router(options);
  const lines = new Map<Duplex, Line>();
  const server = createServer(serverOptions);
  let closed: Promise<void> | undefined;
  const closing = (): boolean => closed !== undefined;

  server.maxConnections = limits.connectionsMax;
  server.on('connection', (socket) => {
    const gone = new AbortController();
    // As many calls may wait on one connection as a client cares to pipeline.
    setMaxListeners(0, gone.signal);
    lines.set(socket, { gone, response: undefined });
    socket.once('close', () => {
      lines.delete(socket);
      gone.abort();
    });
  });
  const exchange = (request: IncomingMessage, response: ServerResponse): Exchange | undefined => {
    const line = lines.get(request.socket);
    if (line === undefined) return undefined;
    line.response = response;
    return new Exchange(request, response, { signal: line.gone.signal, closing });
  };
  server.on('request', (request, response) => {
    const begun = exchange(request, response);
    if (begun !== undefined) void router.answer(begun);
  });
  server.on('checkContinue', (request, response) => {
    const begun = exchange(request, response);
    if (begun === undefined) return;
    if (!(Number(request.headers['content-length']) > jsonBytesMax)) response.writeContinue();
    void router.answer(begun);
  });
  server.on('checkExpectation', (request, response) => {
    exchange(request, response)?.refuse(
      refuse('invalid_input', 'The header Expect asks for something unknown. Leave it out.'),
    );
  });
  server.on('error', (error) => {
    if (server.listening) options.log.error('the HTTP port reports an error', error);
  });
  server.on('clientError', (error, socket) => refuseGarbage(error, socket, lines.get(socket)?.response));

  return {
    listen: (at) => listenAt(server, at, options.takeAlone),
    close: () => {
      closed ??= closeServer(server, async () => {
        for (const [socket, { gone, response }] of lines) {
          gone.abort();
          // Node counts a connection that has not asked anything yet as busy.
          if (response === undefined) socket.destroy();
        }
        await options.mcp.close();
      });
      return closed;
    },
  };
};

const serverOptions = {
  highWaterMark: limits.unreadBytesMax,
  maxHeaderSize: limits.requestHeadBytesMax,
  headersTimeout: limits.headersTimeoutMs,
  requestTimeout: limits.requestTimeoutMs,
  keepAliveTimeout: limits.keepAliveTimeoutMs,
  connectionsCheckingInterval: 1_000,
  // A missing Host is refused like a wrong one, in JSON.
  requireHostHeader: false,
} as const;

const closeLooksEveryMs = 20;

const closeServer = async (server: Server, hurry: () => Promise<void>): Promise<void> => {
  const ended = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  await hurry();
  // A connection that was answering when the server closed is idle, and not closed, once it has answered.
  const sweep = setInterval(() => server.closeIdleConnections(), closeLooksEveryMs);
  const grace = setTimeout(() => server.closeAllConnections(), limits.closeGraceMs);
  await ended;
  clearInterval(sweep);
  clearTimeout(grace);
};

/** What could not be read as HTTP is answered too, unless an answer is on its way already. */
const refuseGarbage = (
  error: NodeJS.ErrnoException,
  socket: Duplex,
  response: ServerResponse | undefined,
): void => {
  const answering = response?.headersSent === true && !response.writableFinished;
  if (error.code === 'ECONNRESET' || !socket.writable || answering) {
    socket.destroy();
    return;
  }
  const refusal = garbageRefusal(error.code);
  const text = errorText(refusal);
  socket.end(
    `HTTP/1.1 ${errorTable[refusal.code].http} Refused\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
  socket.resume();
  setTimeout(() => socket.destroy(), limits.lingerMs).unref();
};

const garbageRefusal = (code: string | undefined): Refusal => {
  switch (code ?? '') {
    case 'HPE_HEADER_OVERFLOW':
      return refuse(
        'too_large',
        `The address and the headers together are longer than ${limits.requestHeadBytesMax} bytes, which is the limit. Send less.`,
        { bytesMax: limits.requestHeadBytesMax },
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return refuse(
        'invalid_input',
        `The request did not arrive in time: its headers may take ${spoken(limits.headersTimeoutMs)}, all of it ${spoken(limits.requestTimeoutMs)}. Send it again, all at once.`,
      );
    default:
      return refuse('invalid_input', 'This is not a request in HTTP/1.1. Correct what is sent.');
  }
};
