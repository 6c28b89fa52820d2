import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callOf } from '../board.ts';
import { HubLine } from '../agent-lines.ts';
import { startHub, startLoad } from '../children.ts';
import { requestText } from '../load.ts';
import { type Row, against, bounded, figure, median } from '../rows.ts';

const rounds = 15;
/** At one connection few calls are made in a round, and V8 takes thousands to compile what they run through. */
const warmUpRounds = 8;
const runMs = 500;
const waiters = 1_000;

/** What a lock costs, next to a durable task write, and how a contended one is handed on. */
export const lockCases = async (): Promise<readonly Row[]> => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-locks-'));
  const hub = await startHub(join(dir, 'data'));
  try {
    return [...(await freeLock(hub.port)), ...(await handOver(hub.port))];
  } finally {
    await hub.stop();
    rmSync(dir, { recursive: true });
  }
};

const freeLock = async (port: number): Promise<readonly Row[]> => {
  const { session } = await callOf(port, 'start', { agent: 'bench' });
  const as = { 'Signalbox-Session': String(session) };
  const of = (operation: string, input: unknown): string =>
    requestText(`/v1/operations/${operation}`, JSON.stringify(input), as);
  const requests = {
    lock: [of('lock_acquire', { name: 'pytest' }), of('lock_release', { name: 'pytest' })],
    task: [of('task_add', { title: 'A task of the bench' })],
  };
  const generator = startLoad();
  const times: Record<'lock' | 'task', number[]> = { lock: [], task: [] };
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (const kind of ['lock', 'task'] as const) {
      if (round === 0) times[kind] = [];
      const order = {
        port,
        connections: 1,
        durationMs: runMs,
        requests: requests[kind],
        repeat: true,
      };
      const report = await generator.run(order);
      if (report.refused > 0) throw new Error(report.firstRefused);
      times[kind].push(report.p50Us);
    }
  }
  await generator.stop();
  const task = median(times.task);
  return [
    figure('task_add over /v1, durable, p50, 1 connection', task, 'us'),
    against(
      'lock_acquire and lock_release of a free lock, each, p50, to task_add',
      [median(times.lock), 'us'],
      {
        floor: task,
        target: { atMost: 1 },
      },
    ),
  ];
};

/** All wait for one lock; each who gets it gives it back at once. */
const handOver = async (port: number): Promise<readonly Row[]> => {
  const line = async (agent: string): Promise<HubLine> => {
    const { session } = await callOf(port, 'start', { agent });
    return HubLine.open(port, String(session));
  };
  const holder = await line('holder');
  await holder.call('lock_acquire', { name: 'deploy' });
  const order: number[] = [];
  const times: number[] = [];
  const lines: HubLine[] = [];
  const turns: Promise<void>[] = [];
  let releasedAt = 0;
  for (let i = 0; i < waiters; i += 1) {
    const waiter = await line(`waiter-${i}`);
    lines.push(waiter);
    const queued = async (): Promise<void> => {
      await waiter.call('lock_acquire', { name: 'deploy', wait_ms: 300_000 });
      times.push(performance.now() - releasedAt);
      order.push(i);
      releasedAt = performance.now();
      await waiter.call('lock_release', { name: 'deploy' });
    };
    turns.push(queued());
    // So that they queue in this order.
    for (let place = 0; place <= i; ) {
      const { queue_length: length } = await holder.call('lock_list', { name: 'deploy', limit: 1 });
      place = Number(length);
    }
  }
  releasedAt = performance.now();
  const began = releasedAt;
  await holder.call('lock_release', { name: 'deploy' });
  await Promise.all(turns);
  const seconds = (performance.now() - began) / 1_000;
  for (const one of [holder, ...lines]) one.close();
  const outOfTurn = order.filter((who, i) => who !== i).length;
  return [
    figure(`hand-over of a lock with ${waiters} waiting, p50`, median(times), 'ms'),
    figure(`hand-overs a second`, waiters / seconds, '/s'),
    bounded('served out of turn', [outOfTurn, `of ${waiters}`], { atMost: 0 }),
  ];
};
