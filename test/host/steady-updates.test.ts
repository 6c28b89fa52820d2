/* What a client of `signalbox mcp` hears while its hub comes and goes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Client } from '@modelcontextprotocol/client';
import { type HubProcess, openSite, startHub, stdioClient } from './processes.ts';

const board = 'signalbox://board';

const addTask = ({ url }: HubProcess) =>
  fetch(`${url}/v1/operations/task_add`, { method: 'POST', body: '{"title":"x"}' });

/** Counts what is heard of the board, and of the tools. */
const hearing = (client: Client) => {
  const heard = { board: 0, tools: 0 };
  let wake = (): void => {};
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    assert.equal(params.uri, board);
    heard.board += 1;
    wake();
  });
  client.setNotificationHandler('notifications/tools/list_changed', () => {
    heard.tools += 1;
    wake();
  });
  const until = async (what: keyof typeof heard, times: number): Promise<void> => {
    while (heard[what] < times) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { heard, until };
};

describe('updates over stdio', { concurrency: true }, () => {
  for (const era of ['legacy', 'modern'] as const) {
    it(`come from a hub elsewhere, from the next after it, and from the journals when there is none, ${era}`, async (t) => {
      const site = await openSite(t);
      let hub = await startHub(site);
      const client = await stdioClient(site, { era });
      const { heard, until } = hearing(client);
      if (era === 'legacy') await client.subscribeResource({ uri: board });
      else await client.listen({ resourceSubscriptions: [board], toolsListChanged: true });
      await addTask(hub);
      await until('board', 1);
      assert.equal(heard.tools, 0, 'nothing was missed');
      await hub.crash();
      hub = await startHub(site);
      // After the gap everything may have changed, the tools included.
      await until('tools', 1);
      await until('board', 2);
      await addTask(hub);
      await until('board', 3);
      await hub.crash();
      await client.callTool({ name: 'task_add', arguments: { title: 'x' } });
      await until('board', 4);
    });
  }
});
