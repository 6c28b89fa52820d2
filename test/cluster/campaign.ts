import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Storage } from '../../src/journal/storage.ts';
import { verify } from '../../src/journal/journal.ts';
import type { StoredRow } from '../../src/journal/store.ts';
import { opened } from '../../src/testing/store-files.ts';
import { type Checked, checkRows } from './check.ts';
import { Hubs, startWorker } from './hubs.ts';
import { type TestDatabase, mainJournal } from '../../src/testing/databases.ts';
import type { Ack, Tally } from './worker.ts';

export interface Wanted {
  readonly database: TestDatabase;
  readonly clients: number;
  readonly seconds: number;
  readonly killEverySeconds: number;
  readonly seed: number;
}

export interface Outcome extends Checked {
  readonly wanted: Wanted;
  readonly tallies: readonly Tally[];
  readonly acks: readonly Ack[];
  readonly kills: number;
  readonly seconds: number;
}

const hubs = 2;
const workers = 4;

/** Two hubs, many clients, and one hub after the other that is killed. */
export const runCampaign = async (wanted: Wanted): Promise<Outcome> => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-cluster-'));
  const cluster = new Hubs(dir, wanted.database.env, wanted.database.kind === 'sqlite');
  try {
    await cluster.start(hubs);
    const began = performance.now();
    const all = Array.from({ length: workers }, (_, index) =>
      startWorker({
        dir,
        name: `w${index}`,
        ports: cluster.ports,
        clients: Math.ceil(wanted.clients / workers),
        seconds: wanted.seconds,
        seed: wanted.seed + index,
      }),
    );
    const killing = killAgain(cluster, wanted, began);
    const tallies = await Promise.all(all.map(({ done }) => done));
    const seconds = (performance.now() - began) / 1_000;
    const kills = await killing;
    await cluster.stop();
    const acks = all.flatMap((worker) => worker.acks());
    const rows = await rowsOf(wanted.database.storage(join(dir, 'data')));
    return { wanted, tallies, acks, kills, seconds, ...checkRows(rows, acks) };
  } finally {
    await cluster.stop();
    rmSync(dir, { recursive: true });
  }
};

/** How many were killed. The last is back before the clients end. */
const killAgain = async (
  cluster: Hubs,
  { seconds, killEverySeconds }: Wanted,
  began: number,
): Promise<number> => {
  let kills = 0;
  for (let at = killEverySeconds; at < seconds; at += killEverySeconds) {
    const inMs = at * 1_000 - (performance.now() - began);
    await new Promise((resolve) => void setTimeout(resolve, Math.max(0, inMs)));
    await cluster.crash(kills % hubs);
    kills += 1;
  }
  return kills;
};

/** All rows of the workspace, after the chain was found whole. */
const rowsOf = async (opening: Promise<Storage>): Promise<readonly StoredRow[]> => {
  const storage = await opening;
  const store = opened(await storage.open(mainJournal, 'must-exist'));
  try {
    opened(await verify(store));
    const rows: StoredRow[] = [];
    for (;;) {
      const page = await store.read(rows.length, 5_000);
      if (page.length === 0) return rows;
      rows.push(...page);
    }
  } finally {
    await store.close();
    await storage.close();
  }
};
