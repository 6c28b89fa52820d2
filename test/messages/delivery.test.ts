/* What a receipt says is true, also when processes end before their answers are read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { type Place, type Started, openPlace } from '../cli/program.ts';

const sentSchema = z.object({ id: z.string() });
const inboxSchema = z.object({ messages: z.array(z.object({ id: z.string(), text: z.string() })) });
const receiptSchema = z.object({ deliveries: z.array(z.object({ agent: z.string(), state: z.string() })) });

const startHub = async (place: Place): Promise<Started> => {
  const hub = place.start(['serve', '--port', '0', '--insecure-no-auth']);
  await hub.says('Ctrl-C');
  return hub;
};

const join = async (place: Place): Promise<void> => {
  for (const agent of ['ada', 'bob']) await place.json(['start', '--agent', agent]);
};

const send = async (place: Place, text: string): Promise<string> =>
  sentSchema.parse(await place.json(['message', 'send', text, '--to', 'bob', '--agent', 'ada'])).id;

const inbox = async (place: Place): Promise<readonly string[]> =>
  inboxSchema.parse(await place.json(['inbox', '--agent', 'bob'])).messages.map(({ text }) => text);

/** As an agent reads that says nothing of what it has got but that it calls again. */
const inboxOver = async (hub: Started): Promise<readonly string[]> => {
  const [url = ''] = /http:\/\/[^\s/]+/.exec(await hub.says('Ctrl-C')) ?? [];
  const response = await fetch(`${url}/v1/operations/inbox`, {
    method: 'POST',
    headers: { 'Signalbox-Agent': 'bob', 'Content-Type': 'application/json' },
    body: '{}',
  });
  return inboxSchema.parse(await response.json()).messages.map(({ text }) => text);
};

const stateOf = async (place: Place, id: string): Promise<string | undefined> =>
  receiptSchema.parse(await place.json(['message', 'get', id, '--agent', 'ada'])).deliveries[0]?.state;

describe('a receipt', () => {
  it('ME11 says that a message was surfaced once a command has printed it, on the journals', async (t) => {
    const place = await openPlace(t);
    await join(place);
    const id = await send(place, 'Look at T-2, please.');
    assert.equal(await stateOf(place, id), 'stored');
    await place.json(['task', 'list', '--agent', 'bob']);
    assert.equal(await stateOf(place, id), 'offered', 'the list said that a message waits');
    assert.deepEqual(await inbox(place), ['Look at T-2, please.']);
    assert.equal(await stateOf(place, id), 'surfaced');
    assert.deepEqual(await inbox(place), []);
  });

  for (const how of ['on the journals', 'of a hub'] as const) {
    it(`ME11 does not say so of what could not be printed, ${how}`, async (t) => {
      const place = await openPlace(t);
      if (how === 'of a hub') await startHub(place);
      await join(place);
      const id = await send(place, 'Look at T-2, please.');
      for (const options of [{ into: '/dev/full' }, { deaf: true }] as const) {
        const { err } = await place.run(['inbox', '--agent', 'bob'], options);
        assert.doesNotMatch(err, /stored/);
      }
      assert.notEqual(await stateOf(place, id), 'surfaced');
      assert.deepEqual(await inbox(place), ['Look at T-2, please.']);
      assert.deepEqual(await inbox(place), []);
    });
  }

  it('ME11 does not say so of a hub that stops before the agent has called again', async (t) => {
    const place = await openPlace(t);
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const hub = await startHub(place);
      await join(place);
      const id = await send(place, signal);
      assert.deepEqual(await inboxOver(hub), [signal]);
      hub.kill(signal);
      await hub.ended;
      assert.notEqual(await stateOf(place, id), 'surfaced');
      const next = await startHub(place);
      assert.deepEqual(await inboxOver(next), [signal], 'it is shown again rather than never');
      assert.deepEqual(await inboxOver(next), []);
      next.kill('SIGTERM');
      assert.equal((await next.ended).status, 0);
      assert.equal(await stateOf(place, id), 'surfaced', 'what a hub knew when it stopped is written');
    }
  });
});
