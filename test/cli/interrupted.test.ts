/* Calls whose process does not live to hear the answer. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { ok } from '../../src/kernel/errors.ts';
import type { Hub } from '../../src/surfaces/hub.ts';
import { serve } from '../surfaces/serving.ts';
import { type Place, openPlace } from './program.ts';

const added = z.object({ tasks: z.array(z.object({ id: z.string() })), replayed: z.boolean().optional() });
const list = z.object({ items: z.array(z.object({ title: z.string() })) });

const titles = async (place: Place, env: Record<string, string> = {}): Promise<readonly string[]> =>
  list.parse(await place.json(['task', 'list'], { env })).items.map(({ title }) => title);

/** A hub that does what it is asked, and then never answers the first call that changes the board. */
const silentHub = async (context: TestContext) => {
  const { promise: done, resolve } = Promise.withResolvers<void>();
  let silent = true;
  const served = await serve(context, (hub: Hub) => ({
    call: async (call) => {
      const reply = await hub.call(call);
      if (!silent || call.operation !== 'task_add') return reply;
      silent = false;
      resolve();
      await new Promise<void>((leave) => call.signal?.addEventListener('abort', () => leave()));
      return ok({ value: {}, replayed: false, waiting: undefined });
    },
  }));
  return { url: served.url, done };
};

const notesOf = ({ dataDir }: Place): readonly string[] => {
  const folder = join(dataDir, 'pending-calls');
  return existsSync(folder) ? readdirSync(folder) : [];
};

describe('a call whose answer was not heard', () => {
  it('is not done again by the same command after the process was killed', async (t) => {
    const { url, done } = await silentHub(t);
    const place = await openPlace(t);
    const env = { SIGNALBOX_URL: url };
    await place.run(['start', '--agent', 'ada'], { env });
    const killed = place.start(['task', 'add', 'Once', '--agent', 'ada'], { env });
    await done;
    killed.kill('SIGKILL');
    await killed.ended;
    const [note = ''] = notesOf(place);
    const folder = join(place.dataDir, 'pending-calls');
    assert.equal(statSync(join(folder, note)).mode & 0o777, 0o600);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    // Another call is not taken for it.
    await place.run(['task', 'add', 'Another', '--agent', 'ada'], { env });
    const again = await place.run(['task', 'add', 'Once', '--agent', 'ada'], { env });
    assert.equal(again.status, 0);
    assert.match(again.err, /^This was interrupted \d+ s ago and had been stored; it was not done again/);
    assert.deepEqual(await titles(place, env), ['Once', 'Another']);
    assert.deepEqual(notesOf(place), []);
    assert.equal((await place.run(['task', 'add', 'Once', '--agent', 'ada'], { env })).err, '');
    assert.equal((await titles(place, env)).length, 3);
  });

  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`after ${signal} says that it may be stored, and is the same call next time`, async (t) => {
      const { url, done } = await silentHub(t);
      const place = await openPlace(t);
      const env = { SIGNALBOX_URL: url };
      const broken = place.start(['task', 'add', 'Once'], { env });
      await done;
      broken.kill(signal);
      const ended = await broken.ended;
      assert.deepEqual([ended.status, ended.out], [status, '']);
      assert.match(
        ended.err,
        /^signalbox: Interrupted\. Whether this was stored is not known\. The same command again/,
      );
      const again = added.parse(await place.json(['task', 'add', 'Once'], { env }));
      assert.deepEqual(again, { tasks: [{ id: 'T-1' }], replayed: true });
      assert.deepEqual(await titles(place, env), ['Once']);
    });
  }

  it('is one call under a request id that was given', async (t) => {
    const place = await openPlace(t);
    const once = ['task', 'add', 'Once', '--request-id', 'r-1'];
    assert.equal(added.parse(await place.json(once)).replayed, undefined);
    const again = await place.run(once);
    assert.match(again.err, /^This was done before, under the same request id/);
    assert.deepEqual(await titles(place), ['Once']);
    const other = await place.run(['task', 'add', 'Other', '--request-id', 'r-1']);
    assert.equal(other.status, 4);
    assert.deepEqual(notesOf(place), []);
  });
});

describe('a call whose answer could not be written', () => {
  it('is not done again by the same command', async (t) => {
    const place = await openPlace(t);
    for (const flags of [[], ['--json']]) {
      const [title] = flags.length === 0 ? ['Once'] : ['Again'];
      const command = ['task', 'add', title ?? '', ...flags];
      const { status, err } = await place.run(command, { into: '/dev/full' });
      assert.equal(status, 1);
      assert.match(err, /could not be written \(ENOSPC/);
      assert.match(err, /This was stored\. The same command again says what, and does not do it twice\./);
      assert.equal(notesOf(place).length, 1);
      assert.equal((await place.run(command)).status, 0);
      assert.deepEqual(notesOf(place), []);
    }
    assert.deepEqual(await titles(place), ['Once', 'Again']);
    const read = await place.run(['task', 'list'], { into: '/dev/full' });
    assert.equal(read.status, 1);
    assert.doesNotMatch(read.err, /stored/);
  });
});

describe('a call that waits', () => {
  it('and its hub are told of the interruption', async (t) => {
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
    const { url } = await serve(t, (hub: Hub) => ({
      call: (call) => {
        if (call.operation === 'task_claim') {
          call.signal?.addEventListener('abort', () => abort());
          resolve();
        }
        return hub.call(call);
      },
    }));
    const place = await openPlace(t);
    const env = { SIGNALBOX_URL: url, SIGNALBOX_AGENT: 'ada' };
    await place.run(['start'], { env });
    const claim = place.start(['task', 'claim', '--wait-ms', '50000'], { env });
    await arrived;
    claim.kill('SIGINT');
    const { status, out, err } = await claim.ended;
    await aborted;
    assert.deepEqual([status, out], [130, '']);
    assert.match(err, /^signalbox: Interrupted\./);
  });
});
