/* What a hub tells of its own work, over HTTP, and whom. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { definitions } from '../../src/host/metrics/definitions.ts';
import { ok, refuse } from '../../src/kernel/errors.ts';
import type { Caller } from '../../src/kernel/operation.ts';
import type { Gate } from '../../src/surfaces/http/gate.ts';
import { unmeasured } from '../../src/surfaces/hub.ts';
import { type Served, errorOf, post, serve } from './serving.ts';

const everywhere = { workspaces: ['*'], categories: ['metrics'] };

const callers: Readonly<Record<string, Partial<Caller>>> = {
  admin: {},
  worker: { role: 'worker' },
  scraper: { role: 'reader', token: 'tk_scraper', scope: everywhere },
  'scraper of one': { role: 'admin', scope: { ...everywhere, workspaces: ['main'] } },
  'admin of one': { scope: { workspaces: ['main'], categories: ['*'] } },
  'admin of tasks': { scope: { workspaces: ['*'], categories: ['tasks'] } },
  'admin of all, as one agent': { scope: { workspaces: ['*'], categories: ['*'], agent: 'ada' } },
};

/** Who comes in is said in the header itself. */
const gate: Gate = {
  admit: ({ authorization = '' }) =>
    Object.hasOwn(callers, authorization)
      ? ok({
          principal: 'owner',
          role: 'admin',
          kind: 'person',
          agent: undefined,
          session: undefined,
          connection: undefined,
          client: undefined,
          ...callers[authorization],
        })
      : refuse('unauthenticated', 'Say who you are.'),
};

const ask = async ({ url }: Served, path: string, authorization = 'admin') => {
  const response = await fetch(`${url}${path}`, { headers: { authorization } });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
};

/** The value of the one line with this name and these labels, in any order. */
const valueOf = (text: string, name: string, labels: Readonly<Record<string, string>> = {}): number => {
  const lines = text.split('\n').filter((line) => {
    const [, found, said = ''] = /^(\w+)(?:\{(.*)\})? /.exec(line) ?? [];
    return (
      found === name && Object.entries(labels).every(([key, value]) => said.includes(`${key}="${value}"`))
    );
  });
  assert.equal(lines.length, 1, `${name} ${JSON.stringify(labels)}: ${lines.join('; ')}`);
  return Number(lines[0]?.split(' ').at(-1));
};

describe('/metrics', () => {
  it('is for admins of everything and for tokens made for it, as are the service levels', async (t) => {
    const served = await serve(t, undefined, { gate });
    for (const path of ['/metrics', '/v1/service-levels']) {
      const told = await Promise.all(
        [...Object.keys(callers), 'nobody'].map(async (who) => [who, (await ask(served, path, who)).status]),
      );
      assert.deepEqual(Object.fromEntries(told), {
        admin: 200,
        worker: 403,
        scraper: 200,
        'scraper of one': 403,
        'admin of one': 403,
        'admin of tasks': 403,
        'admin of all, as one agent': 200,
        nobody: 401,
      });
    }
    const { text } = await ask(served, '/metrics');
    assert.equal(
      valueOf(text, 'signalbox_access_denied_total', { who: 'known' }),
      0,
      'nobody counts them here',
    );
    const refused = await ask(served, '/metrics', 'worker');
    assert.match(errorOf(JSON.parse(refused.text)).message, /--categories metrics/);
  });

  it('lets a token that was made for it do nothing else', async (t) => {
    const served = await serve(t, undefined, { gate });
    const headers = { authorization: 'scraper' };
    for (const operation of ['status', 'task_list', 'agent_list', 'audit_query', 'workspace_list'])
      assert.equal((await post(served, operation, { body: {}, headers })).status, 403, operation);
  });
});

