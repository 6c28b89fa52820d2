import { deepEqual, ok } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startRedis, testsThatStartRedis } from '../../testing/redis-server.ts';
import { opened } from '../../testing/store-files.ts';
import { appendTo, emptyHead } from '../../testing/store-rows.ts';
import { openRedisStorage } from './storage.ts';

const appends = 20;

/** What the server did, in order: wrote rows to its log, synced it, confirmed an append, told who waits of rows. */
const stepsOf = (trace: string): readonly string[] =>
  trace.split('\n').flatMap((line) => {
    if (line.includes('sync(')) return ['synced'];
    if (/MULTI.*XADD/.test(line)) return ['wrote'];
    if (line.includes('appended')) return ['confirmed'];
    return /iov_base=.*:log/.test(line) ? ['told'] : [];
  });

testsThatStartRedis('when Redis syncs', () => {
  test('an append is synced once, before it is confirmed and before anybody hears of it', {
    timeout: 30_000,
  }, async (context) => {
    const directory = mkdtempSync(join(tmpdir(), 'signalbox-trace-'));
    context.after(() => rmSync(directory, { recursive: true, force: true }));
    const trace = join(directory, 'trace');
    const calls = 'trace=fsync,fdatasync,write,writev,sendto,sendmsg';
    const server = await startRedis({
      under: ['strace', '-f', '-qq', '-s', '60', '-e', calls, '-e', 'signal=none', '-o', trace],
    });
    context.after(server.stop);
    const { url } = server;
    const storage = opened(await openRedisStorage({ url, cluster: 'test', acceptDataLossWindow: false }));
    context.after(storage.close);
    const [one, two] = [opened(await storage.open('hub', 'may')), opened(await storage.open('hub', 'may'))];
    let head = await appendTo(one, emptyHead(one), ['before']);
    const rung = Promise.withResolvers<void>();
    two.watch(rung.resolve);
    await rung.promise;
    const from = stepsOf(readFileSync(trace, 'utf8')).length;
    for (let round = 0; round < appends; round += 1) head = await appendTo(one, head, [`${round}`]);
    await Promise.all([one.close(), two.close()]);
    const steps = stepsOf(readFileSync(trace, 'utf8')).slice(from);
    deepEqual(
      steps.filter((step) => step !== 'told'),
      Array.from({ length: appends }, () => ['wrote', 'synced', 'confirmed']).flat(),
    );
    const told = steps.flatMap((step, index) => (step === 'told' ? [steps.slice(0, index)] : []));
    ok(told.length > 0, 'somebody was told');
    for (const before of told) ok(before.lastIndexOf('synced') > before.lastIndexOf('wrote'));
  });
});
