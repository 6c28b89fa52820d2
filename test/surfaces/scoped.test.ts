import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ok } from '../../src/kernel/errors.ts';
import type { Caller } from '../../src/kernel/operation.ts';
import type { Gate } from '../../src/surfaces/http/gate.ts';
import { RawMcp, begin, initialize, modern, request } from './raw-mcp.ts';
import { post, serve } from './serving.ts';

const callers: Readonly<Record<string, Partial<Caller>>> = {
  whole: { token: 'tk_whole' },
  other: { token: 'tk_other' },
  shop: { token: 'tk_shop', scope: { workspaces: ['shop'], categories: ['*'] } },
};

/** Everybody is the owner, by the token of this name. */
const gate: Gate = {
  admit: ({ authorization = '' }) =>
    ok({
      principal: 'owner',
      role: 'admin',
      kind: 'person',
      agent: undefined,
      session: undefined,
      connection: undefined,
      client: undefined,
      ...callers[authorization],
    }),
};

const as = (authorization: string): Record<string, string> => ({ authorization });
const ping = request(2, 'ping');

interface Asked {
  readonly headers: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly body?: string;
}

describe('a token', () => {
  it('does not open the session of MCP that another token of the same principal began', async (t) => {
    const { url } = await serve(t, undefined, { gate });
    const opened = await new RawMcp(t, `${url}/mcp`, as('whole')).post(initialize('2025-11-25'));
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    assert.equal((await new RawMcp(t, `${url}/mcp`, { ...as('other'), ...session }).post(ping)).status, 404);
    assert.equal((await new RawMcp(t, `${url}/mcp`, { ...as('whole'), ...session }).post(ping)).status, 200);
  });

  it('that is for some workspaces hears nothing of others, on any way in', async (t) => {
    const served = await serve(t, undefined, { gate });
    await post(served, 'workspace_add', { headers: as('whole'), body: { name: 'shop' } });
    const statusOf = async (path: string, { headers, ...init }: Asked): Promise<number> => {
      const cut = new AbortController();
      const response = await fetch(`${served.url}${path}`, {
        ...init,
        signal: cut.signal,
        headers: { ...as('shop'), ...headers },
      });
      cut.abort();
      return response.status;
    };
    for (const workspace of ['main', 'nowhere']) {
      const headers = { 'signalbox-workspace': workspace };
      const opening = { method: 'POST', body: JSON.stringify(initialize('2025-11-25')), headers };
      assert.equal(await statusOf('/v1/changes', { headers }), 404, workspace);
      assert.equal(await statusOf('/v1/events', { headers }), 404, workspace);
      assert.equal(await statusOf('/mcp', opening), 404, workspace);
      const called = await post(served, 'task_list', { headers: { ...as('shop'), ...headers } });
      assert.equal(called.status, 404, workspace);
    }
    const headers = { 'signalbox-workspace': 'shop' };
    assert.equal(await statusOf('/v1/changes', { headers }), 200);
    assert.equal(await statusOf('/v1/events', { headers }), 200);
    assert.equal((await post(served, 'task_list', { headers: { ...as('shop'), ...headers } })).status, 200);
  });
});

it('DE26 what is written on any way in carries the public id of the token', async (t) => {
  const served = await serve(t, undefined, { gate });
  const add = (id: number) =>
    [id, 'tools/call', { name: 'task_add', arguments: { title: `Task ${id}` } }] as const;
  const called = await post(served, 'task_add', { headers: as('whole'), body: { title: 'Task 1' } });
  assert.equal(called.status, 200);
  const { client } = await begin(t, `${served.url}/mcp`, as('whole'));
  assert.equal((await client.post(request(...add(2)))).status, 200);
  const { body, headers } = modern(...add(3));
  const sessionless = await new RawMcp(t, `${served.url}/mcp`, as('whole')).post(body, headers);
  assert.equal(sessionless.status, 200);
  const audited = await post(served, 'audit_query', {
    headers: as('whole'),
    body: { type: 'tasks.added' },
  });
  const { items } = Object(audited.body);
  assert.deepEqual(
    items.map((item: { token_id: string }) => item.token_id),
    ['tk_whole', 'tk_whole', 'tk_whole'],
    JSON.stringify(items),
  );
});
