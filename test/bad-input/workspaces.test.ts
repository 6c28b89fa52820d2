import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { openSite, startHub, stdioClient } from '../host/processes.ts';
import { type Served, post, serve } from '../surfaces/serving.ts';

const idsSchema = z.looseObject({ items: z.array(z.looseObject({ id: z.string() })), total: z.number() });
const namesSchema = z.looseObject({ items: z.array(z.looseObject({ name: z.string() })) });

type Ask = (operation: string, input?: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** Works in a workspace as if there were no other; `sign` is in all that it writes. */
const work = async (ask: Ask, sign: string): Promise<void> => {
  await ask('start', { agent: `agent-${sign}`, capabilities: [sign] });
  await ask('task_add', { title: `Secret of ${sign}`, slug: 'same', labels: [sign] });
  await ask('task_add', { title: `Another of ${sign}`, body: `Body of ${sign}`, project: sign });
  await ask('task_update', { id: 'same', note: `Note of ${sign}` });
};

/** Everything that can be read there. */
const readAll = async (ask: Ask): Promise<string> => {
  const tasks = await ask('task_list', { limit: 100 });
  const cards = await Promise.all(
    idsSchema.parse(tasks).items.map(({ id }) => ask('task_get', { id, history: true })),
  );
  return JSON.stringify([tasks, cards, await ask('agent_list'), await ask('start', { agent: 'reader' })]);
};

const knowOnlyThemselves = async (first: Ask, second: Ask): Promise<void> => {
  await work(first, 'left');
  await work(second, 'right');
  for (const [ask, own, other] of [
    [first, 'left', 'right'],
    [second, 'right', 'left'],
  ] as const) {
    const all = await readAll(ask);
    for (const text of [`Secret of ${own}`, `Note of ${own}`, `Body of ${own}`, `agent-${own}`])
      assert(all.includes(text), text);
    assert(!all.includes(other), `${own} sees ${all}`);
    assert.equal(idsSchema.parse(await ask('task_list')).total, 2);
  }
};

const overHttp =
  (served: Served, workspace: string): Ask =>
  async (operation, input = {}) => {
    const headers = { 'Signalbox-Workspace': workspace, 'Signalbox-Connection': `of ${workspace}` };
    const { status, body } = await post(served, operation, { body: input, headers });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };

const overMcp =
  (client: Client): Ask =>
  async (operation, input = {}) => {
    const answer = await client.callTool({ name: operation, arguments: input });
    assert.equal(answer.isError ?? false, false, JSON.stringify(answer.content));
    return answer.structuredContent;
  };

describe('two workspaces', () => {
  it('never see each other’s data over HTTP', async (t) => {
    const served = await serve(t);
    for (const name of ['one', 'two']) await post(served, 'workspace_add', { body: { name } });
    await knowOnlyThemselves(overHttp(served, 'one'), overHttp(served, 'two'));
    assert.equal(idsSchema.parse((await post(served, 'task_list')).body).total, 0);
  });

  it('know nothing of each other’s sessions and request ids', async (t) => {
    const served = await serve(t);
    await post(served, 'workspace_add', { body: { name: 'two' } });
    const started = await post(served, 'start', { body: { agent: 'ada' } });
    const { session } = z.looseObject({ session: z.string() }).parse(started.body);
    const elsewhere = { 'Signalbox-Workspace': 'two' };
    const asAda = { ...elsewhere, 'Signalbox-Session': session };
    assert.equal((await post(served, 'task_claim', { body: {}, headers: asAda })).status, 410);
    const named = { ...elsewhere, 'Signalbox-Agent': 'ada' };
    assert.equal((await post(served, 'task_list', { body: {}, headers: named })).status, 404);
    const key = { 'Idempotency-Key': 'once' };
    const here = await post(served, 'task_add', { body: { title: 'Here' }, headers: key });
    const there = await post(served, 'task_add', {
      body: { title: 'There' },
      headers: { ...key, ...elsewhere },
    });
    assert.deepEqual([here.status, there.status], [200, 200]);
    assert.equal(there.headers.get('signalbox-replayed'), null);
  });

  it('are not reached by names that would lead from one to the other', async (t) => {
    const served = await serve(t);
    for (const name of ['one', 'two']) await post(served, 'workspace_add', { body: { name } });
    await work(overHttp(served, 'one'), 'left');
    for (const name of ['two/../one', '../one', 'one.journal', 'one%00', 'hub', 'one/', './one']) {
      const { status, body } = await post(served, 'task_list', { headers: { 'Signalbox-Workspace': name } });
      assert([400, 404].includes(status), `${name}: ${status}`);
      assert(!JSON.stringify(body).includes('left'));
    }
    const { items } = namesSchema.parse((await post(served, 'workspace_list')).body);
    assert.deepEqual(items.map(({ name }) => name).toSorted(), ['main', 'one', 'two']);
  });

  it('never see each other’s data over two stdio processes on the same journals', async (t) => {
    const site = await openSite(t);
    const one = await stdioClient(site, { flags: ['--workspace', 'one'] });
    const two = await stdioClient(site, { flags: ['--workspace', 'two'] });
    await knowOnlyThemselves(overMcp(one), overMcp(two));
  });

  it('never see each other’s data over two stdio processes before one hub, nor over its own port', async (t) => {
    const site = await openSite(t);
    const { url } = await startHub(site);
    const one = await stdioClient(site, { flags: ['--workspace', 'one'] });
    const two = await stdioClient(site, { flags: ['--workspace', 'two'] });
    await knowOnlyThemselves(overMcp(one), overMcp(two));
    const client = new Client({ name: 'Test Client', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url)));
    assert.equal(idsSchema.parse(await overMcp(client)('task_list')).total, 0);
    await client.close();
  });
});

