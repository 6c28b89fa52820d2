import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Store } from '../journal/store.ts';
import { assert, present } from '../kernel/assert.ts';
import { openRedisStorage } from '../stores/redis/storage.ts';
import { opened } from './store-files.ts';
import { type ChainHead, emptyHead, headOf, requestOf } from './store-rows.ts';

/**
 * What another process does in the tests of the Redis store. It speaks in lines on its standard output, which are
 * written at once, and is told to go on by lines on its standard input.
 */
export type RedisChildTask = 'append' | 'count' | 'create' | 'hold' | 'leave';

const tasks: Readonly<Record<RedisChildTask, (open: () => Promise<Store>) => Promise<void>>> = {
  /** Appends for ever, and says what was confirmed, until it is killed. */
  append: async (open) => {
    const store = await open();
    for (let round = 0; ; round += 1) {
      const texts = Array.from({ length: 1 + (round % 7) }, (_, row) => `${row} ${'x'.repeat(round * 37)}`);
      const { seq, chain } = await appendInTurn(store, texts);
      say(`${seq} ${chain}`);
    }
  },

  /** Takes one from a counter again and again, and says what is used then, until it is killed. */
  count: async (open) => {
    const { counters } = await open();
    for (;;) {
      const { used } = await counters.take({
        key: 'ada task',
        wanted: 1,
        limit: Number.MAX_SAFE_INTEGER,
        now: 0,
      });
      say(String(used));
    }
  },

  /** Opens or creates the journal when told to, and says which it is. */
  create: async (open) => {
    say('ready');
    await heard();
    const store = await open();
    await appendInTurn(store, ['created']);
    say(store.identity.id);
    await heard();
  },

  /** Holds an office until it is killed. */
  hold: async (open) => {
    const store = await open();
    say((await store.elect('mirror')) === undefined ? 'taken' : 'elected');
    await heard();
  },

  /** Uses everything and closes nothing; the last append is still under way when there is nothing else to do. */
  leave: async (open) => {
    const store = await open();
    store.watch(() => {});
    await store.elect('mirror');
    const head = await appendInTurn(store, ['left']);
    void store.append(requestOf(head, ['left under way']));
  },
};

/** Written at once, so that what was said was true even if the process is killed in the next moment. */
const say = (line: string): void => void writeSync(1, `${line}\n`);

const heard = async (): Promise<string> => {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const next = await lines.next();
  assert(next.done !== true, 'the test says when to end');
  return next.value;
};

/** Appends behind whatever others have appended. */
const appendInTurn = async (store: Store, texts: readonly string[]): Promise<ChainHead> => {
  const seq = await store.head();
  let head = seq === 0 ? emptyHead(store) : present((await store.readAt([seq]))[0], 'the last row is there');
  for (;;) {
    const request = requestOf(head, texts);
    const outcome = await store.append(request);
    if (outcome.kind === 'appended') return headOf(request.rows, head);
    assert(outcome.kind === 'moved', 'an append works, or somebody was faster');
    head = headOf(outcome.missed, head);
  }
};

const [, , task, url, cluster, term] = process.argv;
const isTask = (name: string | undefined): name is RedisChildTask => name !== undefined && name in tasks;
assert(isTask(task) && url !== undefined && cluster !== undefined, 'started with a task and a place');
const officeTermMs = Number(term);
const storage = opened(await openRedisStorage({ url, cluster, acceptDataLossWindow: false, officeTermMs }));
await tasks[task](async () => opened(await storage.open('workspaces/main', 'may')));