describe('what /metrics tells', () => {
  it('is of calls by operation and code, and nothing of what they say', async (t) => {
    const served = await serve(t, undefined, { gate });
    const headers = { authorization: 'admin' };
    const canary = 'zqcanary';
    await post(served, 'task_add', { body: { title: canary, body: canary, slug: canary }, headers });
    await post(served, 'task_get', { body: { id: `${canary}-2` }, headers });
    await post(served, `${canary}_list`, { body: {}, headers });
    await post(served, 'start', {
      body: { agent: canary },
      headers: { ...headers, 'signalbox-client': canary },
    });
    await post(served, 'task_list', { body: {}, headers: { ...headers, 'signalbox-workspace': canary } });
    const repeated = { body: { title: canary }, headers: { ...headers, 'idempotency-key': canary } };
    await post(served, 'task_add', repeated);
    await post(served, 'task_add', repeated);
    const { status, type, text } = await ask(served, '/metrics');
    assert.deepEqual([status, type], [200, 'text/plain; version=0.0.4; charset=utf-8']);
    const calls = (operation: string, code: string): number =>
      valueOf(text, 'signalbox_call_duration_seconds_count', { operation, code });
    assert.equal(calls('task_add', 'ok'), 3);
    assert.equal(calls('task_get', 'not_found'), 1);
    assert.equal(calls('unknown', 'unknown_operation'), 1);
    assert.equal(calls('task_list', 'workspace_unknown'), 1);
    assert.equal(valueOf(text, 'signalbox_calls_repeated_total'), 1);
    assert.ok(!text.includes(canary), text);
    const ends = { operation: 'task_add', code: 'ok', le: '+Inf' };
    assert.equal(valueOf(text, 'signalbox_call_duration_seconds_bucket', ends), 3);
    assert.ok(valueOf(text, 'signalbox_append_duration_seconds_count', { outcome: 'appended' }) >= 3);
    assert.ok(valueOf(text, 'signalbox_batch_calls_count') >= 3);
    assert.equal(valueOf(text, 'signalbox_store_writable', { workspace: 'main' }), 1);
    assert.equal(valueOf(text, 'signalbox_unanswered_calls'), 0);
  });
});

describe('what /metrics tells of calls that cannot go on at once', () => {
  it('is of those that wait, and of sessions and streams that go on where they were', async (t) => {
    const served = await serve(t, undefined, { gate });
    const headers = { authorization: 'admin' };
    const started = await post(served, 'start', { body: { agent: 'ada' }, headers });
    const { session } = Object(started.body);
    await post(served, 'start', {
      body: { agent: 'ada' },
      headers: { ...headers, 'signalbox-session': session },
    });
    const aborting = new AbortController();
    const waiting = fetch(`${served.url}/v1/operations/wait`, {
      method: 'POST',
      headers: { ...headers, 'signalbox-session': session },
      body: JSON.stringify({ wait_ms: 60_000 }),
      signal: aborting.signal,
    });
    const ended = assert.rejects(waiting);
    while ((await served.waiting()) === 0) await new Promise(setImmediate);
    const { text } = await ask(served, '/metrics');
    assert.ok(valueOf(text, 'signalbox_waits_open', { workspace: 'main' }) > 0);
    aborting.abort();
    await ended;
    const stream = new AbortController();
    const since = { ...headers, 'last-event-id': '0' };
    const opened = await fetch(`${served.url}/v1/events`, { headers: since, signal: stream.signal });
    assert.equal(opened.status, 200);
    stream.abort();
    const later = await ask(served, '/metrics');
    assert.equal(valueOf(later.text, 'signalbox_resumes_total', { what: 'events' }), 1);
    assert.equal(valueOf(later.text, 'signalbox_resumes_total', { what: 'session' }), 1);
  });

  it('is of those that were too many, by their class', async (t) => {
    const served = await serve(t, undefined, { gate });
    const headers = { authorization: 'admin' };
    // An admin has twice as many.
    await post(served, 'rate_limit_update', { body: { task: 1, burst: 0 }, headers });
    const tries = [];
    for (let i = 0; i < 4; i += 1)
      tries.push((await post(served, 'task_add', { body: { title: 'x' }, headers })).status);
    assert.deepEqual(tries, [200, 200, 429, 429]);
    const { text } = await ask(served, '/metrics');
    assert.equal(valueOf(text, 'signalbox_rate_limited_total', { class: 'task' }), 2);
  });
});

