import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import { type TestContext, describe, it } from 'node:test';
import { text } from 'node:stream/consumers';
import { ClientRequests, clientGone, sendWeb, webRequest } from './web.ts';

type Answering = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>;

/** The port of a server that answers so. */
const serving = async (t: TestContext, answering: Answering): Promise<number> => {
  const server = createServer((asked, response) => void answering(asked, response)).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert(typeof address === 'object' && address !== null);
  return address.port;
};

/** A client that has asked such a server. */
const ask = async (t: TestContext, answering: Answering) => {
  const port = await serving(t, answering);
  const client = request({ port, path: '/mcp?a=1', headers: { 'X-Two': ['a', 'b'] } }).end();
  client.on('error', () => {});
  const answered = once(client, 'response').then(([response]: IncomingMessage[]) => {
    assert(response !== undefined);
    return response;
  });
  return { client, answered };
};

const stream = { headers: { 'content-type': 'text/event-stream' } };

describe('the bridge to the SDK', () => {
  it('hands on the address and the headers, and sends a document whole', async (t) => {
    const { answered } = await ask(t, async (asked, response) => {
      const { method, url, headers } = webRequest(asked, clientGone(response));
      await sendWeb(Response.json([method, new URL(url).pathname, headers.get('x-two')]), response);
    });
    const { statusCode, headers } = await answered;
    assert.equal(statusCode, 200);
    assert.equal(headers['content-type'], 'application/json');
    const said = await text(await answered);
    assert.equal(said, '["GET","/mcp","a, b"]');
    assert.equal(headers['content-length'], String(said.length));
  });

  it('makes one request of all that say the same but for their length', async (t) => {
    const requests = new ClientRequests();
    const made: Request[] = [];
    const port = await serving(t, async (asked, response) => {
      made.push(requests.of(asked));
      response.end();
    });
    for (const [headers, body] of [
      [{ Accept: 'a' }, 'x'],
      [{ Accept: 'a' }, 'longer'],
      [{ Accept: 'b' }, 'x'],
      [{ Accept: 'b', 'Last-Event-ID': '1' }, 'x'],
    ] as const) {
      const asking = request({ port, method: 'POST', headers }).end(body);
      const [response]: IncomingMessage[] = await once(asking, 'response');
      response?.resume();
    }
    const [first, second, third, fourth] = made;
    assert(second === first && third !== second && fourth !== third);
    assert.deepEqual(
      made.map(({ headers }) => [headers.get('accept'), headers.get('last-event-id')]),
      [
        ['a', null],
        ['a', null],
        ['b', null],
        ['b', '1'],
      ],
    );
    assert.equal(first?.headers.get('content-length'), null);
  });

  it('sends an answer without a body', async (t) => {
    const { answered } = await ask(t, (_, response) =>
      sendWeb(new Response(null, { status: 202 }), response),
    );
    assert.equal((await answered).statusCode, 202);
    assert.equal(await text(await answered), '');
  });
});

describe('a stream of the SDK', () => {
  it('is open before there is anything to tell, and tells what comes', async (t) => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const { answered } = await ask(t, (_, response) => sendWeb(new Response(readable, stream), response));
    const response = await answered;
    const writer = writable.getWriter();
    void writer.write(Buffer.from('first'));
    const [first] = await once(response, 'data');
    assert.equal(String(first), 'first');
    void writer.write(Buffer.from(' second'));
    void writer.close();
    assert.equal(await text(response), ' second');
  });

  it('is taken from no faster than its client reads, and nothing loses order', async (t) => {
    const part = Buffer.alloc(64 * 1024, 'x');
    let taken = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          taken += 1;
          controller.enqueue(taken === 200 ? Buffer.from('end') : part);
          if (taken === 200) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const { promise: full, resolve } = Promise.withResolvers<void>();
    const { answered } = await ask(t, (_, response) => {
      const write = response.write.bind(response);
      response.write = (chunk: unknown) => {
        const room = write(chunk);
        if (!room) resolve();
        return room;
      };
      return sendWeb(new Response(body, stream), response);
    });
    const response = await answered;
    await full;
    assert(taken < 200, `${taken} parts were taken although nobody reads`);
    const said = await text(response);
    assert.equal(said.length, 199 * part.length + 'end'.length);
    assert(said.endsWith('xend'));
  });

  it('is let go of when the client leaves, and the SDK hears of it', async (t) => {
    const { promise: left, resolve } = Promise.withResolvers<void>();
    const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>({ cancel: () => resolve() });
    const { client, answered } = await ask(t, (asked, response) => {
      webRequest(asked, clientGone(response)).signal.addEventListener('abort', () => abort());
      return sendWeb(new Response(body, stream), response);
    });
    await answered;
    client.destroy();
    await Promise.all([left, aborted]);
  });
});
