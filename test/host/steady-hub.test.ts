/* What `signalbox mcp` does while its hub comes and goes. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import type { Client } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { claimsOf, linesOf } from '../race/journal-check.ts';
import { type HubProcess, type Site, openSite, startHub, stdioClient } from './processes.ts';

const answerSchema = z.looseObject({ id: z.string().optional(), session: z.string().optional() });

const call = async (client: Client, name: string, input: Record<string, unknown> = {}) => {
  const answer = await client.callTool({ name, arguments: input });
  assert.equal(answer.isError ?? false, false, JSON.stringify(answer.content));
  return answerSchema.parse(answer.structuredContent);
};

const refusalOf = async (
  client: Client,
  name: string,
  input: Record<string, unknown> = {},
): Promise<string> => {
  const answer = await client.callTool({ name, arguments: input });
  assert.equal(answer.isError, true, JSON.stringify(answer));
  return JSON.stringify(answer.content);
};

const post = async ({ url }: HubProcess, operation: string, input: unknown) => {
  const response = await fetch(`${url}/v1/operations/${operation}`, {
    method: 'POST',
    body: JSON.stringify(input),
  });
  return z.looseObject({}).parse(await response.json());
};

const titles = (count: number) => ({ tasks: Array.from({ length: count }, () => ({ title: 'x' })) });

const totalSchema = z.looseObject({ total: z.number() });

const agentsSchema = z.looseObject({
  items: z.array(z.looseObject({ name: z.string(), sessions: z.number() })),
});

const names = ['ada', 'bob', 'cy'];

/** Agents in front of processes of their own, each in a session. */
const agentsIn = (site: Site, options: Parameters<typeof stdioClient>[1] = {}) =>
  Promise.all(
    names.map(async (agent) => {
      const client = await stdioClient(site, options);
      const { session } = await call(client, 'start', { agent, wip_limit: 100 });
      return { agent, client, session };
    }),
  );

const portOf = ({ url }: HubProcess): string => new URL(url).port;

describe('a hub that is restarted', () => {
  it('on another port: every call is done once, and the sessions go on', async (t) => {
    const site = await openSite(t);
    let hub = await startHub(site);
    const agents = await agentsIn(site);
    const claimed: (string | undefined)[] = [];
    for (let round = 0; round < 3; round += 1) {
      const board = titles(12);
      await post(hub, 'task_add', board);
      // Twice as many as there is work: half of them wait, over the end of their hub.
      const claims = agents.flatMap(({ client }) =>
        Array.from({ length: 8 }, () => call(client, 'task_claim', { wait_ms: 50_000 })),
      );
      await Promise.any(claims);
      await hub.crash();
      const next = await startHub(site);
      assert.notEqual(portOf(next), portOf(hub));
      hub = next;
      await post(hub, 'task_add', board);
      claimed.push(...(await Promise.all(claims)).map(({ id }) => id));
    }
    assert.equal(claimed.length, 72);
    assert.equal(new Set(claimed).size, 72, 'nobody has got what another one has');
    const claims = claimsOf(linesOf(join(site.dataDir, 'workspaces', 'main.journal')));
    assert.deepEqual(new Set(claims.map(({ task }) => task)), new Set(claimed));
    assert.equal(claims.length, claimed.length, 'each is claimed once');
    for (const { agent, client, session } of agents) {
      assert.equal((await call(client, 'start')).session, session, agent);
    }
    const { items } = agentsSchema.parse(await post(hub, 'agent_list', {}));
    assert.deepEqual(
      items.map(({ sessions }) => sessions),
      [1, 1, 1],
    );
  });

  it('by a signal: who waits goes on waiting at the next', async (t) => {
    const site = await openSite(t);
    const hub = await startHub(site);
    const client = await stdioClient(site);
    await call(client, 'start', { agent: 'ada' });
    const claim = call(client, 'task_claim', { wait_ms: 50_000 });
    await call(client, 'agent_list');
    assert.equal(await hub.stop(), 0);
    await post(await startHub(site), 'task_add', { title: 'x' });
    assert.equal((await claim).id, 'T-1');
  });

  it('at the address that was given: calls wait for it', async (t) => {
    const site = await openSite(t);
    const hub = await startHub(site);
    const agents = await agentsIn(await openSite(t), { flags: ['--url', hub.url] });
    await post(hub, 'task_add', titles(3));
    const claimed = await Promise.all(agents.map(({ client }) => call(client, 'task_claim')));
    await hub.crash();
    const done = agents.map(({ client }, index) => call(client, 'task_done', { id: claimed[index]?.id }));
    const again = await startHub(site, { port: portOf(hub) });
    await Promise.all(done);
    const { total } = totalSchema.parse(await post(again, 'task_list', { status: ['done'] }));
    assert.equal(total, 3);
  });
});

describe('a hub that does not come back', () => {
  it('is replaced by the journals, where the session still holds what it held', async (t) => {
    const site = await openSite(t);
    const hub = await startHub(site);
    const [ada, bob] = await agentsIn(site);
    assert(ada !== undefined && bob !== undefined);
    await post(hub, 'task_add', titles(3));
    const { id } = await call(ada.client, 'task_claim');
    await hub.crash();
    const [, claimed] = await Promise.all([
      call(ada.client, 'task_done', { id, result: 'finished' }),
      call(bob.client, 'task_claim'),
    ]);
    assert.notEqual(claimed.id, id);
    assert.equal((await call(ada.client, 'start')).session, ada.session);
    // It stays with the journals; a hub that is started now shares them.
    const next = await startHub(site);
    await call(bob.client, 'task_done', { id: claimed.id });
    const { total } = totalSchema.parse(await post(next, 'task_list', { status: ['done'] }));
    assert.equal(total, 2);
  });
});

/** A port that nobody listens on: a hub has just had it. */
const freePort = async (context: TestContext): Promise<string> => {
  const hub = await startHub(await openSite(context));
  await hub.stop();
  return portOf(hub);
};

describe('a hub that is not there yet', () => {
  it('is waited for, and the client is answered at once', async (t) => {
    const port = await freePort(t);
    const site = await openSite(t);
    const url = `http://127.0.0.1:${port}`;
    const from = performance.now();
    const client = await stdioClient(await openSite(t), { flags: ['--url', url] });
    assert((await client.listTools()).tools.length > 0);
    assert(performance.now() - from < 10_000);
    const started = call(client, 'start', { agent: 'ada' });
    await startHub(site, { port });
    assert.match((await started).session ?? '', /^s-/);
    await call(client, 'task_add', { title: 'x' });
  });

  it('is not guessed at: what is no address ends the process', async (t) => {
    const site = await openSite(t);
    await assert.rejects(stdioClient(site, { flags: ['--url', 'hub'] }));
  });
});

describe('journals that cannot be opened', () => {
  it('are named in the answer to each call', async (t) => {
    const site = await openSite(t);
    const client = await stdioClient({ ...site, dataDir: '/dev/null/x' });
    assert.match(await refusalOf(client, 'task_list'), /cannot be used: .*\[storage_read_only\]/);
    assert.match(await refusalOf(client, 'start'), /\[storage_read_only\]/);
  });
});
