import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { swift } from '../host/processes.ts';
import { testedCode } from '../tested-code.ts';
import type { Ack, Said, Told } from './worker.ts';

export const clientsPerProcess = 8;

export type End = readonly [code: number | null, signal: NodeJS.Signals | null];

export interface Racer {
  readonly name: string;
  readonly child: ChildProcess;
  readonly ended: Promise<End>;
}

const running = new Set<ChildProcess>();

/** Starts a process of the race; it works when it is told to. */
export const startRacer = async (dataDir: string, name: string, work: 'claim' | 'finish'): Promise<Racer> => {
  const flags = [
    `--data=${dataDir}`,
    `--acks=${acksPath(dataDir, name)}`,
    `--name=${name}`,
    `--clients=${clientsPerProcess}`,
    `--work=${work}`,
  ];
  const child = fork(testedCode('test/race/worker.ts'), flags, { execArgv: [...process.execArgv, ...swift] });
  running.add(child);
  const ended = new Promise<End>((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child);
      resolve([code, signal]);
    });
  });
  await Promise.race([
    once(child, 'message'),
    ended.then(([code]) => Promise.reject(new Error(`${name} ended with ${String(code)}`))),
  ]);
  return { name, child, ended };
};

const tell = ({ child }: Racer, told: Told): void => {
  child.send(told);
};

/** Whether the process says this so many times from now on; false when it ends before. A signal, not a time. */
const says = async ({ child, ended }: Racer, wanted: Said, times = 1): Promise<boolean> => {
  const listening = new AbortController();
  let left = times;
  const heard = new Promise<true>((resolve) => {
    const hear = (said: Said): void => {
      if (said === wanted) left -= 1;
      if (left === 0) resolve(true);
    };
    child.on('message', hear);
    listening.signal.addEventListener('abort', () => child.off('message', hear));
  });
  const answer = await Promise.race([heard, ended.then((): false => false)]);
  listening.abort();
  return answer;
};

/** Lets it work until nothing is free; false when it ended instead. */
export const work = (racer: Racer): Promise<boolean> => {
  const idle = says(racer, 'idle');
  tell(racer, 'go');
  return idle;
};

export const stop = (racer: Racer): Promise<End> => {
  tell(racer, 'stop');
  return racer.ended;
};

/** Kills it on the spot, unless it has ended by itself. */
export const kill = (racer: Racer): Promise<End> => {
  racer.child.kill('SIGKILL');
  return racer.ended;
};

/** Ends what a race that failed has left behind. */
export const endAll = async (): Promise<void> => {
  while (running.size > 0) {
    await Promise.all(
      [...running].map((child) => {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        return ended;
      }),
    );
  }
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

/** Resolves when the process has been given `count` answers; false when it ended, or found nothing more to do. */
export const afterAcks = (racer: Racer, count: number): Promise<boolean> =>
  Promise.race([says(racer, 'acknowledged', count), says(racer, 'idle').then((): false => false)]);
