import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { median } from './rows.ts';

/** F: what appending 300 bytes to a plain file and syncing it takes, in microseconds. */
export const syncP50 = (path: string): number => {
  const file = openSync(path, 'a');
  const line = Buffer.alloc(300, 'x');
  const times = Array.from({ length: 500 }, () => {
    const began = process.hrtime.bigint();
    writeSync(file, line);
    fdatasyncSync(file);
    return Number(process.hrtime.bigint() - began) / 1e3;
  });
  return median(times);
};
