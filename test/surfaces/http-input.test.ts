import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jsonBytesMax, jsonDepthMax } from '../../src/surfaces/json-text.ts';
import { errorOf, parseAnswer, post, requestText, serve, speak } from './serving.ts';

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('a body over HTTP', () => {
  const bodies: readonly [what: string, body: string | Buffer, code: string][] = [
    ['not JSON', '{"text":', 'not_json'],
    ['JSON with a tail', '{} {}', 'not_json'],
    ['a bare word', 'hello', 'not_json'],
    ['white space', '  ', 'not_json'],
    ['control characters', '\u0000\u001b[2J', 'not_json'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 'not_json'],
    ['compressed', Buffer.from([0x1f, 0x8b, 0x08, 0x00]), 'not_json'],
    ['too deep', `{"any":${nested(jsonDepthMax)}}`, 'too_deep'],
    ['far too deep', nested(100_000), 'too_deep'],
    ['deep and unfinished', '{"a":'.repeat(50_000), 'too_deep'],
    ['a list', '[]', 'invalid_input'],
    ['null', 'null', 'invalid_input'],
    ['a number', '7', 'invalid_input'],
    ['of a wrong type', '{"text":7}', 'invalid_input'],
    ['beyond a limit', '{"n":10}', 'invalid_input'],
    ['with an unknown field', '{"txet":"x"}', 'invalid_input'],
    ['with __proto__', '{"__proto__":{"polluted":true}}', 'invalid_input'],
    ['with constructor', '{"constructor":{"prototype":{"polluted":true}}}', 'invalid_input'],
  ];
  for (const [what, body, code] of bodies) {
    it(`is refused as ${code} when it is ${what}`, async (t) => {
      const served = await serve(t);
      const response = await fetch(`${served.url}/v1/operations/probe_echo`, {
        method: 'POST',
        body: Buffer.from(body),
      });
      assert.equal(response.status, 400);
      const error = errorOf(await response.json());
      assert.equal(error.code, code);
      assert.match(error.message, /^[^\u0000-\u001f\u007f-\u009f]+$/);
      assert.equal('polluted' in {}, false);
      assert.equal((await post(served, 'probe_echo')).status, 200);
    });
  }
});

describe('a good body over HTTP', () => {
  it('may be as deep as the limit, with any brackets in its texts', async (t) => {
    const served = await serve(t);
    const text = '[[[{{{"\\"'.repeat(50);
    const { status, body } = await post(served, 'probe_echo', {
      body: { text, any: JSON.parse(nested(jsonDepthMax - 1)) },
    });
    assert.equal(status, 200);
    assert.equal((body as { text: string }).text, text);
  });

  it('names the fields that are wrong', async (t) => {
    const { body } = await post(await serve(t), 'probe_echo', { body: { n: 'x', more: 1 } });
    const { message, details } = errorOf(body);
    assert.match(message, /probe_echo/);
    assert.match(message, /n: /);
    assert.match(message, /"more"/);
    assert(Array.isArray(details['issues']));
  });
});

describe('the content type of a body', () => {
  const others = [
    'text/plain',
    'text/plain;charset=UTF-8',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'json',
    '',
  ];
  const ofJson = ['application/json;charset=utf-8', 'Application/JSON ; x=y', 'application/merge-patch+json'];

  it('does not matter from a program', async (t) => {
    const served = await serve(t);
    for (const type of [...others, ...ofJson]) {
      const headers = { 'content-type': type };
      const { status, body } = await post(served, 'probe_echo', { body: { text: type }, headers });
      assert.equal(status, 200, type);
      assert.deepEqual(body, { text: type });
      const garbage = await post(served, 'probe_echo', { body: 'text=x', headers });
      assert.equal(garbage.status, 400, type);
      assert.equal(errorOf(garbage.body).code, 'not_json');
    }
  });

  it('is what fetch chooses when it is given text', async (t) => {
    const { url } = await serve(t);
    const response = await fetch(`${url}/v1/operations/probe_echo`, { method: 'POST', body: '{"n":1}' });
    assert.deepEqual([response.status, await response.json()], [200, { n: 1 }]);
  });

  it('must be JSON from a page of the hub, and from pages of other sites nothing is taken', async (t) => {
    const served = await serve(t);
    const Origin = served.url;
    for (const type of others) {
      const headers = { Origin, 'content-type': type };
      const { status, body } = await post(served, 'probe_echo', { body: '{}', headers });
      assert.equal(status, 400, type);
      const { code, message, details } = errorOf(body);
      assert.equal(code, 'invalid_input');
      assert.match(message, /Content-Type: application\/json/);
      assert.deepEqual(details, { header: 'Content-Type' });
    }
    assert.equal(served.calls.length, 0);
    for (const type of ofJson) {
      const headers = { Origin, 'content-type': type };
      assert.equal((await post(served, 'probe_echo', { body: '{}', headers })).status, 200, type);
    }
    for (const type of [...others, ...ofJson]) {
      for (const stranger of ['https://example.org', 'null']) {
        const headers = { Origin: stranger, 'content-type': type };
        const { status, body } = await post(served, 'probe_echo', { body: '{}', headers });
        assert.equal(status, 403);
        assert.equal(errorOf(body).code, 'forbidden');
      }
    }
    assert.equal(served.calls.length, ofJson.length);
  });
});

