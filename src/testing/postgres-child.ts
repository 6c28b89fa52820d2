import { writeSync } from 'node:fs';
import type { Store } from '../journal/store.ts';
import { assert, present } from '../kernel/assert.ts';
import { openPostgresStorage } from '../stores/postgres/storage.ts';
import { testJournal } from './postgres-storage.ts';
import { opened } from './store-files.ts';
import { type ChainHead, emptyHead, headOf, requestOf } from './store-rows.ts';

/** What another process does in the tests of the PostgreSQL store. */
export type PostgresTask = 'append' | 'burst' | 'count' | 'office' | 'leave';

const [, , task = '', url = '', cluster = '', ...args] = process.argv;

/** Written at once, so that what was said was true even if the process is killed in the next moment. */
const say = (line: string): void => void writeSync(1, `${line}\n`);

const storage = opened(await openPostgresStorage({ url, cluster }));
const store: Store = opened(await storage.open(testJournal, 'may'));

const lastOf = async (): Promise<ChainHead> => {
  const seq = await store.head();
  return seq === 0 ? emptyHead(store) : present((await store.readAt([seq]))[0], 'the last row is there');
};

/** Appends behind whatever others have appended. */
const appendInTurn = async (head: ChainHead, texts: readonly string[]): Promise<ChainHead> => {
  for (let behind = head; ; ) {
    const request = requestOf(behind, texts);
    const outcome = await store.append(request);
    if (outcome.kind === 'appended') return headOf(request.rows, behind);
    assert(outcome.kind === 'moved', 'an append works, or somebody was faster');
    behind = headOf(outcome.missed, behind);
  }
};

const tasks: Readonly<Record<PostgresTask, () => Promise<void>>> = {
  /** Appends for ever, and says what was confirmed, until it is killed. */
  append: async () => {
    let head = await lastOf();
    for (let round = 0; ; round += 1) {
      const texts = Array.from({ length: 1 + (round % 7) }, (_, row) => `${row} ${'x'.repeat(round * 37)}`);
      head = await appendInTurn(head, texts);
      say(`${head.seq} ${head.chain}`);
    }
  },

  /** Makes so many appends of one row. */
  burst: async () => {
    let head = await lastOf();
    for (let round = 0; round < Number(args[0]); round += 1) head = await appendInTurn(head, [`${round}`]);
    await storage.close();
  },

  /** Takes one from a counter again and again, and says what is used then, until it is killed. */
  count: async () => {
    const [key = '', now = ''] = args;
    for (;;) {
      const taking = { key, wanted: 1, limit: Number.MAX_SAFE_INTEGER, now: Number(now) };
      say(String((await store.counters.take(taking)).used));
    }
  },

  /** Holds an office until it is killed. */
  office: async () => {
    say((await store.elect(args[0] ?? '')) === undefined ? 'taken' : 'elected');
    process.stdin.resume();
  },

  /** Uses everything and closes nothing; the last append is still under way when there is nothing else to do. */
  leave: async () => {
    store.watch(() => {});
    await store.elect('follower');
    const head = await appendInTurn(await lastOf(), ['left']);
    void store.append(requestOf(head, ['left under way']));
  },
};

const isTask = (name: string): name is PostgresTask => name in tasks;
assert(isTask(task), 'started with a task');
await tasks[task]();
