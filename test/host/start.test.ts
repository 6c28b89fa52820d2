import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openingHub } from '../../src/host/opening-hub.ts';
import { type Outcome, ok, refuse } from '../../src/kernel/errors.ts';
import type { Hub } from '../../src/surfaces/hub.ts';
import { errorOf, post, serve } from '../surfaces/serving.ts';
import { openSite, runCommand } from './processes.ts';

describe('a start of the hub', () => {
  it('on a port that is in use is refused and makes no file', async (t) => {
    const { dataDir, onEnd } = await openSite(t);
    const other = createServer().listen(0, '127.0.0.1');
    onEnd(async () => other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    for (const directory of [dataDir, join(dataDir, 'new')]) {
      const { status, out, err } = await runCommand([
        'serve',
        '--port',
        String(port),
        '--data-dir',
        directory,
      ]);
      assert.deepEqual([status, out], [4, '']);
      assert.match(err, new RegExp(`Port ${port} .* is in use.*--port`));
    }
    assert.deepEqual(readdirSync(dataDir), []);
  });

  it('that cannot open its journals says why, and gives its port back', async (t) => {
    const { dataDir } = await openSite(t);
    const file = join(dataDir, 'file');
    writeFileSync(file, '');
    const { status, out, err } = await runCommand(['serve', '--port', '0', '--data-dir', file]);
    assert.deepEqual([status, out], [6, '']);
    assert.match(err, /--data-dir/);
    assert(existsSync(file));
  });
});

/** A hub that is open as soon as the test says so, behind a real port that answers from the beginning. */
const opening = () => {
  const opened = Promise.withResolvers<true | Outcome<Hub>>();
  const asked = Promise.withResolvers<true>();
  const wrap = (hub: Hub): Hub => {
    const waiting = openingHub(
      hub.version,
      opened.promise.then((outcome) => (outcome === true ? ok(hub) : outcome)),
    );
    const call: Hub['call'] = (one) => {
      asked.resolve(true);
      return waiting.call(one);
    };
    return { ...waiting, call };
  };
  return { opened, asked: asked.promise, wrap };
};

describe('a call before the hub has opened its journals', () => {
  it('is answered once they are open', async (t) => {
    const { opened, asked, wrap } = opening();
    const served = await serve(t, wrap);
    let answered = 0;
    const answers = [post(served, 'task_list'), fetch(`${served.url}/health`)].map(async (answer) => {
      const { status } = await answer;
      answered += 1;
      return status;
    });
    await asked;
    await fetch(served.url);
    assert.deepEqual([answered, served.calls.length], [0, 0]);
    opened.resolve(true);
    assert.deepEqual(await Promise.all(answers), [200, 200]);
  });

  it('is told at once that it would have to wait, if it asks', async (t) => {
    const { opened, wrap } = opening();
    const served = await serve(t, wrap);
    const readyOf = async () => (await fetch(`${served.url}/ready`)).json();
    assert.deepEqual(await readyOf(), { ready: false, reason: 'the journals are being opened' });
    opened.resolve(true);
    assert.equal((await post(served, 'task_list')).status, 200);
    assert.deepEqual(await readyOf(), { ready: true, reason: null });
  });

  it('is refused when the hub is told to stop before they are', async (t) => {
    const stop = new AbortController();
    const never = new Promise<never>(() => {});
    const served = await serve(t, (hub) => openingHub(hub.version, never, stop.signal));
    const [call, health] = [post(served, 'task_list'), fetch(`${served.url}/health`)];
    stop.abort();
    assert.equal(errorOf((await call).body).code, 'stopping');
    assert.equal((await health).status, 503);
    assert.deepEqual(await (await fetch(`${served.url}/ready`)).json(), { ready: false, reason: 'stopping' });
  });

  it('is refused with the reason if they cannot be opened', async (t) => {
    const { opened, asked, wrap } = opening();
    const served = await serve(t, wrap);
    const answer = post(served, 'task_list');
    await asked;
    opened.resolve(refuse('storage_read_only', 'The disk cannot be written. Make it writable.'));
    const { status, body } = await answer;
    assert.equal(status, 507);
    assert.equal(errorOf(body).code, 'storage_read_only');
    assert.equal((await fetch(`${served.url}/health`)).status, 503);
  });
});
