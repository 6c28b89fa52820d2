import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connect, contentOf, resultOf } from './mcp-clients.ts';
import { post, serve } from './serving.ts';

/** Those whose connection stands for the session; over HTTP the modern era has headers for it. */
const ways = [
  ['over stdio', 'legacy'],
  ['over stdio', 'modern'],
  ['over HTTP', 'legacy'],
] as const;

describe('what waits for an agent, as resources', () => {
  for (const [over, era] of ways) {
    it(`is read in its name, and a change of it is told: ${over}, ${era}`, async (t) => {
      const served = await serve(t);
      const headers = { 'signalbox-agent': 'bob' };
      await post(served, 'start', { body: { agent: 'bob' } });
      const client = await connect(t, served, { era, over });
      await resultOf(client, 'start', { agent: 'ada' });
      const changed = new Set<string>();
      const both = Promise.withResolvers<void>();
      client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
        changed.add(params.uri);
        if (changed.size === 2) both.resolve();
      });
      const uris = ['signalbox://inbox', 'signalbox://waiting'];
      if (era === 'modern') await client.listen({ resourceSubscriptions: uris });
      else for (const uri of uris) await client.subscribeResource({ uri });
      const sent = await post(served, 'message_send', { headers, body: { to: 'ada', text: 'Hello.' } });
      assert.equal(sent.status, 200);
      await both.promise;
      assert.deepEqual([...changed].toSorted(), uris);
      // Reading is reading: what one of them has shown, neither shows again.
      const uri = era === 'legacy' ? 'signalbox://inbox' : 'signalbox://waiting';
      const { messages } = await contentOf(client, uri);
      assert.equal((messages as readonly { text: string }[])[0]?.text, 'Hello.');
    });
  }
});
