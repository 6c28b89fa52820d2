/* Calls as traces: what a collector is sent of them, and that nothing of it is loaded where none is named. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Span, openCollector } from './collector.ts';
import { openSite, runCommand, sources, startHub, stdioClient } from './processes.ts';

const call = async (
  url: string,
  operation: string,
  {
    headers = {},
    ...input
  }: { readonly headers?: Readonly<Record<string, string>>; readonly [member: string]: unknown } = {},
) => {
  const body = JSON.stringify(input);
  return (await fetch(`${url}/v1/operations/${operation}`, { method: 'POST', headers, body })).json();
};

const attributesOf = ({ attributes }: Span) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';

describe('the traces of a hub', () => {
  it('show a call, its append and its answer, in the trace of who called', async (t) => {
    const collector = await openCollector(t);
    const site = await openSite(t);
    const hub = await startHub(site, { env: { SIGNALBOX_OTEL_ENDPOINT: collector.url } });
    await call(hub.url, 'task_add', { title: 'x', headers: { traceparent: `00-${traceId}-${parentId}-01` } });
    const spans = await collector.until(({ name }) => name === 'call task_add');
    const root = spans.find(({ name }) => name === 'call task_add');
    assert.ok(root !== undefined);
    assert.deepEqual([root.traceId, root.parentSpanId], [traceId, parentId]);
    assert.deepEqual(attributesOf(root), { 'signalbox.operation': 'task_add', 'signalbox.code': 'ok' });
    const children = spans.filter(({ parentSpanId }) => parentSpanId === root.spanId);
    assert.deepEqual(
      children.map(({ name }) => name),
      ['append', 'answer'],
    );
    const [append, answer] = children;
    assert.ok(append !== undefined && answer !== undefined);
    assert.deepEqual(attributesOf(append), {
      'signalbox.append.outcome': 'appended',
      'signalbox.batch.entries': 1,
      'signalbox.batch.calls': 1,
    });
    // Each span begins on the machine's clock, in whole milliseconds.
    const roundingNano = 5_000_000n;
    assert.ok(root.startTimeUnixNano <= append.startTimeUnixNano + roundingNano);
    assert.ok(append.endTimeUnixNano <= answer.endTimeUnixNano + roundingNano);
    assert.ok(answer.endTimeUnixNano <= root.endTimeUnixNano + roundingNano);
  });

  it('show a call of a tool, through a stdio process, in the trace that it names', async (t) => {
    const collector = await openCollector(t);
    const site = await openSite(t);
    await startHub(site, { env: { SIGNALBOX_OTEL_ENDPOINT: collector.url } });
    const client = await stdioClient(site);
    const _meta = { traceparent: `00-${traceId}-${parentId}-01` };
    await client.callTool({ name: 'task_add', arguments: { title: 'x' }, _meta });
    const spans = await collector.until(({ name }) => name === 'call task_add');
    const root = spans.find(({ name }) => name === 'call task_add');
    assert.deepEqual([root?.traceId, root?.parentSpanId], [traceId, parentId]);
  });

  it('follow the caller’s decision to sample, and take what is no traceparent for none', async (t) => {
    const collector = await openCollector(t);
    const hub = await startHub(await openSite(t), { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    await call(hub.url, 'task_list', { headers: { traceparent: `00-${traceId}-${parentId}-00` } });
    for (const odd of [`00-${'0'.repeat(32)}-${parentId}-01`, `ff-${traceId}-${parentId}-01`, 'x'])
      await call(hub.url, 'agent_list', { headers: { traceparent: odd } });
    await call(hub.url, 'status');
    const spans = await collector.until(({ name }) => name === 'call status');
    assert.deepEqual(
      spans
        .filter(({ name }) => name.startsWith('call '))
        .map(({ name, parentSpanId = '' }) => [name, parentSpanId]),
      [
        ['call agent_list', ''],
        ['call agent_list', ''],
        ['call agent_list', ''],
        ['call status', ''],
      ],
    );
  });
});

describe('the traces of calls that say much', () => {
  it('hold nothing of it, neither in calls that are done nor in those that are refused', async (t) => {
    const collector = await openCollector(t);
    const site = await openSite(t);
    const canary = 'zqcanary';
    const env = { SIGNALBOX_OTEL_ENDPOINT: collector.url };
    const hub = await startHub(site, { auth: true, env });
    const token = readFileSync(join(site.dataDir, 'token'), 'utf8').trim();
    const headers = {
      authorization: `Bearer ${token}`,
      'signalbox-client': canary,
      'idempotency-key': canary,
      tracestate: `a=${canary}`,
      baggage: `a=${canary}`,
    };
    await call(hub.url, 'start', { agent: canary, headers });
    await call(hub.url, 'task_add', { title: canary, body: canary, slug: canary, headers });
    await call(hub.url, 'task_get', { id: canary, [canary]: canary, headers });
    await call(hub.url, `${canary}_list`, { headers });
    await call(hub.url, 'task_list', { headers: { ...headers, 'signalbox-workspace': canary } });
    const client = await stdioClient(site);
    await client.callTool({ name: 'task_add', arguments: { title: canary } });
    await call(hub.url, 'status', { headers });
    const spans = await collector.until(({ name }) => name === 'call status');
    const names = new Set(spans.map(({ name }) => name));
    for (const name of ['start', 'task_add', 'task_get', 'unknown', 'task_list'])
      assert.ok(names.has(`call ${name}`), name);
    const all = collector.bodies.join('\n');
    assert.ok(!all.includes(canary), all);
    assert.ok(!all.includes(token.slice('sbx_'.length)));
  });
});

describe('a collector that cannot be reached', () => {
  /** A server that answers everything so, or, without an answer, is gone. */
  const portOf = async (t: TestContext, status: number | undefined): Promise<number> => {
    const server = createServer((_, response) => void response.writeHead(status ?? 0).end('no'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert(address !== null && typeof address === 'object');
    if (status === undefined) server.close();
    else t.after(() => server.close());
    return address.port;
  };

  for (const [what, status] of [
    ['refuses', 400],
    ['is gone', undefined],
  ] as const)
    it(`keeps no call from being answered and no hub from stopping when it ${what}`, async (t) => {
      const port = await portOf(t, status);
      const site = await openSite(t);
      const { promise: told, resolve } = Promise.withResolvers<string>();
      let log = '';
      const hub = await startHub(site, {
        env: { SIGNALBOX_OTEL_ENDPOINT: `http://127.0.0.1:${port}` },
        hears: (text) => {
          log += text;
          if (log.includes('do not reach the collector')) resolve(log);
        },
      });
      await call(hub.url, 'task_add', { title: 'x' });
      assert.equal(await hub.stop(), 0, log);
      assert.match(await told, /"level":"warn"/);
      assert.doesNotMatch(log, /defect/);
    });

  it('is refused where its address could hold a secret, or is none', async (t) => {
    const { dataDir } = await openSite(t);
    for (const odd of ['http://me:secret@127.0.0.1:4318', 'here']) {
      const refused = await runCommand([
        'serve',
        '--port',
        '0',
        '--data-dir',
        dataDir,
        '--otel-endpoint',
        odd,
      ]);
      assert.equal(refused.status, 2, refused.err);
    }
  });
});

