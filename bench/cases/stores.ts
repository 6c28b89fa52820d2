import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/journal/store.ts';
import {
  type StoreKind,
  type TestDatabase,
  mainJournal,
  startDatabase,
} from '../../src/testing/databases.ts';
import { opened } from '../../src/testing/store-files.ts';
import { GroupAppends } from '../group-appends.ts';
import { type Row, against, bounded, figure, median } from '../rows.ts';
import { durableCalls } from './stores/calls.ts';
import { ownFloor } from './stores/own-floor.ts';

const kinds: readonly StoreKind[] = ['sqlite', 'postgres', 'redis'];

/** By how much 32 who append together have to be faster than one alone. */
const groupAtLeast: Readonly<Record<StoreKind, number>> = { sqlite: 6, postgres: 6, redis: 4 };

const callers = [1, 8, 32, 256] as const;
const runMs = 2_000;
const replayRows = 100_000;

/** Each store for itself, over real servers on this machine, with the floors of the same run. */
export const storeCases = async (): Promise<readonly Row[]> => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-stores-'));
  const rows: Row[] = [];
  // What a store waits for from others keeps no process alive.
  const alive = setInterval(() => {}, 1_000);
  try {
    for (const kind of kinds) {
      const dataDir = join(dir, kind);
      mkdirSync(dataDir);
      rows.push(...(await onDatabase(kind, (database) => storeRows(database, dataDir))));
      // Hubs begin on a database that is empty.
      rows.push(...(await onDatabase(kind, (database) => durableCalls(database, join(dir, `${kind}-hubs`)))));
    }
    return rows;
  } finally {
    clearInterval(alive);
    rmSync(dir, { recursive: true });
  }
};

const onDatabase = async (
  kind: StoreKind,
  measure: (database: TestDatabase) => Promise<readonly Row[]>,
): Promise<readonly Row[]> => {
  const database = await startDatabase(kind);
  try {
    return await measure(database);
  } finally {
    await database.stop();
  }
};

const storeRows = async (database: TestDatabase, dataDir: string): Promise<readonly Row[]> => {
  const { kind } = database;
  const storage = await database.storage(dataDir);
  const watching = await database.storage(dataDir);
  const store = opened(await storage.open(mainJournal, 'may'));
  const other = opened(await watching.open(mainJournal, 'must-exist'));
  try {
    const appends = new GroupAppends(store);
    await appends.run({ callers: 32, runMs: 500 });
    const own = await ownFloor(database, dataDir);
    const alone: { readonly perSecond: number; readonly p50Us: number } = await appends.run({
      callers: 1,
      runMs,
    });
    const rows: Row[] = [
      figure(`${kind}: ${own.name}, 1 client`, own.us, 'us'),
      against(`${kind}: append of 1 entry, p50, to that`, [alone.p50Us, 'us'], {
        floor: own.us,
        target: { atMost: 3 },
      }),
    ];
    for (const count of callers) {
      const { perSecond, p50Us } = count === 1 ? alone : await appends.run({ callers: count, runMs });
      const name = `${kind}: appended by ${count} callers`;
      rows.push(
        count === 32
          ? against(name, [perSecond, '/s'], {
              floor: alone.perSecond,
              target: { atLeast: groupAtLeast[kind] },
            })
          : figure(name, perSecond, '/s'),
        figure(`${name}, p50`, p50Us, 'us'),
      );
    }
    rows.push(...(await feedRows(kind, appends, other)));
    await appends.fill(replayRows);
    rows.push(
      bounded(`${kind}: rows read from the first`, [await readRate(other), '/s'], { atLeast: 150_000 }),
    );
    return rows;
  } finally {
    await other.close();
    await store.close();
    await Promise.all([storage.close(), watching.close()]);
  }
};

const messages = 500;

/** From the moment before an append until another process of the journal, as it were, has been told and has read it. */
const feedRows = async (kind: StoreKind, appends: GroupAppends, other: Store): Promise<readonly Row[]> => {
  const times: number[] = [];
  let known = await other.head();
  let heard = (): void => {};
  const look = async (): Promise<void> => {
    const rows = await other.read(known, 100);
    known = rows.at(-1)?.seq ?? known;
    heard();
  };
  const end = other.watch(() => void look());
  for (let index = 0; index < messages; index += 1) {
    const began = process.hrtime.bigint();
    const wanted = known + 1;
    const seen = new Promise<void>((resolve) => {
      heard = () => {
        if (known >= wanted) resolve();
      };
    });
    await appends.one();
    await seen;
    times.push(Number(process.hrtime.bigint() - began) / 1e3);
    await new Promise((resolve) => void setTimeout(resolve, 2));
  }
  end();
  const sorted = times.toSorted((a, b) => a - b);
  return [
    figure(`${kind}: append until another has read it, p50`, median(times), 'us'),
    figure(
      `${kind}: append until another has read it, p99`,
      sorted[Math.floor(messages * 0.99)] ?? Number.NaN,
      'us',
    ),
  ];
};

const readRate = async (store: Store): Promise<number> => {
  const head = await store.head();
  const began = process.hrtime.bigint();
  for (let after = 0; after < head; ) after = (await store.read(after, 5_000)).at(-1)?.seq ?? head;
  return head / (Number(process.hrtime.bigint() - began) / 1e9);
};
