import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ack } from './worker.ts';

export const clientsPerProcess = 8;

export interface Racer {
  readonly name: string;
  readonly child: ChildProcess;
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
}

/** Starts a process of the race; it waits for `go`. */
export const startRacer = async (dataDir: string, name: string, work: 'claim' | 'finish'): Promise<Racer> => {
  const child = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [
    `--data=${dataDir}`,
    `--acks=${acksPath(dataDir, name)}`,
    `--name=${name}`,
    `--clients=${clientsPerProcess}`,
    `--work=${work}`,
  ]);
  const ended = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('exit', (code, signal) => resolve([code, signal]));
  });
  await Promise.race([
    once(child, 'message'),
    ended.then(([code]) => Promise.reject(new Error(`${name} ended with ${String(code)}`))),
  ]);
  return { name, child, ended };
};

export const go = (racer: Racer): void => {
  racer.child.send('go');
};

const acksPath = (dataDir: string, name: string): string => join(dataDir, `${name}.acks`);

/** What a process has been told, whole lines only: the last may have been cut off by the kill. */
export const acksOf = (dataDir: string, name: string): readonly Ack[] => {
  const path = acksPath(dataDir, name);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line): Ack => JSON.parse(line));
};

/** Resolves when the process has been given `count` answers, or has ended. A signal, not a time. */
export const afterAcks = async (racer: Racer, count: number): Promise<void> => {
  const reached = new Promise<void>((resolve) => {
    let left = count;
    racer.child.on('message', () => {
      left -= 1;
      if (left === 0) resolve();
    });
  });
  await Promise.race([reached, racer.ended]);
};
