import { join } from 'node:path';
import { present } from '../../../src/kernel/assert.ts';
import type { StoreKind, TestDatabase } from '../../../src/testing/databases.ts';
import { HubLine } from '../../agent-lines.ts';
import { type Server, startHub, startLoad } from '../../children.ts';
import { type LoadReport, requestText } from '../../load.ts';
import { type Row, against, bounded, median } from '../../rows.ts';
import { claimRows } from './claims.ts';

/** As many as make a workspace hot; each hub serves half of them when there are two. */
const connections = 128;
/** Until a hub that has just been started has compiled what it does all the time. */
const warmUpMs = 12_000;
/** One hub alone does as many calls in that time. */
const aloneWarmUpMs = 4_000;
/** Of several short rounds the middle one counts: what else this machine and the database do comes and goes. */
const rounds = 5;
const roundMs = 1_000;
const sights = 300;

const write = requestText('/v1/operations/task_add', JSON.stringify({ title: 'One more task of the bench' }));

/** Durable calls of a hub on the database, two hubs that write to one workspace, and how soon one sees what the other did. */
export const durableCalls = async (database: TestDatabase, dir: string): Promise<readonly Row[]> => {
  const { kind, env } = database;
  const generators = [startLoad(), startLoad()];
  const hubs: Server[] = [];
  const start = async (name: string): Promise<Server> => {
    const hub = await startHub(join(dir, kind === 'sqlite' ? 'data' : name), { env });
    hubs.push(hub);
    return hub;
  };
  const load = (
    servers: readonly Server[],
    each: number,
    durationMs: number,
  ): Promise<readonly LoadReport[]> =>
    Promise.all(
      servers.map(async ({ port }, index) => {
        const generator = present(generators[index], 'each hub has a generator');
        const order = { port, connections: each, durationMs, requests: [write], repeat: true };
        const report = await generator.run(order);
        if (report.refused > 0) throw new Error(`tasks were refused: ${report.firstRefused ?? ''}`);
        return report;
      }),
    );
  const perSecond = async (servers: readonly Server[], each: number): Promise<number> => {
    const rates: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const reports = await load(servers, each, roundMs);
      rates.push(reports.reduce((sum, report) => sum + report.perSecond, 0));
    }
    return median(rates);
  };
  try {
    const one = await start('one');
    const claims = await claimRows(database, one, present(generators[0], 'there are two'));
    await load([one], connections, aloneWarmUpMs);
    const alone = await perSecond([one], connections);
    const two = await start('two');
    await load([one, two], connections / 2, warmUpMs);
    const both = await perSecond([one, two], connections / 2);
    return [
      ...claims,
      against(
        `${kind}: task_add by two hubs in one workspace, ${connections} connections, to one hub`,
        [both, '/s'],
        {
          floor: alone,
          target: { atLeast: 0.6 },
        },
      ),
      ...(await sightRows(kind, one, two)),
    ];
  } finally {
    await Promise.all(generators.map((generator) => generator.stop()));
    await Promise.all(hubs.map((hub) => hub.stop()));
  }
};

/** From sending a message at one hub to the answer of an agent that waits at the other. */
const sightRows = async (kind: StoreKind, one: Server, two: Server): Promise<readonly Row[]> => {
  const first = await HubLine.open(one.port);
  const sessions: string[] = [];
  for (const agent of ['sender', 'reader'])
    sessions.push(String((await first.call('start', { agent }))['session']));
  first.close();
  const [sender, reader] = [
    await HubLine.open(one.port, sessions[0]),
    await HubLine.open(two.port, sessions[1]),
  ];
  const times: number[] = [];
  let { cursor } = await reader.call('wait', { wait_ms: 1 });
  for (let index = 0; index < sights; index += 1) {
    const waited = reader.call('wait', { wait_ms: 5_000, ...(cursor !== undefined && { since: cursor }) });
    await new Promise((resolve) => void setTimeout(resolve, 5));
    const began = process.hrtime.bigint();
    await sender.call('message_send', { to: 'reader', text: `Message ${index}` });
    ({ cursor } = await waited);
    times.push(Number(process.hrtime.bigint() - began) / 1e6);
  }
  sender.close();
  reader.close();
  const sorted = times.toSorted((a, b) => a - b);
  return [
    bounded(
      `${kind}: message sent at one hub until who waits at the other has it, p99`,
      [sorted[Math.floor(sights * 0.99)] ?? Number.NaN, 'ms'],
      { atMost: 100 },
    ),
  ];
};
