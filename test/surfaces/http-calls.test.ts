import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { errorCodes } from '../../src/catalogue/errors.ts';
import { errorTable, ok } from '../../src/kernel/errors.ts';
import { errorOf, post, serve } from './serving.ts';

describe('an operation over HTTP', () => {
  it('takes its input as the body and answers with its output', async (t) => {
    const served = await serve(t);
    const { status, headers, body } = await post(served, 'probe_echo', { body: { text: 'grüß dich', n: 3 } });
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'application/json; charset=utf-8');
    assert.deepEqual(body, { text: 'grüß dich', n: 3 });
  });

  it('takes no body for the empty object', async (t) => {
    assert.deepEqual((await post(await serve(t), 'probe_echo')).body, {});
  });

  it('is called in the name of the principal, as nobody in particular', async (t) => {
    const served = await serve(t);
    await post(served, 'probe_echo');
    const [call] = served.calls;
    assert.deepEqual(call?.caller, {
      principal: 'owner',
      role: 'admin',
      kind: 'person',
      agent: undefined,
      session: undefined,
      connection: undefined,
      client: undefined,
    });
    assert.equal(call.workspace, undefined);
    assert.equal(call.requestId, undefined);
    assert.equal(call.signal?.aborted, false);
  });
});

describe('a call over HTTP', () => {
  it('is told by headers who speaks, where, and under which request id', async (t) => {
    const served = await serve(t);
    await post(served, 'probe_echo', {
      headers: {
        'Signalbox-Workspace': 'shop',
        'Signalbox-Agent': 'claude-1',
        'Signalbox-Session': 's-01ARZ3NDEK',
        'Signalbox-Connection': 'stdio:77',
        'Signalbox-Client': 'Claude Code/2.1',
        'Signalbox-Kind': 'agent',
        'Idempotency-Key': 'toolu_01 again',
        'Signalbox-Peek': 'true',
      },
    });
    const [call] = served.calls;
    assert.deepEqual(call?.caller, {
      principal: 'owner',
      role: 'admin',
      kind: 'agent',
      agent: 'claude-1',
      session: 's-01ARZ3NDEK',
      connection: 'stdio:77',
      client: 'Claude Code/2.1',
    });
    assert.equal(call.workspace, 'shop');
    assert.equal(call.requestId, 'toolu_01 again');
    assert.equal(call.peek, true);
  });

  it('is done once under one Idempotency-Key, and says when it was done before', async (t) => {
    const served = await serve(t);
    const headers = { 'Idempotency-Key': 'add-1' };
    const first = await post(served, 'workspace_add', { body: { name: 'shop' }, headers });
    const again = await post(served, 'workspace_add', { body: { name: 'shop' }, headers });
    assert.equal(first.status, 200);
    assert.equal(first.headers.get('signalbox-replayed'), null);
    assert.equal(again.status, 200);
    assert.equal(again.headers.get('signalbox-replayed'), 'true');
    assert.deepEqual(again.body, first.body);
    const other = await post(served, 'workspace_add', { body: { name: 'office' }, headers });
    assert.equal(other.status, 422);
    assert.equal(errorOf(other.body).code, 'request_reused');
  });

  it('never shows one workspace what another holds', async (t) => {
    const served = await serve(t);
    const headers = { 'Signalbox-Workspace': 'shop' };
    await post(served, 'workspace_add', { body: { name: 'shop' } });
    assert.equal((await post(served, 'start', { body: { agent: 'anna' }, headers })).status, 200);
    const names = async (more: Record<string, string>): Promise<unknown> => {
      const { body } = await post(served, 'agent_list', { headers: more });
      return (body as { items: { name: string }[] }).items.map(({ name }) => name);
    };
    assert.deepEqual(await names(headers), ['anna']);
    assert.deepEqual(await names({}), []);
    const unknown = await post(served, 'agent_list', { headers: { 'Signalbox-Workspace': 'nowhere' } });
    assert.equal(unknown.status, 404);
    assert.equal(errorOf(unknown.body).code, 'workspace_unknown');
  });
});

