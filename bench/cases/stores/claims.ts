import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreKind, TestDatabase } from '../../../src/testing/databases.ts';
import { claimable } from '../../board.ts';
import { type Load, type Server, startFloor } from '../../children.ts';
import { requestText } from '../../load.ts';
import { type Row, against, figure, median } from '../../rows.ts';
import { syncP50 } from '../../sync-floor.ts';

/** A durable claim at one connection, to E + F. SQLite's target is that of the core's calls. */
const claimAtMost: Readonly<Record<StoreKind, number>> = { sqlite: 1.4, postgres: 1.7, redis: 2 };
/** The same, to what a bare HTTP server takes that does one insert for each request. */
const bareAtMost = 1.4;

const rounds = 5;
/** Rounds that are not counted: a hub compiles what it does all the time only after it has done it some ten thousand times. */
const warmUps = 3;
const warmUpMs = 3_000;
const floorMs = 700;
const agents = 130;
const claimsPerAgent = 500;
const manyConnections = 32;
/** Claims are counted, not timed, so that there are enough of them. */
const claimsPerRound = { one: 2_000, many: 6_000 };

interface Round {
  readonly echoUs: number;
  readonly syncUs: number;
  readonly bareUs: number;
  readonly claimUs: number;
  readonly claimsPerSecond: number;
}

/** Durable claims of a hub and their floors, all in turn, round after round, as the calls of the core are measured. */
export const claimRows = async (
  { kind, env }: TestDatabase,
  hub: Server,
  generator: Load,
): Promise<readonly Row[]> => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-claims-'));
  const echo = await startFloor('echo');
  const bare = await startBare(kind, env);
  const claims = await claimable(hub.port, { agents, claimsPerAgent });
  const floorUs = async ({ port }: Server): Promise<number> => {
    const order = { port, connections: 1, requests: [requestText('/', '{}')], repeat: true };
    return (await generator.run({ ...order, durationMs: floorMs })).p50Us;
  };
  let claimed = 0;
  const claim = async (connections: number, count: number) => {
    const requests = claims.slice(claimed, claimed + count);
    claimed += count;
    const order = { port: hub.port, connections, requests, repeat: false };
    const report = await generator.run({ ...order, durationMs: 60_000 });
    if (report.refused > 0) throw new Error(`claims were refused: ${report.firstRefused ?? ''}`);
    if (report.answers !== count) throw new Error(`${report.answers} of ${count} claims were answered`);
    return report;
  };
  const measured: Round[] = [];
  try {
    await generator.run({
      port: hub.port,
      connections: manyConnections,
      durationMs: warmUpMs,
      requests: [requestText('/v1/operations/task_get', JSON.stringify({ id: 'T-1' }))],
      repeat: true,
    });
    for (let round = 0; round < warmUps + rounds; round += 1) {
      const figures = {
        echoUs: await floorUs(echo),
        syncUs: syncP50(join(dir, 'sync.log')),
        bareUs: bare === undefined ? Number.NaN : await floorUs(bare),
        claimUs: (await claim(1, claimsPerRound.one)).p50Us,
        claimsPerSecond: (await claim(manyConnections, claimsPerRound.many)).perSecond,
      };
      if (round >= warmUps) measured.push(figures);
    }
  } finally {
    await Promise.all([echo.stop(), bare?.stop()]);
    rmSync(dir, { recursive: true });
  }
  return rowsOf(kind, measured);
};

/** SQLite has no server to ask: there E + F is all that a bare one would do. */
const startBare = async (kind: StoreKind, env: TestDatabase['env']): Promise<Server | undefined> => {
  const url = env['SIGNALBOX_POSTGRES_URL'] ?? env['SIGNALBOX_REDIS_URL'];
  return url === undefined ? undefined : startFloor('durable-insert', [kind, url]);
};

const rowsOf = (kind: StoreKind, measured: readonly Round[]): readonly Row[] => {
  const of = (name: keyof Round): number => median(measured.map((round) => round[name]));
  const claim = `${kind}: task_claim over /v1, durable`;
  return [
    figure(`${kind}: E: node:http JSON echo, p50, 1 connection`, of('echoUs'), 'us'),
    figure(`${kind}: F: append 300 B + fdatasync, p50`, of('syncUs'), 'us'),
    against(`${claim}, p50, 1 connection, to E + F`, [of('claimUs'), 'us'], {
      floor: of('echoUs') + of('syncUs'),
      target: { atMost: claimAtMost[kind] },
    }),
    ...(kind === 'sqlite' ? [] : bareRows(claim, kind, of)),
    figure(`${claim}, ${manyConnections} connections`, of('claimsPerSecond'), '/s'),
  ];
};

const bareRows = (claim: string, kind: StoreKind, of: (name: keyof Round) => number): readonly Row[] => [
  figure(`${kind}: D: node:http + one insert by the same library, p50, 1 connection`, of('bareUs'), 'us'),
  against(`${claim}, p50, 1 connection, to D`, [of('claimUs'), 'us'], {
    floor: of('bareUs'),
    target: { atMost: bareAtMost },
  }),
];