describe('a body that is too long', () => {
  const line = 'POST /v1/operations/probe_echo';
  const host = 'Host: localhost';

  it('may have the limit exactly', async (t) => {
    const served = await serve(t);
    const text = 'x'.repeat(jsonBytesMax - '{"text":""}'.length);
    assert.equal((await post(served, 'probe_echo', { body: { text } })).status, 200);
  });

  it('is refused one byte later', async (t) => {
    const served = await serve(t);
    const text = 'x'.repeat(jsonBytesMax - '{"text":""}'.length + 1);
    const { status, headers, body } = await post(served, 'probe_echo', { body: { text } });
    assert.equal(status, 413);
    assert.equal(headers.get('connection'), 'close');
    assert.deepEqual(errorOf(body).details, { bytesMax: jsonBytesMax });
    assert.equal(served.calls.length, 0);
  });

  it('is refused by what it announces, before any of it was sent', async (t) => {
    const { port } = await serve(t);
    const { status, head } = parseAnswer(
      await speak(port, [`${line} HTTP/1.1`, host, 'Content-Length: 99999999', '', ''].join('\r\n')),
    );
    assert.equal(status, 413);
    assert.match(head, /^connection: close$/im);
  });

  it('is refused without being asked for by a client that waits for 100', async (t) => {
    const { port } = await serve(t);
    const wait = 'Expect: 100-continue';
    const refused = await speak(port, requestText(line, [host, wait, 'Content-Length: 99999999']));
    assert.equal(parseAnswer(refused).status, 413);
    const asked = await speak(port, requestText(line, [host, wait, 'Content-Length: 2'], '{}'));
    assert.match(asked, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
  });

  it('is refused in chunks too, and the client that goes on writing still gets the answer', async (t) => {
    const served = await serve(t);
    const chunk = Buffer.alloc(64 * 1024, 0x20);
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (let sent = 0; sent < 4 * jsonBytesMax; sent += chunk.length) controller.enqueue(chunk);
        controller.close();
      },
    });
    const response = await fetch(`${served.url}/v1/operations/probe_echo`, {
      method: 'POST',
      body: stream,
      duplex: 'half',
    });
    assert.equal(response.status, 413);
    assert.equal(errorOf(await response.json()).code, 'too_large');
    assert.equal((await post(served, 'probe_echo')).status, 200);
  });

  it('is thrown away, within limits, when the request is refused for another reason', async (t) => {
    const served = await serve(t);
    const body = 'x'.repeat(3 * jsonBytesMax);
    const { status, headers } = await post(served, 'probe_echo', {
      body,
      headers: { 'Signalbox-Agent': '../x' },
    });
    assert.equal(status, 400);
    assert.equal(headers.get('connection'), 'close');
  });
});

describe('a header over HTTP', () => {
  const names = ['Signalbox-Workspace', 'Signalbox-Agent'];
  const handles = ['Signalbox-Session', 'Signalbox-Connection', 'Signalbox-Client', 'Idempotency-Key'];
  const bad: readonly [what: string, value: string, headers: readonly string[]][] = [
    ['a path', '../../etc/passwd', names],
    ['a path inside', 'a/b', names],
    ['a back slash', 'a\\b', names],
    ['two dots inside', 'a..b', names],
    ['a tab', 'a\tb', [...names, ...handles]],
    ['bytes that are not ASCII', 'aäb', [...names, ...handles]],
    ['a list', 'a, b', names],
    ['another word than the only one', 'false', ['Signalbox-Peek']],
    ['more than the connection is', 'person', ['Signalbox-Kind']],
    ['nothing', '', [...names, ...handles, 'Signalbox-Peek']],
    ['too much', 'a'.repeat(201), [...names, ...handles]],
  ];
  for (const [what, value, headers] of bad) {
    it(`is refused when it holds ${what}`, async (t) => {
      const served = await serve(t);
      for (const header of headers) {
        const request = requestText('POST /v1/operations/probe_echo', [
          'Host: localhost',
          `${header}: ${value}`,
        ]);
        const { status, body } = parseAnswer(await speak(served.port, Buffer.from(request, 'latin1')));
        assert.equal(status, 400, header);
        const { code, message, details } = errorOf(body);
        assert.equal(code, 'invalid_input');
        assert(message.includes(header));
        assert.deepEqual(details, { header });
      }
      assert.equal(served.calls.length, 0);
    });
  }

  it('with a control character ends the request', async (t) => {
    const served = await serve(t);
    for (const character of ['\u0000', '\u0007', '\u001b', '\r', '\u007f']) {
      for (const header of [...names, ...handles]) {
        const request = requestText('POST /v1/operations/probe_echo', [
          'Host: localhost',
          `${header}: a${character}b`,
        ]);
        const { status, body } = parseAnswer(await speak(served.port, request));
        assert.equal(status, 400, JSON.stringify(character));
        assert.equal(errorOf(body).code, 'invalid_input');
      }
    }
    assert.equal(served.calls.length, 0);
  });
});