describe('every metric', () => {
  it('stands in docs/metrics.md, as it is, and nothing else does', async (t) => {
    const served = await serve(t, undefined, { gate });
    await post(served, 'task_add', { body: { title: 'x' }, headers: { authorization: 'admin' } });
    const { text } = await ask(served, '/metrics');
    const names = [...text.matchAll(/^# HELP (\w+) /gm)].map(([, name = '']) => name);
    const page = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8');
    const described = [...page.matchAll(/^\| `(signalbox_\w+)` \|/gm)].map(([, name = '']) => name);
    assert.deepEqual(names.toSorted(), described.toSorted());
    for (const [name, { type, labels, help }] of Object.entries(definitions)) {
      const shown = labels.map((label) => `\`${label}\``).join(', ') || 'none';
      assert.ok(page.includes(`| \`${name}\` | ${type} | ${shown} | ${help} |`), name);
      const unit = /_(?:seconds|total|info|entries|calls|open|writable|readable|requests|tasks)$/;
      assert.match(name, unit, 'a name ends in its unit, or in what is counted');
    }
  });
});

describe('what /metrics tells of queues', () => {
  it('is how many wait for locks and for how long, and how many tasks are ready', async (t) => {
    const served = await serve(t, undefined, { gate });
    const headers = { authorization: 'admin' };
    const start = async (agent: string) => {
      const started = await post(served, 'start', { body: { agent }, headers });
      return { ...headers, 'signalbox-session': Object(started.body).session };
    };
    const [ada, bob] = [await start('ada'), await start('bob')];
    const body = { name: 'wave:1' };
    assert.equal((await post(served, 'lock_acquire', { body, headers: ada })).status, 200);
    const waiting = post(served, 'lock_acquire', { body: { ...body, wait_ms: 60_000 }, headers: bob });
    while ((await served.waiting()) === 0) await new Promise(setImmediate);
    await post(served, 'task_add', { body: { tasks: [{ title: 'x' }, { title: 'y' }] }, headers });
    const { text } = await ask(served, '/metrics');
    const of = { workspace: 'main' };
    assert.equal(valueOf(text, 'signalbox_lock_queue_requests', of), 1);
    assert(valueOf(text, 'signalbox_lock_queue_oldest_seconds', of) >= 0);
    assert.equal(valueOf(text, 'signalbox_ready_tasks', of), 2);
    assert.equal((await post(served, 'lock_release', { body, headers: ada })).status, 200);
    assert.equal((await waiting).status, 200);
    const later = await ask(served, '/metrics');
    assert.equal(valueOf(later.text, 'signalbox_lock_queue_requests', of), 0);
  });
});

describe('what /metrics tells of the process', () => {
  it('is numbers from the first time on, with the labels that docs/metrics.md names', async (t) => {
    const served = await serve(t, undefined, { gate });
    const { text } = await ask(served, '/metrics');
    assert.doesNotMatch(text, /nan$|9223372036/im);
    const page = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8');
    const described = new Map(
      [...page.matchAll(/^\| `(signalbox_\w+)` \| \w+ \| ([^|]+) \|/gm)].map(([, name = '', labels = '']) => [
        name,
        [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
      ]),
    );
    for (const [, name = '', said = ''] of text.matchAll(/^(\w+)\{(.*)\} /gm)) {
      const labels = [...said.matchAll(/(\w+)="/g)].flatMap(([, label]) => (label === 'le' ? [] : [label]));
      assert.deepEqual(labels, described.get(name.replace(/_(?:bucket|sum|count)$/, '')), name);
    }
  });
});

describe('the service levels', () => {
  it('are told as numbers, with what they are of', async (t) => {
    const served = await serve(t, undefined, { gate });
    const headers = { authorization: 'admin' };
    await post(served, 'task_add', { body: { title: 'x' }, headers });
    await post(served, 'task_list', { body: {}, headers });
    const { status, text } = await ask(served, '/v1/service-levels');
    assert.equal(status, 200);
    const { holds, window_s: windowS, levels } = JSON.parse(text);
    assert.deepEqual([typeof holds, windowS], ['boolean', 300]);
    assert.deepEqual(
      levels.map(({ name, unit, target }: Record<string, unknown>) => [name, unit, target]),
      [
        ['read_p95', 's', 0.05],
        ['write_p95', 's', 0.25],
        ['error_rate', 'part', 0.001],
        ['lag', 's', 5],
      ],
    );
    const [reads, writes, errors] = levels;
    assert.deepEqual([reads.calls, writes.calls, errors.calls, errors.value], [1, 1, 2, 0]);
    assert.ok(writes.value > 0);
  });

  it('are not told by what measures nothing', async (t) => {
    const served = await serve(t, () => ({
      metrics: async () => unmeasured,
      serviceLevels: async () => unmeasured,
    }));
    assert.deepEqual(
      [(await ask(served, '/metrics')).status, (await ask(served, '/v1/service-levels')).status],
      [404, 404],
    );
  });
});
