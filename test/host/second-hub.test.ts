/* A hub that is not the first: on its port, on its socket, or on its data directory. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { version } from '../../src/host/version.ts';
import { type Place, openPlace } from '../cli/program.ts';

const startFirst = async (place: Place, args: readonly string[] = ['--port', '0']) => {
  const hub = place.start(['serve', ...args]);
  const url = /ready on (\S+)/.exec(await hub.says('Ctrl-C'))?.[1] ?? '';
  return { hub, url, port: new URL(url).port };
};

describe('a second hub on the same port', () => {
  it('is refused, and told which is the first', async (t) => {
    const place = await openPlace(t);
    const { hub, url, port } = await startFirst(place);
    const { status, out, err } = await place.run(['serve', '--port', port]);
    assert.deepEqual([status, out], [4, '']);
    assert.match(
      err,
      new RegExp(
        `Port ${port} on 127\\.0\\.0\\.1 is in use by a Signalbox hub already: version ${version}, process ${hub.pid}, with the data directory ~/\\.local/share/signalbox\\. Use that one, its address is ${url}, or choose another port with --port\\. signalbox --help lists the commands\\.`,
      ),
    );
    // localhost is the same address by another name.
    assert.match(
      (await place.run(['serve', '--port', port, '--host', 'localhost'])).err,
      /in use by a Signal/,
    );
  });

  it('with a data directory of its own hears that the first has another', async (t) => {
    const place = await openPlace(t);
    const { port } = await startFirst(place);
    const own = join(place.home, 'own');
    // It has been served before, so that it has a file of its own hub if that was killed.
    const before = place.start(['serve', '--port', '0', '--data-dir', own]);
    await before.says('Ctrl-C');
    before.kill('SIGKILL');
    await before.ended;
    const { status, err } = await place.run(['serve', '--port', port, '--data-dir', own]);
    assert.equal(status, 4);
    assert.match(err, new RegExp(`already: version ${version}, with another data directory\\.`));
    const { err: bare } = await place.run(['serve', '--port', port, '--data-dir', join(place.home, 'new')]);
    assert.match(bare, new RegExp(`already: version ${version}\\. Use that one`));
  });

  it('is told so in JSON as well', async (t) => {
    const place = await openPlace(t);
    const { hub, url, port } = await startFirst(place);
    const { out } = await place.run(['serve', '--port', port, '--json']);
    const { error } = JSON.parse(out) as { error: { code: string; details: Record<string, unknown> } };
    const { hub: id, ...details } = error.details;
    assert.equal(typeof id, 'string');
    assert.deepEqual(
      { code: error.code, ...details },
      {
        code: 'invalid_state',
        host: '127.0.0.1',
        port: Number(port),
        reason: 'EADDRINUSE',
        url,
        version,
        pid: hub.pid,
        data_dir: place.dataDir,
      },
    );
  });

  it('hears when another program has it', async (t) => {
    const place = await openPlace(t);
    const other = createServer((_request, response) => void response.end('hello')).listen(0, '127.0.0.1');
    t.after(() => other.close());
    await once(other, 'listening');
    const address = other.address();
    assert(typeof address === 'object' && address !== null);
    const { status, err } = await place.run(['serve', '--port', String(address.port)]);
    assert.equal(status, 4);
    assert.match(err, /is in use by a program that is not a Signalbox hub\. .*--port/);
  });
});

describe('a second hub on the same data directory', () => {
  it('serves on its own port, with a warning that names the first', async (t) => {
    const place = await openPlace(t);
    const first = await startFirst(place);
    const second = await startFirst(place);
    for (const { url } of [first, second]) assert.equal((await fetch(`${url}/ready`)).status, 200);
    second.hub.kill('SIGTERM');
    const { err } = await second.hub.ended;
    assert(
      err.includes(
        `a hub with URL ${first.url} already serves this data directory (version ${version}, process ${first.hub.pid})`,
      ),
    );
  });
});
