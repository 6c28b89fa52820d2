import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { simulate } from './schedule.ts';
import { type Tally, add, count, emptyTally } from './tally.ts';

/** Which seeds: every `every`th of the `runs` from `seed` on, beginning with the `first`. */
export interface Share {
  readonly seed: number;
  readonly runs: number;
  readonly first: number;
  readonly every: number;
}

const schedulesPerWord = 100;

/** Runs a share in this process, and tells of it part by part. */
export const runShare = async (
  { seed, runs, first, every }: Share,
  tell: (part: Tally) => void,
): Promise<void> => {
  let part = emptyTally();
  for (let i = first; i < runs; i += every) {
    count(part, await simulate(seed + i));
    if (part.schedules < schedulesPerWord) continue;
    tell(part);
    part = emptyTally();
    // Others of this process have their turn.
    await new Promise(setImmediate);
  }
  tell(part);
};

/** Runs them in as many processes, or in this one. */
export const campaign = async (
  { seed, runs, workers }: { readonly seed: number; readonly runs: number; readonly workers: number },
  onPart: (tally: Tally) => void,
): Promise<Tally> => {
  const tally = emptyTally();
  const tell = (part: Tally): void => {
    add(tally, part);
    onPart(tally);
  };
  if (workers === 1) await runShare({ seed, runs, first: 0, every: 1 }, tell);
  else
    await Promise.all(
      Array.from({ length: workers }, (_, i) => inProcess({ seed, runs, first: i, every: workers }, tell)),
    );
  tally.failures.sort((a, b) => a.seed - b.seed);
  return tally;
};

const inProcess = async (share: Share, tell: (part: Tally) => void): Promise<void> => {
  const child: ChildProcess = fork(join(import.meta.dirname, 'worker.ts'), [JSON.stringify(share)]);
  child.on('message', (part: Tally) => tell(part));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`A process of the simulator ended with ${code}.`);
};
