import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
      bounded('hub start to first answer', [median(times), 'ms'], { atMost: 400 }),
      figure('hub stop', median(stops), 'ms'),
    ];
  } finally {
    rmSync(dir, { recursive: true });
  }
};
