import { setMaxListeners } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Clock } from '../../engine/clock.ts';
import type { Log } from '../../engine/log.ts';
import { type Outcome, type Refusal, errorTable, refuse } from '../../kernel/errors.ts';
import { spoken } from '../../kernel/instants.ts';
import type { Hub } from '../hub.ts';
import { securityHeaderList, securityHeaders } from '../security-headers.ts';
import { Exchange, errorText } from './exchange.ts';
import { type Exposure, exposureRefusal, onThisMachine } from './exposure.ts';
import type { Gate } from './gate.ts';
import { jsonBytesMax } from '../json-text.ts';
import * as limits from './limits.ts';
import type { LoginService } from './login-route.ts';
import { type Listen, type Listening, type TakeAlone, listenAt } from './listen.ts';
import { isFromHere } from './network.ts';
import { type Patience, createNodeServer, usualPatience } from './node-server.ts';
import { type McpEndpoint, Router } from './router.ts';
import { isNameOfEveryMachine } from './visitors.ts';

export interface HttpSurfaceOptions {
  readonly hub: Hub;
  readonly catalogue: Catalogue;
  readonly mcp: McpEndpoint;
  readonly clock: Clock;
  readonly log: Log;
  readonly gate: Gate;
  /** Keeps two starts on one socket apart. */
  readonly takeAlone: TakeAlone;
  /** `onThisMachine` when absent. */
  readonly exposure?: Exposure;
  readonly login?: LoginService | undefined;
  /** What is in `limits.ts` when absent. */
  readonly patience?: Patience;
  readonly connectionsPerNetworkMax?: number;
  readonly underWayPerPrincipalMax?: number;
  /** Whose connections are not counted by network; `isFromHere` when absent. */
  readonly isNear?: (remote: string | undefined) => boolean;
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
  const { exposure = onThisMachine, patience = usualPatience } = options;
  const router = new Router({ ...options, exposure });
  const lines = new Map<Duplex, Line>();
  let closed: Promise<void> | undefined;
  const closing = (): boolean => closed !== undefined;

  const connected = (socket: Duplex): void => {
    const gone = new AbortController();
    // As many calls may wait on one connection as a client cares to pipeline.
    setMaxListeners(0, gone.signal);
    lines.set(socket, { gone, response: undefined });
    socket.once('close', () => {
      lines.delete(socket);
      gone.abort();
    });
  };
  const { server, dropUnready } = createNodeServer({
    exposure,
    patience,
    connectionsPerNetworkMax: options.connectionsPerNetworkMax ?? limits.connectionsPerNetworkMax,
    connected,
    isNear: options.isNear ?? isFromHere,
    crowded: (network) => options.log.debug('too many connections from one network', { network }),
  });
  const exchange = (request: IncomingMessage, response: ServerResponse): Exchange | undefined => {
    const line = lines.get(request.socket);
    if (line === undefined) return undefined;
    line.response = response;
    const headers = headersFor(request, exposure);
    return new Exchange(request, response, { signal: line.gone.signal, closing, headers });
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
  server.on('clientError', (error, socket) =>
    refuseGarbage(error, socket, { response: lines.get(socket)?.response, patience }),
  );

  return {
    listen: async (at) => exposureRefusal(at, exposure) ?? listenAt(server, at, options.takeAlone),
    close: () => {
      closed ??= closeServer(server, async () => {
        dropUnready();
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

const withoutPlainHttp: readonly string[] = [
  ...securityHeaderList,
  'Strict-Transport-Security',
  `max-age=${limits.strictTransportSeconds}`,
];

/** RFC 6797. It holds for all ports of a name, so that for the names of every machine it would shut out other programs. */
const headersFor = ({ headers }: IncomingMessage, { tls }: Exposure): readonly string[] =>
  tls === undefined || isNameOfEveryMachine(headers.host ?? '') ? securityHeaderList : withoutPlainHttp;

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
  { response, patience }: { readonly response: ServerResponse | undefined; readonly patience: Patience },
): void => {
  const answering = response?.headersSent === true && !response.writableFinished;
  if (error.code === 'ECONNRESET' || !socket.writable || answering) {
    socket.destroy();
    return;
  }
  const refusal = garbageRefusal(error.code, patience);
  const text = errorText(refusal);
  socket.end(
    `HTTP/1.1 ${errorTable[refusal.code].http} Refused\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\n${rawSecurityHeaders}Connection: close\r\n\r\n${text}`,
  );
  socket.resume();
  setTimeout(() => socket.destroy(), limits.lingerMs).unref();
};

const rawSecurityHeaders = Object.entries(securityHeaders)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

const garbageRefusal = (code: string | undefined, patience: Patience): Refusal => {
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
        `The request did not arrive in time: its headers may take ${spoken(patience.headersMs)}, all of it ${spoken(patience.requestMs)}. Send it again, all at once.`,
      );
    default:
      return refuse('invalid_input', 'This is not a request in HTTP/1.1. Correct what is sent.');
  }
};
