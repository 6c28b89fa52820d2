import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Client } from '@modelcontextprotocol/client';
import { openSite, runCommand, startHub, stdioClient } from './processes.ts';

const namesOf = async (client: Client): Promise<readonly string[]> =>
  (await client.listTools(undefined, { cacheMode: 'bypass' })).tools.map(({ name }) => name);

for (const way of ['over its own journals', 'over a running hub'] as const) {
  describe(`the tools that signalbox mcp shows, ${way}`, () => {
    it('are those of the mode that it is told, by flag before environment', async (t) => {
      const site = await openSite(t);
      if (way === 'over a running hub') await startHub(site);
      const minimal = await stdioClient(site, {
        flags: ['--mode', 'minimal'],
        env: { SIGNALBOX_MODE: 'full' },
      });
      assert.deepEqual(await namesOf(minimal), ['start', 'tool_search', 'tool_call']);
      const custom = await stdioClient(site, { env: { SIGNALBOX_MODE: 'workspaces' } });
      const names = await namesOf(custom);
      for (const name of ['start', 'workspace_list', 'workspace_add', 'tool_search', 'tool_call'])
        assert(names.includes(name), name);
      assert(!names.includes('task_claim') && !names.includes('agent_list'));
    });

    it('are those of the default mode of its workspace otherwise', async (t) => {
      const site = await openSite(t);
      if (way === 'over a running hub') await startHub(site);
      const shop = await stdioClient(site, { flags: ['--workspace', 'shop'] });
      const standard = await namesOf(shop);
      assert(standard.includes('task_claim') && !standard.includes('mode_set'));
      const set = await shop.callTool({ name: 'mode_set', arguments: { mode: 'minimal' } });
      assert.equal((set.structuredContent as { workspace: string }).workspace, 'shop');
      assert.deepEqual(await namesOf(shop), ['start', 'tool_search', 'tool_call']);
      const main = await stdioClient(site);
      assert.deepEqual(await namesOf(main), standard);
    });
  });
}

describe('a mode that is none', () => {
  for (const mode of ['standart', 'tasks,locks']) {
    it(`is refused before anything starts, with what there is: ${JSON.stringify(mode)}`, async () => {
      const { status, out, err } = await runCommand(['mcp', '--mode', mode]);
      assert.equal(status, 2);
      assert.equal(out, '');
      assert.match(
        err,
        /^signalbox: There is no mode "[^\u001b]*"\. Give minimal, standard, full, .*agents, tasks/,
      );
    });
  }

  it('may hold no control characters', async () => {
    const { status, out, err } = await runCommand(['mcp', '--mode', 'a\u001bb']);
    assert.deepEqual([status, out], [2, '']);
    assert.match(err, /^signalbox: --mode cannot be "a\?b": it holds control characters/);
  });
});
