import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Server, cpuSeconds, hubAccess, startHub, startLoad } from '../children.ts';
import { type LoadOrder, requestText } from '../load.ts';
import { type Row, against, median } from '../rows.ts';

const tasks = 1_000;
const tasksPerCall = 100;
const connections = 32;
const rounds = 12;
const runMs = 1_500;
const addingMsMax = 60_000;
const ratioMax = 1.15;

/** One of the two hubs that are compared, which differ in nothing but whether they ask who calls. */
interface Side {
  readonly hub: Server;
  /** Put the tasks on its board. */
  readonly adding: readonly string[];
  /** Read them. */
  readonly requests: readonly string[];
  /** Processor time for one request in each round, in microseconds. */
  readonly cpuUs: number[];
}

/**
 * What it costs a read to know who calls, whether they may, and that it can be told afterwards: the processor time of
 * the hub for one request, next to that of a hub that lets in everybody. Both are measured in turn, in short blocks, so
 * that what else the machine does falls on both.
 */
export const accessCases = async (): Promise<readonly Row[]> => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-access-'));
  const generator = startLoad();
  const sides: Side[] = [];
  const run = async (order: Omit<LoadOrder, 'durationMs'>): Promise<number> => {
    const durationMs = order.repeat ? runMs : addingMsMax;
    const { answers, refused, firstRefused } = await generator.run({ ...order, durationMs });
    if (refused > 0) throw new Error(`${refused} refused, first ${firstRefused ?? ''}`);
    return answers;
  };
  try {
    const asking = await openSide(join(dir, 'asking'), 'asking');
    sides.push(asking);
    const open = await openSide(join(dir, 'open'), 'open');
    sides.push(open);
    for (const { hub, adding } of sides)
      await run({ port: hub.port, connections: 1, requests: adding, repeat: false });
    for (let round = 0; round <= rounds; round += 1) {
      // Neither of them is always the first.
      for (const { hub, requests, cpuUs } of round % 2 === 0 ? [asking, open] : [open, asking]) {
        const before = cpuSeconds(hub);
        const answers = await run({ port: hub.port, connections, requests, repeat: true });
        // The first round warms both of them up.
        if (round > 0) cpuUs.push(((cpuSeconds(hub) - before) / answers) * 1e6);
      }
    }
    return [
      against(
        'task_get with a token, 32 connections, processor time of the hub next to one that asks nobody',
        [median(asking.cpuUs), 'us'],
        { floor: median(open.cpuUs), target: { atMost: ratioMax } },
      ),
    ];
  } finally {
    await Promise.all([generator.stop(), ...sides.map(({ hub }) => hub.stop())]);
    rmSync(dir, { recursive: true });
  }
};

const openSide = async (dataDir: string, access: keyof typeof hubAccess): Promise<Side> => {
  const hub = await startHub(dataDir, { env: hubAccess[access] });
  const shown: Record<string, string> =
    access === 'asking'
      ? { Authorization: `Bearer ${readFileSync(join(dataDir, 'token'), 'utf8').trim()}` }
      : {};
  const added = { tasks: Array.from({ length: tasksPerCall }, () => ({ title: 'A task of the bench' })) };
  const of = (operation: string, input: unknown): string =>
    requestText(`/v1/operations/${operation}`, JSON.stringify(input), shown);
  return {
    hub,
    adding: Array.from({ length: tasks / tasksPerCall }, () => of('task_add', added)),
    requests: Array.from({ length: tasks }, (_, i) => of('task_get', { id: `T-${i + 1}` })),
    cpuUs: [],
  };
};
