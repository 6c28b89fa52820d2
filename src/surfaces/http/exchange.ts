import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Outcome, type Refusal, errorTable, ok } from '../../kernel/errors.ts';
import { errorValue, jsonBytesMax, tooLarge } from '../json-text.ts';
import { nextRequest, watchGiven } from '../answer-lost.ts';
import { lingerBytesMax, lingerMs } from './limits.ts';

/** What all exchanges of one connection share. */
export interface Connection {
  /** Aborted when the client has gone, or when this process closes. */
  readonly signal: AbortSignal;
  /** Whether the connection is to end with the next answer. */
  readonly closing: () => boolean;
  /** What goes with every answer, as names and values in turn. */
  readonly headers: readonly string[];
}

const jsonType = 'application/json; charset=utf-8';

/** One request and its answer, which is given once. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of whom it counts as under way, from when that is known. */
  principal: string | undefined;
  readonly #connection: Connection;
  #unread: boolean;
  #answerSignal: AbortSignal | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, connection: Connection) {
    this.request = request;
    this.response = response;
    this.principal = undefined;
    this.#connection = connection;
    nextRequest(request.socket);
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    this.#unread = encoding !== undefined || (length !== undefined && length !== '0');
  }

  get signal(): AbortSignal {
    return this.#connection.signal;
  }

  /**
   * Aborted when the answer to this request does not leave as a whole, and when it is seen afterwards that it was lost.
   * Made when it is first asked for: most answers carry nothing whose fate matters.
   */
  get answerSignal(): AbortSignal {
    return (this.#answerSignal ??= this.#watchAnswer());
  }

  /** Whether this process takes no more calls. */
  get closing(): boolean {
    return this.#connection.closing();
  }

  get answered(): boolean {
    return this.response.headersSent;
  }

  /** The whole body, of which no more than `bytesMax` is kept. Undefined when the client went away before it had sent all of it. */
  body(bytesMax = jsonBytesMax): Promise<Outcome<Buffer> | undefined> {
    const { request } = this;
    // Whoever went away before it was asked for says nothing of it any more.
    if (request.destroyed) return Promise.resolve(undefined);
    if (Number(request.headers['content-length']) > bytesMax)
      return Promise.resolve(tooLarge('body', bytesMax));
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      // Only the first outcome counts. Without a listener for errors a request that is cut off just closes.
      const take = (chunk: Buffer): void => {
        bytes += chunk.length;
        if (bytes <= bytesMax) {
          chunks.push(chunk);
          return;
        }
        request.off('data', take).pause();
        resolve(tooLarge('body', bytesMax));
      };
      const finish = (): void => {
        this.#unread = false;
        const [first] = chunks;
        resolve(ok(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes)));
      };
      request
        .on('data', take)
        .on('end', finish)
        .on('close', () => {
          if (!request.readableEnded) resolve(undefined);
        });
    });
  }

  /** Answers with JSON that is already text. `headers` are names and values in turn. */
  json(status: number, text: string, headers: readonly string[] = []): void {
    this.#send(status, text, ['Content-Type', jsonType, ...headers, ...this.#connection.headers]);
  }

  text(status: number, text: string, type = 'text/plain; charset=utf-8'): void {
    this.#send(status, text, ['Content-Type', type, ...this.#connection.headers]);
  }

  /** Answers with a page of ours, which a browser is to show and run under this policy. */
  page(html: string, policy: string): void {
    const headers = pageHeaders(this.#connection.headers, policy);
    this.#send(200, html, ['Content-Type', 'text/html; charset=utf-8', ...headers]);
  }

  nothing(): void {
    const close = this.#connection.closing() ? ['Connection', 'close'] : [];
    this.response.writeHead(204, [...this.#connection.headers, ...close]);
    this.response.end();
  }

  refuse(refusal: Refusal, headers: readonly string[] = []): void {
    this.json(errorTable[refusal.code].http, errorText(refusal), headers);
  }

  /** A refusal as a JSON-RPC client understands it, for a message whose id could not be read. */
  refuseRpc({ code, message, details }: Refusal, headers: readonly string[] = []): void {
    const { http, jsonRpc } = errorTable[code];
    const error = { code: jsonRpc, message, data: { ...details, code } };
    this.json(http, JSON.stringify({ jsonrpc: '2.0', error, id: null }), headers);
  }

  #watchAnswer(): AbortSignal {
    const { response } = this;
    const { socket } = this.request;
    const { signal } = this.#connection;
    const control = new AbortController();
    const abort = (): void => control.abort();
    const ended = (): void => {
      signal.removeEventListener('abort', abort);
      if (response.writableFinished) watchGiven(socket, { lost: control, keeps: false });
      else abort();
    };
    if (response.closed) ended();
    else if (signal.aborted) abort();
    else {
      signal.addEventListener('abort', abort, { once: true });
      response.once('finish', () => signal.removeEventListener('abort', abort)).once('close', ended);
    }
    return control.signal;
  }

  #send(status: number, text: string, headers: string[]): void {
    const { response } = this;
    if (response.headersSent || response.destroyed) return;
    headers.push('Content-Length', String(Buffer.byteLength(text)));
    if (this.#unread || this.#connection.closing()) headers.push('Connection', 'close');
    response.writeHead(status, headers);
    if (!this.#unread) {
      response.end(text);
      return;
    }
    // Ending the response would close the connection under a client that is still writing.
    response.write(text);
    discard(this.request, () => response.end());
  }
}

/** A page says to its own hub where a request comes from, which may depend on it. */
const pageHeaders = (common: readonly string[], policy: string): readonly string[] =>
  common.map((text, index) => {
    const name = common[index - 1];
    if (name === 'Content-Security-Policy') return policy;
    return name === 'Referrer-Policy' ? 'same-origin' : text;
  });

/** The body of a refusal. */
export const errorText = (refusal: Refusal): string => JSON.stringify(errorValue(refusal));

/** Throws away what still comes, for a limited time and amount, then calls `done` once. */
const discard = (request: IncomingMessage, done: () => void): void => {
  let left = lingerBytesMax;
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    done();
  };
  const timer = setTimeout(finish, lingerMs);
  request
    .on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) finish();
    })
    .once('end', finish)
    .once('close', finish)
    .on('error', finish)
    .resume();
};
