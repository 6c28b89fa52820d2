import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Client } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { openSite, runCommand, startHub, stdioClient } from './processes.ts';

const call = async (client: Client, name: string, input: Record<string, unknown> = {}) => {
  const answer = await client.callTool({ name, arguments: input });
  assert.equal(answer.isError ?? false, false, JSON.stringify(answer.content));
  return z.looseObject({ agent: z.string().optional() }).parse(answer.structuredContent);
};

/** Every call after a start under this name or another one must be understood as that agent's. */
const worksUnder = async (client: Client, agent: string): Promise<void> => {
  await call(client, 'task_add', { title: 'x', slug: 'one' });
  await call(client, 'task_claim', { id: 'one' });
  await call(client, 'task_done', { id: 'one' });
  assert.equal((await call(client, 'agent_leave')).agent, agent);
};

for (const way of ['over its own journals', 'over a running hub'] as const) {
  describe(`the name given to signalbox mcp, ${way}`, () => {
    it('is that of a start without one', async (t) => {
      const site = await openSite(t);
      if (way === 'over a running hub') await startHub(site);
      const client = await stdioClient(site, { flags: ['--agent', 'anna'] });
      assert.equal((await call(client, 'start')).agent, 'anna');
      await worksUnder(client, 'anna');
    });

    it('gives way to the name in the call, and to the agent of a session', async (t) => {
      const site = await openSite(t);
      if (way === 'over a running hub') await startHub(site);
      const client = await stdioClient(site, { env: { SIGNALBOX_AGENT: 'anna' } });
      const bert = await call(client, 'start', { agent: 'bert' });
      assert.equal(bert.agent, 'bert');
      assert.equal((await call(client, 'start', { session: bert['session'] })).agent, 'bert');
      await worksUnder(client, 'bert');
    });
  });
}

describe('a name that is none', () => {
  for (const name of ['../etc', 'a b', '.hidden', 'x'.repeat(65), 'a\u001bb']) {
    it(`is refused before anything starts: ${JSON.stringify(name.slice(0, 12))}`, async () => {
      const { status, out, err } = await runCommand(['mcp', '--agent', name]);
      assert.equal(status, 2);
      assert.equal(out, '');
      assert.match(err, /^signalbox: --agent cannot be "[^\u001b]*": .+\. Give another, or leave it out\./);
    });
  }
});