describe('a hub', () => {
  /** The packages of node_modules that a hub has loaded when it has answered a call. */
  const loadedBy = async (t: TestContext, path: string): Promise<readonly string[]> => {
    const site = await openSite(t);
    const list = join(site.dataDir, 'modules');
    const noting = pathToFileURL(join(import.meta.dirname, '../cli/noting-modules.ts')).href;
    const hub = await startHub(site, {
      program: sources,
      env: { NODE_OPTIONS: `--import=${noting}`, MODULES_LIST: list },
    });
    await call(hub.url, 'task_add', { title: 'x' });
    await (await fetch(`${hub.url}${path}`)).text();
    const urls = readFileSync(list, 'utf8').split('\n');
    return [...new Set(urls.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []))];
  };

  it('loads nothing that traces where no collector is named, and nothing that writes metrics before it is asked', async (t) => {
    const plain = await loadedBy(t, '/health');
    assert.ok(plain.includes('zod'));
    assert.deepEqual(
      plain.filter((name) => name === 'prom-client' || name.startsWith('@opentelemetry/')),
      [],
    );
    const asked = await loadedBy(t, '/metrics');
    // prom-client has the interface of OpenTelemetry loaded, for links between metrics and traces.
    assert.deepEqual(
      asked.filter((name) => name === 'prom-client' || name.startsWith('@opentelemetry/')),
      ['prom-client', '@opentelemetry/api'],
    );
  });
});
