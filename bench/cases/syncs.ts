import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startHub, startLoad } from '../children.ts';
import { requestText } from '../load.ts';
import { type Row, bounded, figure } from '../rows.ts';

const runMs = 6_000;

/** Counts the syncs of a hub under load with strace and compares them with the batches in its journal. */
export const syncCases = async (): Promise<readonly Row[]> => {
  if (spawnSync('strace', ['-V']).status !== 0) {
    console.error(
      'strace is not installed (Debian: apt-get install strace); syncs per batch are not measured',
    );
    return [];
  }
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-syncs-'));
  const trace = join(dir, 'trace');
  // With the filter in the kernel the other system calls are not slowed down, so that the run is like one without strace.
  const wrap = ['strace', '-f', '--seccomp-bpf', '-qq', '-e', 'trace=fsync,fdatasync', '-o', trace];
  const hub = await startHub(join(dir, 'data'), { wrap });
  const generator = startLoad();
  try {
    const requests = [
      requestText('/v1/operations/task_add', JSON.stringify({ title: 'One more task of the bench' })),
    ];
    const order = { port: hub.port, connections: 8, requests, repeat: true, from: 0 };
    await generator.run({ ...order, durationMs: 500 });
    const before = { syncs: syncsIn(trace), batches: batchesIn(join(dir, 'data')) };
    const report = await generator.run({ ...order, durationMs: runMs });
    const after = { syncs: syncsIn(trace), batches: batchesIn(join(dir, 'data')) };
    const batches = after.batches - before.batches;
    return [
      figure('calls per batch at 8 connections', report.answers / batches, 'calls'),
      bounded('syncs per batch, checkpoints included', [(after.syncs - before.syncs) / batches, 'syncs'], {
        atMost: 1.01,
      }),
    ];
  } finally {
    await generator.stop();
    if (hub.process.pid !== undefined) process.kill(-hub.process.pid, 'SIGTERM');
    await hub.stop();
    rmSync(dir, { recursive: true });
  }
};

const syncsIn = (trace: string): number =>
  readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => /fd?a?t?a?sync\(/.test(line)).length;

const batchesIn = (dataDir: string): number => {
  const database = new DatabaseSync(join(dataDir, 'workspaces', 'main.journal'), { readOnly: true });
  const row = database.prepare('select count(distinct batch) as batches from entries').get();
  database.close();
  return Number(row?.['batches']);
};
