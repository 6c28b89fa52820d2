/* What programs read: one document on one line, whatever comes of the command. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ok } from '../../src/kernel/errors.ts';
import { jsonLine } from '../../src/surfaces/cli/plain.ts';
import type { Hub } from '../../src/surfaces/hub.ts';
import { errorOf, serve } from '../surfaces/serving.ts';
import { type Ended, openPlace } from './program.ts';

const documentOf = ({ out, err }: Ended): unknown => {
  assert.equal(err, '');
  assert.match(out, /^[^\n]+\n$/);
  return JSON.parse(out);
};

describe('with --json', () => {
  it('stdout has one document on one line, of an answer and of a refusal', async (t) => {
    const place = await openPlace(t);
    const add = await place.run(['task', 'add', 'One', '--json']);
    assert.deepEqual(documentOf(add), { tasks: [{ id: 'T-1', ready: true, revision: 1 }] });
    for (const [args, status, code] of [
      [['task', 'get', 'T-9'], 3, 'not_found'],
      [['task', 'list', '--limt', '3'], 2, 'invalid_input'],
      [['nope'], 2, 'invalid_input'],
      [['task', 'list', '--limit', '0'], 2, 'invalid_input'],
      [['task', 'list', '--data-dir'], 2, 'invalid_input'],
      [['task', 'list', '--workspace', '..'], 2, 'invalid_input'],
    ] as const) {
      const ended = await place.run(['--json', ...args]);
      assert.equal(ended.status, status);
      const error = errorOf(documentOf(ended));
      assert.deepEqual([error.code, error.retryable], [code, false]);
    }
    for (const args of [['help'], ['help', 'task', 'add'], ['version'], ['completion', 'zsh']]) {
      assert(typeof documentOf(await place.run([...args, '--json'])) === 'object');
    }
  });

  it('the answer is that of a tool: with what it says of itself beside its members', async (t) => {
    const { url } = await serve(t, (hub: Hub) => ({
      call: async (call) => {
        const reply = await hub.call(call);
        return reply.ok ? ok({ ...reply.value, waiting: '2 wait; call inbox' }) : reply;
      },
    }));
    const place = await openPlace(t);
    const env = { SIGNALBOX_URL: url };
    const once = ['task', 'add', 'One', '--request-id', 'r', '--json'];
    const tasks = [{ id: 'T-1', ready: true, revision: 1 }];
    const waiting = '2 wait; call inbox';
    assert.deepEqual(documentOf(await place.run(once, { env })), { tasks, waiting });
    assert.deepEqual(documentOf(await place.run(once, { env })), { tasks, replayed: true, waiting });
    // A person hears of it beside the answer, so that what is piped on is the answer alone.
    const shown = await place.run(['task', 'list'], { env });
    assert.equal(shown.err, `${waiting}\n`);
    // `start` has a member of that name, which is its own.
    const started = await place.json(['start'], { env });
    assert(typeof started === 'object' && started !== null && 'waiting' in started);
    assert.deepEqual(started.waiting, []);
  });

  it('the line is safe to look at, and means the same', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const line = jsonLine(value);
        assert.doesNotMatch(
          line,
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/,
        );
        assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(value)));
      }),
    );
    const hostile = 'x\u001b[2J\u009b2J\u2028\u202e\u2066\u200b\u2060\ufeff';
    assert.equal(jsonLine([hostile]), '["x\\u001b[2J\\u009b2J\\u2028\\u202e\\u2066\\u200b\\u2060\\ufeff"]\n');
  });
});

describe('without it', () => {
  it('what a hub says of others reaches a terminal as plain text', async (t) => {
    const hostile = 'x\u001b[2J\u009b2J\u2028\u202e\u2066y';
    const { url } = await serve(t, (hub: Hub) => ({
      call: async (call) => {
        const reply = await hub.call(call);
        if (call.operation !== 'status') return reply;
        return ok({
          value: { [hostile]: hostile, rows: [{ title: hostile }] },
          replayed: false,
          waiting: undefined,
        });
      },
    }));
    const place = await openPlace(t);
    const env = { SIGNALBOX_URL: url };
    const { out } = await place.run(['status'], { env });
    assert.equal(out, 'x?[2J?2J ??y  x?[2J?2J ??y\nrows\n  TITLE\n  x?[2J?2J ??y\n');
  });
});
