import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';
import { errorTable } from '../../src/kernel/errors.ts';

const main = join(import.meta.dirname, '../../src/host/main.ts');

it('a defect ends a command, whatever is still open', () => {
  const broken = `setInterval(() => {}, 60_000); URL.parse = () => { throw new Error('broken on purpose'); };`;
  const preload = `data:text/javascript,${encodeURIComponent(broken)}`;
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', preload, main, 'status', '--url', 'http://127.0.0.1:8321'],
    { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' },
  );
  assert.equal(status, errorTable.internal.exit, stderr);
  assert.match(stderr, /broken on purpose[^]*Signalbox has a defect\. What is said above/);
});
