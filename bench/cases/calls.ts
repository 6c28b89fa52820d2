import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { chainLink, chainStart } from '../../src/journal/chain.ts';
import { residentMegabytes, startFloor, startHub, startLoad } from '../children.ts';
import { requestText } from '../load.ts';
import { claimable } from '../board.ts';
import { type Row, against, bounded, figure, median } from '../rows.ts';
import { syncP50 } from '../sync-floor.ts';

const agents = 200;
const claimsPerAgent = 500;
/** Many short rounds: what else this machine does comes and goes within seconds. */
const rounds = 11;
const runMs = 700;
const manyConnections = 32;
/** Claims are counted, not timed: a fast machine would run out of tasks before the last round. */
const claimsPerRun = { one: 1_000, many: 7_000 };

/** Calls over /v1 against their floors, all in turn, round after round; each figure is the median of the rounds. */
export const callCases = async (): Promise<readonly Row[]> => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  // The first start of a checkout takes the types out of the sources, and what does that would stay in memory.
  await (await startHub(join(dir, 'first'))).stop();
  const hub = await startHub(join(dir, 'data'));
  const echo = await startFloor('echo');
  const group = await startFloor('group-commit', [join(dir, 'group.log')]);
  const generator = startLoad();
  try {
    const claims = await claimable(hub.port, { agents, claimsPerAgent });
    const residentMb = residentMegabytes(hub);
    const body = JSON.stringify({ id: 'T-500', history: false, filler: 'x'.repeat(200) });
    const gets = Array.from({ length: 1_000 }, (_, i) =>
      requestText('/v1/operations/task_get', JSON.stringify({ id: `T-${i * 37 + 1}` })),
    );
    const found = new Measured();
    let claimed = 0;
    const measure = async (name: string, port: number, connections: number): Promise<void> => {
      const count = connections === 1 ? claimsPerRun.one : claimsPerRun.many;
      const isClaim = name === 'claim';
      const report = await generator.run({
        port,
        connections,
        durationMs: isClaim ? 60_000 : runMs,
        requests: isClaim
          ? claims.slice(claimed, claimed + count)
          : name === 'get'
            ? gets
            : [requestText('/', body)],
        repeat: !isClaim,
      });
      if (isClaim) claimed += report.answers;
      if (report.refused > 0)
        throw new Error(`${name}: ${report.refused} refused, first ${report.firstRefused ?? ''}`);
      found.add(`${name}@${connections} p50`, report.p50Us);
      found.add(`${name}@${connections} p99`, report.p99Us);
      found.add(`${name}@${connections} per second`, report.perSecond);
    };
    for (let round = 0; round <= rounds; round += 1) {
      if (round === 1) found.clear(); // The first round warms all of them up.
      for (const connections of [1, manyConnections]) {
        await measure('echo', echo.port, connections);
        await measure('get', hub.port, connections);
        if (connections === 1) found.add('sync p50', syncP50(join(dir, 'sync.log')));
        await measure('group', group.port, connections);
        await measure('claim', hub.port, connections);
      }
      for (const [rows, p50] of await appendP50(join(dir, `append-${round}.journal`)))
        found.add(`append ${rows} p50`, p50);
    }
    return rowsOf(found, residentMb);
  } finally {
    await Promise.all([generator.stop(), echo.stop(), group.stop(), hub.stop()]);
    rmSync(dir, { recursive: true });
  }
};

class Measured {
  readonly #values = new Map<string, number[]>();

  add(name: string, value: number): void {
    const values = this.#values.get(name);
    if (values === undefined) this.#values.set(name, [value]);
    else values.push(value);
  }

  clear(): void {
    this.#values.clear();
  }

  of(name: string): number {
    return median(this.#values.get(name) ?? []);
  }
}

const rowsOf = (found: Measured, residentMb: number): readonly Row[] => {
  const us = (name: string): readonly [number, string] => [found.of(name), 'us'];
  const rate = (name: string): readonly [number, string] => [found.of(name), '/s'];
  const many = String(manyConnections);
  return [
    figure('E: node:http JSON echo, p50, 1 connection', ...us('echo@1 p50')),
    figure(`E: node:http JSON echo, ${many} connections`, ...rate(`echo@${many} per second`)),
    figure('F: append 300 B + fdatasync, p50', ...us('sync p50')),
    figure('G: echo + group commit to a plain file, p50, 1 connection', ...us('group@1 p50')),
    figure(
      `G: echo + group commit to a plain file, ${many} connections`,
      ...rate(`group@${many} per second`),
    ),
    against("store's own append, 1 entry, p50, to F", us('append 1 p50'), {
      floor: found.of('sync p50'),
      target: { atMost: 2 },
    }),
    figure("store's own append, 32 entries, p50", ...us('append 32 p50')),
    against('task_get over /v1, p50, 1 connection, to E', us('get@1 p50'), {
      floor: found.of('echo@1 p50'),
      target: { atMost: 1.5 },
    }),
    against(`task_get over /v1, ${many} connections, to E`, rate(`get@${many} per second`), {
      floor: found.of(`echo@${many} per second`),
      target: { atLeast: 0.5 },
    }),
    against('task_claim over /v1, durable, p50, 1 connection, to E + F', us('claim@1 p50'), {
      floor: found.of('echo@1 p50') + found.of('sync p50'),
      target: { atMost: 1.4 },
    }),
    against(`task_claim over /v1, durable, ${many} connections, to G`, rate(`claim@${many} per second`), {
      floor: found.of(`group@${many} per second`),
      target: { atLeast: 0.5 },
    }),
    figure(`task_claim over /v1, p99, ${many} connections`, ...us(`claim@${many} p99`)),
    bounded('resident memory of the hub with 100,000 tasks', [residentMb, 'MB'], { atMost: 400 }),
  ];
};

const appendP50 = async (path: string): Promise<readonly (readonly [number, number])[]> => {
  const opened = await openSqliteStore({ path, create: 'may' });
  if (!opened.ok) throw new Error(opened.message);
  const store = opened.value;
  let seq = 0;
  let chain = chainStart(store.identity.id);
  const text = JSON.stringify({ filler: 'x'.repeat(280) });
  const found: [number, number][] = [];
  // The write-ahead log grows until its first checkpoint, and each commit costs more while it does; 1,000 rows at a
  // time bring it there, and are not counted.
  for (const size of [1_000, 1, 32]) {
    const times: number[] = [];
    for (let i = 0; i < (size === 1_000 ? 60 : 300); i += 1) {
      const expected = seq;
      const link = chain;
      const batch = `batch-${size}-${i}`;
      const rows = Array.from({ length: size }, () => {
        seq += 1;
        chain = chainLink(chain, text);
        return { seq, batch, text, chain };
      });
      const began = process.hrtime.bigint();
      const outcome = await store.append({ expected, link, batch, rows });
      times.push(Number(process.hrtime.bigint() - began) / 1e3);
      if (outcome.kind !== 'appended') throw new Error(JSON.stringify(outcome));
    }
    if (size < 1_000) found.push([size, median(times)]);
  }
  await store.close();
  return found;
};
