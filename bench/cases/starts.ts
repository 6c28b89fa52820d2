import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startHub } from '../children.ts';
import { type Row, bounded, figure, median } from '../rows.ts';

const rounds = 7;

/** From starting the command to the first answer of a hub, as a user meets it the second time. */
export const startCases = async (): Promise<readonly Row[]> => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-starts-'));
  const times: number[] = [];
  const stops: number[] = [];
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const began = performance.now();
      const hub = await startHub(join(dir, 'data'));
      const response = await fetch(`http://127.0.0.1:${hub.port}/v1/operations/task_list`, {
        method: 'POST',
        body: '{}',
      });
      await response.text();
      if (!response.ok) throw new Error(`the first answer has status ${response.status}`);
      const answered = performance.now();
      await hub.stop();
      // The first start makes the data directory and the compile cache.
      if (round > 0) {
        times.push(answered - began);
        stops.push(performance.now() - answered);
      }
    }
    return [
      ...(await commandCases(join(dir, 'commands'))),
      bounded('hub start to first answer', [median(times), 'ms'], { atMost: 400 }),
      figure('hub stop', median(stops), 'ms'),
    ];
  } finally {
    rmSync(dir, { recursive: true });
  }
};

/** From starting a command to its end, on a warm cache: with the journals, with a hub, and what Node alone takes. */
const commandCases = async (dataDir: string): Promise<readonly Row[]> => {
  const launcher = fileURLToPath(new URL('../../bin/signalbox', import.meta.url));
  const list = [launcher, 'task', 'list', '--data-dir', dataDir, '--workspace', 'main'];
  const onJournals = medianOf(list);
  const hub = await startHub(dataDir);
  const throughHub = medianOf(list);
  await hub.stop();
  const node = medianOf([process.execPath, '-e', '0']);
  return [
    bounded('signalbox task list, on the journals', [onJournals, 'ms'], { atMost: 150 }),
    bounded('signalbox task list, through a hub', [throughHub, 'ms'], { atMost: 150 }),
    figure('node -e 0', node, 'ms'),
  ];
};

const medianOf = ([program = '', ...args]: readonly string[]): number => {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const began = performance.now();
    const { status, stderr } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    if (status !== 0) throw new Error(`${program} ended with ${String(status)}: ${stderr.toString()}`);
    // The first run makes the data directory and the compile cache.
    if (round > 0) times.push(performance.now() - began);
  }
  return median(times);
};
