import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { nextRequest, watchGiven } from '../../answer-lost.ts';
import type { Standing } from '../../../kernel/operation.ts';
import { lowerSecurityHeaders } from '../../security-headers.ts';

/**
 * The bridge between Node's HTTP server and the web-standard requests and responses of the SDK. The SDK brings one of
 * its own; it writes the body of each request anew and sends each answer in pieces, which made reading a fifth slower.
 */

/** A request as the SDK takes it. Its body has been read, and is handed over beside it. */
export const webRequest = (asked: IncomingMessage, signal: AbortSignal): Request =>
  new Request(addressOf(asked), { method: asked.method ?? 'GET', headers: headersOf(asked), signal });

const addressOf = ({ headers: { host = 'localhost' }, url = '/' }: IncomingMessage): string =>
  `http://${host}${url}`;

const headersOf = (asked: IncomingMessage): Headers => {
  const headers = new Headers();
  for (const [name, value] of Object.entries(asked.headers)) {
    if (name === bodyLength) continue;
    if (typeof value === 'string') headers.set(name, value);
    else for (const one of value ?? []) headers.append(name, one);
  }
  return headers;
};

/** Of a body that is handed over beside the request. */
const bodyLength = 'content-length';

/**
 * The requests of one client. It says the same in the head of all of them but for the length of what follows, and as
 * long as it does they are one: to make one takes longer than to look at what the head says.
 */
export class ClientRequests {
  #head: readonly string[] = [];
  #made: Request | undefined;

  of(asked: IncomingMessage): Request {
    const { method = 'GET', url = '/', rawHeaders } = asked;
    const head = [method, url, ...rawHeaders];
    if (this.#made !== undefined && isSameHead(head, this.#head)) return this.#made;
    this.#head = head;
    this.#made = new Request(addressOf(asked), { method, headers: headersOf(asked) });
    return this.#made;
  }
}

const isSameHead = (head: readonly string[], other: readonly string[]): boolean =>
  head.length === other.length &&
  head.every((part, i) => part === other[i] || head[i - 1]?.toLowerCase() === bodyLength);

/** Aborted when the client goes away before its answer is complete, or without having read it. */
export const clientGone = (response: ServerResponse): AbortSignal => {
  const gone = new AbortController();
  const { socket, shouldKeepAlive: keeps } = response;
  if (socket === null || response.destroyed) gone.abort();
  else {
    nextRequest(socket);
    response.once('close', () => {
      if (response.writableFinished) watchGiven(socket, { lost: gone, keeps });
      else gone.abort();
    });
  }
  return gone.signal;
};

/**
 * Sends an answer of the SDK, and resolves when it is complete or the client has gone. With a standing it is a stream
 * without an end of its own, which lasts no longer than that.
 */
export const sendWeb = async (
  answer: Response,
  response: ServerResponse,
  standing?: Standing,
): Promise<void> => {
  const { status, body } = answer;
  const headers: Record<string, string | undefined> = { ...lowerSecurityHeaders };
  for (const [name, value] of answer.headers) headers[name] = value;
  if (body === null) {
    response.writeHead(status, headers).end();
    return;
  }
  if (headers['content-type']?.startsWith('text/event-stream') === true) {
    response.writeHead(status, headers);
    return sendStream(body, response, standing);
  }
  const text = await answer.text();
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text);
};

const sendStream = async (
  body: ReadableStream<Uint8Array>,
  response: ServerResponse,
  standing: Standing | undefined,
): Promise<void> => {
  const reader = body.getReader();
  const leave = (): void => void reader.cancel();
  if (response.destroyed) leave();
  else response.once('close', leave);
  const unwatch = standing?.watch(leave);
  // Who opens a stream learns at once that it is open, also when there is nothing to be told yet.
  const announcing = soon(() => response.flushHeaders());
  const parcel = new Parcel(response.socket);
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    announcing.cancel();
    parcel.open();
    if (!response.write(next.value)) await drained(response);
  }
  announcing.cancel();
  unwatch?.();
  response.off('close', leave);
  response.end();
  parcel.send();
};

/** The event that begins an answer, the answer and the end of the stream go out as one when they come together. */
class Parcel {
  readonly #socket: Socket | null;
  #sending: { readonly cancel: () => void } | undefined;

  constructor(socket: Socket | null) {
    this.#socket = socket;
  }

  open(): void {
    if (this.#sending !== undefined) return;
    this.#socket?.cork();
    this.#sending = soon(() => this.send());
  }

  send(): void {
    if (this.#sending === undefined) return;
    this.#sending.cancel();
    this.#sending = undefined;
    this.#socket?.uncork();
  }
}

/** After what is ready now, and what that makes ready. */
const soon = (work: () => void): { readonly cancel: () => void } => {
  let waiting = setImmediate(() => {
    waiting = setImmediate(work);
  });
  return { cancel: () => clearImmediate(waiting) };
};

/** There is room for more, or nobody to read it. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.once('drain', go);
    response.once('close', go);
  });
