/* What doctor says of a hub, of the file by which it is found, and of an address that was given. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { openGround } from '../workspaces/repositories.ts';
import { examine, mend, of, withBoard, write } from './examine.ts';

/** A server that answers everything with this; its port. */
const answering = async (context: TestContext, text: string): Promise<number> => {
  const server = createServer((_request, response) => response.end(text));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  assert(typeof address === 'object' && address !== null);
  return address.port;
};

const health = {
  status: 'degraded',
  id: 'the-hub',
  version: '0.0.1',
  store: 'sqlite',
  workspaces: [{ name: 'main', writable: false, reason: 'the disk is full', seq: 1 }],
};

describe('the hub', () => {
  it('is good when it answers, and its file is stale when it was killed', async (t) => {
    const ground = await openGround(t);
    const hub = ground.start(['serve', '--port', '0']);
    await hub.says('Ctrl-C');
    const [running] = of(await examine(ground), 'hub');
    assert.match(running?.what ?? '', /^The one at http:\S+ answers and can write\.$/);
    hub.kill('SIGKILL');
    await hub.ended;
    const [stale] = of(await examine(ground), 'hub');
    assert.deepEqual([stale?.state, stale?.mend], ['warn', `rm ${join(ground.dataDir, 'hub.json')}`]);
    mend(ground, stale);
    assert.match(of(await examine(ground), 'hub')[0]?.what ?? '', /^None is running/);
  });

  it('is bad when the one that is named does not answer', async (t) => {
    const ground = await openGround(t);
    const [found] = of(await examine(ground, 'work', { args: ['--url', 'http://127.0.0.1:9'] }), 'hub');
    assert.deepEqual([found?.state, found?.mend], ['bad', 'signalbox serve --port 9']);
  });

  it('is warned about when another process has its number', async (t) => {
    const ground = await withBoard(t);
    const file = { id: 'another', url: 'http://127.0.0.1:9', pid: process.pid };
    write(join(ground.dataDir, 'hub.json'), JSON.stringify(file));
    const [found] = of(await examine(ground), 'hub');
    assert.deepEqual([found?.state, found?.mend], ['warn', `kill ${process.pid}`]);
  });
});

describe('a hub that is not as it should be', () => {
  it('is told with what it says of itself', async (t) => {
    const ground = await withBoard(t);
    const port = await answering(t, JSON.stringify(health));
    const file = { id: 'the-hub', url: `http://127.0.0.1:${port}`, pid: process.pid };
    write(join(ground.dataDir, 'hub.json'), JSON.stringify(file));
    const found = of(await examine(ground), 'hub');
    assert.deepEqual(
      found.map(({ state }) => state),
      ['bad', 'warn'],
    );
    assert.match(found[0]?.what ?? '', /cannot write workspace "main": the disk is full/);
    assert.match(found[1]?.what ?? '', /is version 0\.0\.1, and this program is \d/);
    for (const { mend: again = '' } of found) {
      // The port is free only when the old one has ended.
      assert.match(again, new RegExp(`^kill ${process.pid} && while kill -0 ${process.pid} .*; done; `));
      assert(again.endsWith(`; signalbox serve --port ${port}`), again);
    }
  });

  it('is told with what mends it where only its address is known', async (t) => {
    const ground = await withBoard(t);
    const url = `http://127.0.0.1:${await answering(t, JSON.stringify(health))}`;
    const found = of(await examine(ground, 'work', { args: ['--url', url] }), 'hub');
    assert.deepEqual(
      found.map((finding) => finding.mend),
      ['env -u SIGNALBOX_URL signalbox doctor', 'npm install signalbox@0.0.1'],
    );
  });
});

describe('an address at which no hub answers', () => {
  it('is left out where something else does, and no client is told to use it', async (t) => {
    const ground = await openGround(t);
    const url = `http://127.0.0.1:${await answering(t, 'Welcome')}`;
    const file = ground.at('.config/signalbox/signalbox.yaml');
    const ways = [
      [{ args: ['--url', url] }, 'signalbox doctor'],
      [{ env: { SIGNALBOX_URL: url } }, 'unset SIGNALBOX_URL'],
      [{}, `\${EDITOR:-vi} ${file}`],
    ] as const;
    for (const [asking, command] of ways) {
      if (Object.keys(asking).length === 0) write(file, `url: ${url}\n`);
      const examined = await examine(ground, 'work', asking);
      const [found] = of(examined, 'hub');
      assert.deepEqual([found?.state, found?.mend], ['bad', command]);
      assert.match(found?.what ?? '', /is not a Signalbox hub\. Leave the address out/);
      assert.doesNotMatch(found?.what ?? '', /Nothing was stored/);
      assert(!of(examined, 'clients').some(({ mend: line }) => line?.includes(url)));
    }
  });

  it('is where the command starts one, if this machine has it', async (t) => {
    const ground = await openGround(t);
    const socket = ground.at('none.sock');
    for (const [url, command] of [
      [`unix:${socket}`, `signalbox serve --listen unix:${socket}`],
      ['http://localhost:9', 'signalbox serve --host localhost --port 9'],
      ['http://nowhere.invalid:9', 'unset SIGNALBOX_URL'],
    ] as const) {
      const [found] = of(await examine(ground, 'work', { env: { SIGNALBOX_URL: url } }), 'hub');
      assert.deepEqual([found?.state, found?.mend], ['bad', command]);
    }
  });
});

describe('the file of a hub that runs', () => {
  it('is missed when it is gone, and the command finds the hub all the same', async (t) => {
    const ground = await openGround(t);
    const hub = ground.start(['serve', '--port', '0']);
    const url = /ready on (\S+)/.exec(await hub.says('Ctrl-C'))?.[1] ?? '';
    rmSync(join(ground.dataDir, 'hub.json'));
    const env = { SIGNALBOX_PORT: new URL(url).port };
    const [found] = of(await examine(ground, 'work', { env }), 'hub');
    assert.deepEqual([found?.state, found?.mend], ['warn', `export SIGNALBOX_URL=${url}`]);
    const named = of(await examine(ground, 'work', { env: { ...env, SIGNALBOX_URL: url } }), 'hub');
    assert.match(named[0]?.what ?? '', /answers and can write/);
    // A hub with other data is none of this.
    const other = { ...env, SIGNALBOX_DATA_DIR: ground.at('other') };
    assert.equal((await ground.run(['task', 'add', 'Elsewhere'], { env: other })).status, 0);
    assert.match(of(await examine(ground, 'work', { env: other }), 'hub')[0]?.what ?? '', /^None is running/);
  });

  it('is warned about when it cannot be read, and the command takes it away', async (t) => {
    const ground = await withBoard(t);
    const path = join(ground.dataDir, 'hub.json');
    for (const [make, words] of [
      [() => writeFileSync(path, '{bad'), /it is not valid JSON/],
      [() => writeFileSync(path, '{}'), /it does not name a hub/],
      [() => mkdirSync(path), /it is a folder/],
    ] as const) {
      make();
      const [found] = of(await examine(ground), 'hub');
      assert.equal(found?.state, 'warn');
      assert.match(found.what, words);
      mend(ground, found);
      assert.match(of(await examine(ground), 'hub')[0]?.what ?? '', /^None is running/);
    }
  });
});