describe('an address of MCP', () => {
  it('leads to the workspace that it names, in both eras', async (t) => {
    const site = await openSite(t);
    const { url } = await startHub(site);
    for (const mode of ['legacy', 'auto'] as const) {
      const [one, two] = [`one-${mode}`, `two-${mode}`];
      const clients = [];
      for (const name of [one, two]) {
        const added = await fetch(`${url}/v1/operations/workspace_add`, {
          method: 'POST',
          body: JSON.stringify({ name }),
        });
        assert.equal(added.status, 200);
        const client = new Client({ name: 'Test Client', version: '1' }, { versionNegotiation: { mode } });
        await client.connect(new StreamableHTTPClientTransport(new URL(`/mcp/full?workspace=${name}`, url)));
        t.after(() => client.close());
        clients.push(overMcp(client));
      }
      const [first, second] = clients;
      assert(first !== undefined && second !== undefined);
      await knowOnlyThemselves(first, second);
    }
  });

  const addresses: readonly [what: string, query: string, headers: Record<string, string>, code: string][] = [
    ['no name', '?workspace=', {}, 'invalid_input'],
    ['a path', '?x=1&workspace=..%2Fmain', {}, 'invalid_input'],
    ['another than the header', '?workspace=main', { 'Signalbox-Workspace': 'other' }, 'invalid_input'],
    ['one that there is not', '?workspace=nowhere', {}, 'workspace_unknown'],
  ];
  for (const [what, query, headers, code] of addresses) {
    it(`that names ${what} is refused as ${code}`, async (t) => {
      const { url } = await startHub(await openSite(t));
      const answer = await fetch(`${url}/mcp${query}`, {
        method: 'POST',
        headers: {
          ...headers,
          'Content-Type': 'application/json',
          Accept: 'application/json, text/event-stream',
          'MCP-Protocol-Version': '2026-07-28',
          'Mcp-Method': 'tools/call',
          'Mcp-Name': 'task_list',
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: {
            name: 'task_list',
            arguments: {},
            _meta: {
              'io.modelcontextprotocol/protocolVersion': '2026-07-28',
              'io.modelcontextprotocol/clientCapabilities': {},
              'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
            },
          },
        }),
      });
      assert.match(await answer.text(), new RegExp(code));
    });
  }
});
