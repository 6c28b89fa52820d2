/* What needs the journals alone is refused while any process stays at work on them, a hub or not. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { newKey } from '../../src/host/encryption/key-files.ts';
import { openSite, stdioClient } from '../host/processes.ts';
import { bad, good, openBoard, refusalIn, run, titles, titlesIn, verifyAll } from './kept.ts';

describe('a stdio process at work on the journals', () => {
  it('keeps restore, reset, migrate and encryption apply from them until it has ended', async (t) => {
    const site = await openBoard(t);
    const { dataDir } = site;
    const backup = join(dataDir, 'board.gz');
    await good(dataDir, 'backup', '--out', backup);
    const before = await verifyAll(dataDir);
    const target = await openSite(t);
    process.env['SIGNALBOX_ENCRYPTION_KEY'] = newKey().line.trim();
    const apply = () => run(dataDir, 'encryption', 'apply');
    const commands = [
      ['restore', backup, '--yes'],
      ['migrate', '--from', 'sqlite', '--to', 'sqlite', '--to-url', target.dataDir],
      ['reset', '--workspace', 'main', '--yes'],
    ];
    const client = await stdioClient(site);
    await client.callTool({ name: 'task_list', arguments: {} });
    const refusals = [];
    // One after the other: each of them keeps the others from the data directory while it looks.
    for (const words of commands) refusals.push(await bad(dataDir, ...words));
    for (const refusal of [...refusals, refusalIn(await apply())]) {
      assert.equal(refusal.code, 'storage_busy');
      assert.match(refusal.message, /signalbox mcp.*Stop them all/);
    }
    await client.close();
    assert.deepEqual(await verifyAll(dataDir), before);
    for (const words of commands) await good(dataDir, ...words);
    assert.deepEqual(await titlesIn(target.dataDir), titles);
    assert.equal((await apply()).status, 0);
  });
});
