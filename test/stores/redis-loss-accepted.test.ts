/* What a Redis that may lose changes is called where a hub that accepts it runs, and where none does. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { startRedis, testsThatStartRedis } from '../../src/testing/redis-server.ts';
import { examine, of } from '../doctor/examine.ts';
import { openSite, startHub } from '../host/processes.ts';
import { openGround } from '../workspaces/repositories.ts';

const accepting = 'SIGNALBOX_ACCEPT_DATA_LOSS_WINDOW';

testsThatStartRedis('a loss that was accepted', () => {
  test('is told by the doctor where nobody accepts it, and counts as accepted where the hub that runs does', async (context) => {
    const server = await startRedis({ settings: ['appendfsync everysec'] });
    context.after(server.stop);
    const [site, ground] = [await openSite(context), await openGround(context)];
    const env = { SIGNALBOX_STORE: 'redis', SIGNALBOX_REDIS_URL: server.url };
    const found = async (more: Readonly<Record<string, string>> = {}) =>
      of(
        await examine(ground, '.', { env: { ...env, ...more, SIGNALBOX_DATA_DIR: site.dataDir } }),
        'database',
      );
    const [alone] = await found();
    equal(alone?.state, 'bad');
    match(alone.what, /appendfsync is everysec/);

    const hub = await startHub(site, { env: { ...env, [accepting]: 'true' } });
    const [first, ...others] = await found();
    equal(first?.state, 'warn');
    match(
      first.what,
      /hub that runs accepts that changes may be lost \(about 1 s.*calls through the hub work/,
    );
    equal(first.mend, `export ${accepting}=true`);
    deepEqual(others, await found({ [accepting]: 'true' }));
    equal(others[0]?.state, 'good');
    await hub.stop();
  });
});