describe('a revision over HTTP', () => {
  it('comes with the answer as an ETag', async (t) => {
    const served = await serve(t);
    assert.equal((await post(served, 'probe_revise', { body: { id: 'x' } })).headers.get('etag'), '"1"');
    assert.equal((await post(served, 'probe_echo')).headers.get('etag'), null);
  });

  for (const value of ['"3"', '3']) {
    it(`may be named as If-Match: ${value}`, async (t) => {
      const served = await serve(t);
      const { body, headers } = await post(served, 'probe_revise', {
        body: { id: 'x' },
        headers: { 'If-Match': value },
      });
      assert.deepEqual(body, { id: 'x', seen: 3, revision: 4 });
      assert.equal(headers.get('etag'), '"4"');
    });
  }

  it('may be named twice when both agree', async (t) => {
    const served = await serve(t);
    const { body } = await post(served, 'probe_revise', {
      body: { id: 'x', revision: 3 },
      headers: { 'If-Match': '3' },
    });
    assert.deepEqual(body, { id: 'x', seen: 3, revision: 4 });
  });

  const bad: readonly [what: string, operation: string, ifMatch: string, body: unknown, says: RegExp][] = [
    [
      'contradicts the body',
      'probe_revise',
      '"3"',
      { id: 'x', revision: 4 },
      /names revision 3, and the body another/,
    ],
    ['is given where none is taken', 'probe_echo', '"3"', {}, /takes no revision/],
    ['is a wildcard', 'probe_revise', '*', { id: 'x' }, /one revision/],
    ['is weak', 'probe_revise', 'W/"3"', { id: 'x' }, /one revision/],
    ['is a list', 'probe_revise', '"3", "4"', { id: 'x' }, /one revision/],
    ['is no number', 'probe_revise', '"abc"', { id: 'x' }, /one revision/],
    ['is too large a number', 'probe_revise', '9'.repeat(20), { id: 'x' }, /one revision/],
    ['meets a body that is no object', 'probe_revise', '3', [1], /must be an object/],
  ];
  for (const [what, operation, ifMatch, body, says] of bad) {
    it(`is refused when it ${what}`, async (t) => {
      const served = await serve(t);
      const answer = await post(served, operation, { body, headers: { 'If-Match': ifMatch } });
      assert.equal(answer.status, 400);
      const { code, message } = errorOf(answer.body);
      assert.equal(code, 'invalid_input');
      assert.match(message, says);
    });
  }
});

describe('an error over HTTP', () => {
  it('has the status, the shape and the advice of its code, for every code', async (t) => {
    const served = await serve(t);
    for (const code of errorCodes) {
      const { status, body } = await post(served, 'probe_refuse', { body: { code } });
      assert.equal(status, errorTable[code].http, code);
      assert.deepEqual(errorOf(body), {
        code,
        message: `This is ${code}. Try another.`,
        retryable: errorTable[code].retryable,
        details: { probe: true },
      });
    }
  });

  for (const how of ['throw', 'cycle']) {
    it(`is internal when an operation breaks (${how}), with an id that the log has too, and without the reason`, async (t) => {
      const served = await serve(t);
      const { status, body } = await post(served, 'probe_break', { body: { how } });
      assert.equal(status, 500);
      const { code, message, details } = errorOf(body);
      assert.equal(code, 'internal');
      assert(typeof details['id'] === 'string' && message.includes(details['id']));
      assert.doesNotMatch(JSON.stringify(body), /secret|circular/i);
      assert(served.log.errors.some((error) => error.message.includes(String(details['id']))));
      assert.equal((await post(served, 'probe_echo')).status, 200);
    });
  }

  it('is internal when the hub itself rejects', async (t) => {
    const served = await serve(t, () => ({ call: () => Promise.reject(new TypeError('a secret')) }));
    const { status, body } = await post(served, 'probe_echo');
    assert.equal(status, 500);
    const { code, details } = errorOf(body);
    assert.equal(code, 'internal');
    assert.match(served.log.errors[0]?.message ?? '', new RegExp(String(details['id'])));
  });

  it('suggests the operation that was meant', async (t) => {
    const { status, body } = await post(await serve(t), 'list_agent');
    assert.equal(status, 404);
    assert.deepEqual(errorOf(body).details, { nearest: 'agent_list' });
  });
});

describe('the signal of a call over HTTP', () => {
  it('is aborted when the answer does not leave as a whole, and not when the connection ends after it', async (t) => {
    const { promise: called, resolve } = Promise.withResolvers<AbortSignal | undefined>();
    const { port, surface } = await serve(t, () => ({
      call: ({ signal }) => {
        resolve(signal);
        return Promise.resolve(ok({ value: 'x'.repeat(64_000_000), replayed: false, waiting: undefined }));
      },
    }));
    const client = connect(port, '127.0.0.1');
    client.write('POST /v1/operations/probe_echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}');
    const signal = await called;
    await once(client, 'data');
    assert.equal(signal?.aborted, false);
    const aborted = once(signal, 'abort');
    client.destroy();
    await aborted;

    const whole = await serve(t);
    await post(whole, 'probe_echo', { headers: { Connection: 'close' } });
    await whole.surface.close();
    assert.equal(whole.calls[0]?.signal?.aborted, false);
    await surface.close();
  });
});
