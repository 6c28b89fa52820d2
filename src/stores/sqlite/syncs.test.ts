import { ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTestJournal } from '../../testing/store-files.ts';
import { startProcess } from '../../testing/store-process.ts';

const appends = 1_500;
/** Some 16 KB. */
const rows = 38;
/** Making the journal, beginning its first log, closing it. */
const onceMax = 8;

test('an append costs one sync, and checkpoints half a percent more at most', {
  timeout: 60_000,
}, async (context) => {
  const { directory, path, open, remove } = createTestJournal();
  context.after(remove);
  await (await open()).close();
  const trace = join(directory, 'syncs');
  const under = [
    'strace',
    '-f',
    '-qq',
    '--seccomp-bpf',
    '-e',
    'trace=fsync,fdatasync',
    '-e',
    'signal=none',
    '-o',
    trace,
  ];
  await startProcess(context, { task: 'burst', path, args: [String(appends), String(rows)], under }).finish();
  const syncs = readFileSync(trace, 'utf8').match(/f(data)?sync\(/g)?.length ?? 0;
  const extra = syncs - appends;
  context.diagnostic(`${appends} appends of ${rows} rows: ${syncs} syncs`);
  ok(extra >= 0, 'no append is confirmed without a sync');
  ok(extra <= onceMax + appends / 200, `${extra} more syncs than appends`);
});
