import { createMemoryVault, openMemoryStore } from '../../src/stores/memory/memory-store.ts';
import { type Call, addTasks, callerOf, openEngine } from '../board.ts';
import { type Row, against, figure, median } from '../rows.ts';

const few = 100;
const many = 100_000;
const claims = 2_000;
const rounds = 6;

/** The best-ready claim without disk and network: the cost of choosing must not grow with the board. */
export const boardCases = async (): Promise<readonly Row[]> => {
  const boards: Readonly<Record<'few' | 'many' | 'barred', Call>> = {
    few: await boardWith(few, 0),
    many: await boardWith(many, 0),
    barred: await boardWith(few, many),
  };
  const times: Record<keyof typeof boards, number[]> = { few: [], many: [], barred: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const name of ['few', 'many', 'barred'] as const) {
      const p50 = await claimP50(boards[name]);
      if (round > 0) times[name].push(p50);
    }
  }
  const floor = median(times.few);
  const target = { atMost: 1.5 };
  return [
    figure(`best-ready claim, ${few} open tasks, p50`, floor, 'us'),
    against('best-ready claim, 100,000 open tasks, p50', [median(times.many), 'us'], { floor, target }),
    against(
      'best-ready claim beside 100,000 tasks that the caller cannot take, p50',
      [median(times.barred), 'us'],
      {
        floor,
        target,
      },
    ),
  ];
};

/** A board with tasks that anybody can take, and others that require what nobody can do. */
const boardWith = async (open: number, barred: number): Promise<Call> => {
  const call = callerOf(await openEngine(openMemoryStore(createMemoryVault())));
  await call('start', { agent: 'bench' });
  await addTasks(call, barred, { requires: ['secret-art'], priority: 1 });
  await addTasks(call, open);
  return call;
};

const claimP50 = async (call: Call): Promise<number> => {
  const times: number[] = [];
  for (let i = 0; i < claims; i += 1) {
    const began = process.hrtime.bigint();
    const { id } = await call('task_claim', {});
    times.push(Number(process.hrtime.bigint() - began) / 1e3);
    await call('task_release', { id });
  }
  return median(times);
};
