/* MCP over HTTP as clients write it, without a client library, for tests. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { z } from 'zod';

export type HeaderMap = Readonly<Record<string, string>>;

const messageSchema = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
});

export type Message = z.infer<typeof messageSchema>;

export interface StreamEvent {
  readonly id: string | undefined;
  /** Undefined when the event has no message, only an id. */
  readonly message: Message | undefined;
}

/** The events of an answer, as they come. */
export class EventStream {
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #cut: AbortController;
  #text = '';

  constructor(body: ReadableStream<Uint8Array>, cut: AbortController) {
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
    this.#cut = cut;
  }

  /** The next event, or undefined when the server has ended the stream. */
  async next(): Promise<StreamEvent | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const event = eventIn(this.#text.slice(0, end));
        this.#text = this.#text.slice(end + 2);
        if (event !== undefined) return event;
      } else {
        const { value, done } = await this.#reader.read();
        if (done) return undefined;
        this.#text += value;
      }
    }
  }

  /** The next message; events without one are passed over. */
  async message(): Promise<Message> {
    for (;;) {
      const event = await this.next();
      assert(event !== undefined, 'the stream ended before the message came');
      if (event.message !== undefined) return event.message;
    }
  }

  /** Breaks the connection, as a network does. */
  async cut(): Promise<void> {
    this.#cut.abort();
    await assert.rejects(this.#reader.closed);
  }
}

const eventIn = (text: string): StreamEvent | undefined => {
  const fields = text.split('\n').filter((line) => !line.startsWith(':'));
  if (fields.length === 0) return undefined;
  const field = (name: string): string | undefined =>
    fields
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const data = field('data') ?? '';
  return { id: field('id'), message: data === '' ? undefined : messageSchema.parse(JSON.parse(data)) };
};

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly messages: readonly Message[];
}

/** One address of MCP, and what a client sends with every request to it. */
export class RawMcp {
  readonly #context: TestContext;
  readonly #url: string;
  readonly #headers: HeaderMap;

  constructor(context: TestContext, url: string, headers: HeaderMap = {}) {
    this.#context = context;
    this.#url = url;
    this.#headers = headers;
  }

  /** The same client, which sends these headers from now on. */
  with(headers: HeaderMap): RawMcp {
    return new RawMcp(this.#context, this.#url, { ...this.#headers, ...headers });
  }

  /** Sends messages, and waits for all that is answered. */
  async post(body: unknown, headers: HeaderMap = {}): Promise<RawAnswer> {
    const response = await this.#post(body, headers);
    const text = await response.text();
    const isStream = response.headers.get('content-type') === 'text/event-stream';
    const values: unknown[] = isStream
      ? text.split('\n\n').flatMap((block) => eventIn(block)?.message ?? [])
      : text === ''
        ? []
        : [JSON.parse(text)];
    const messages = values.map((value) => messageSchema.parse(value));
    return { status: response.status, headers: response.headers, messages };
  }

  /** Sends a message that is answered with a stream which stays open. */
  async postStream(body: unknown, headers: HeaderMap = {}): Promise<EventStream> {
    const cut = new AbortController();
    return this.#stream(await this.#post(body, headers, cut.signal), cut);
  }

  async get(headers: HeaderMap = {}): Promise<EventStream> {
    const cut = new AbortController();
    const response = await fetch(this.#url, {
      headers: { accept: 'text/event-stream', ...this.#headers, ...headers },
      signal: cut.signal,
    });
    return this.#stream(response, cut);
  }

  /** The status of a GET that is not answered with a stream. */
  async getStatus(headers: HeaderMap = {}): Promise<number> {
    const response = await fetch(this.#url, {
      headers: { accept: 'text/event-stream', ...this.#headers, ...headers },
    });
    await response.text();
    return response.status;
  }

  async delete(headers: HeaderMap = {}): Promise<number> {
    const response = await fetch(this.#url, { method: 'DELETE', headers: { ...this.#headers, ...headers } });
    await response.text();
    return response.status;
  }

  #post(body: unknown, headers: HeaderMap, signal?: AbortSignal): Promise<Response> {
    return fetch(this.#url, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...this.#headers,
        ...headers,
      },
      ...(signal !== undefined && { signal }),
    });
  }

  #stream(response: Response, cut: AbortController): EventStream {
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.equal(response.headers.get('x-accel-buffering'), 'no');
    assert(response.body !== null);
    this.#context.after(() => cut.abort());
    return new EventStream(response.body, cut);
  }
}

export const request = (id: number, method: string, params: object = {}) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});

export const notification = (method: string) => ({ jsonrpc: '2.0', method });

export const initialize = (protocolVersion: string, capabilities: object = {}, name = 'raw') =>
  request(0, 'initialize', { protocolVersion, capabilities, clientInfo: { name, version: '1.0.0' } });

/** A client of a revision with sessions, once it is let in. */
export const begin = async (
  context: TestContext,
  url: string,
  headers: HeaderMap = {},
): Promise<{ readonly client: RawMcp; readonly session: string }> => {
  const stranger = new RawMcp(context, url, headers);
  const { status, headers: answered } = await stranger.post(initialize('2025-06-18'));
  assert.equal(status, 200);
  const session = answered.get('mcp-session-id') ?? '';
  assert.match(session, /^[\u0021-\u007e]+$/);
  const client = stranger.with({ 'mcp-session-id': session, 'mcp-protocol-version': '2025-06-18' });
  assert.equal((await client.post(notification('notifications/initialized'))).status, 202);
  return { client, session };
};

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

interface ModernRequest {
  readonly body: object;
  readonly headers: HeaderMap;
}

/** A request of the revision without sessions, with the headers that it demands. */
export const modern = (
  id: number,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
): ModernRequest => {
  const name = params['name'] ?? params['uri'];
  const extra = typeof params['_meta'] === 'object' ? params['_meta'] : {};
  return {
    body: request(id, method, { ...params, _meta: { ...extra, ...meta } }),
    headers: {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(typeof name === 'string' && { 'mcp-name': name }),
    },
  };
};
