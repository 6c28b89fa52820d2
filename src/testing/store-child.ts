import { execFileSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { StoreFailure, type Store } from '../journal/store.ts';
import { assert, present } from '../kernel/assert.ts';
import { openSqliteStore } from '../stores/sqlite/sqlite-store.ts';
import { openStore } from './store-files.ts';
import { type ChainHead, emptyHead, headOf, intactRows, requestOf } from './store-rows.ts';

/**
 * What another process does in the tests of the SQLite store. It speaks in lines on its standard output, which are
 * written at once, and is told to go on by lines on its standard input.
 */
export type ChildTask = 'create' | 'append' | 'burst' | 'count' | 'lock' | 'office' | 'leave' | 'obey';

const tasks: Readonly<Record<ChildTask, (path: string, ...args: string[]) => Promise<void>>> = {
  /** Opens or creates the journal when told to, and appends one row. */
  create: async (path) => {
    say('ready');
    await heard();
    const store = await openStore(path);
    await appendInTurn(store, ['created']);
    say(store.identity.id);
    await store.close();
  },

  /** Appends for ever, and says what was confirmed, until it is killed. */
  append: async (path) => {
    const store = await openStore(path);
    for (let round = 0; ; round += 1) {
      const texts = Array.from({ length: 1 + (round % 7) }, (_, row) => `${row} ${'x'.repeat(round * 37)}`);
      const { seq, chain } = await appendInTurn(store, texts);
      say(`${seq} ${chain}`);
    }
  },

  /** Makes `count` appends of `rows` rows each. */
  burst: async (path, count = '1', rows = '1') => {
    const store = await openStore(path);
    const texts = Array.from({ length: Number(rows) }, () => 'x'.repeat(300));
    for (let round = 0; round < Number(count); round += 1) await appendInTurn(store, texts);
    await store.close();
  },

  /** Takes one from a counter again and again, and says what is used then, until it is killed. Others may be in its way. */
  count: async (path, key = '', now = '') => {
    const { counters } = await openStore(path);
    for (;;) {
      try {
        const taking = { key, wanted: 1, limit: Number.MAX_SAFE_INTEGER, now: Number(now) };
        say(String((await counters.take(taking)).used));
      } catch (thrown) {
        if (!(thrown instanceof StoreFailure) || thrown.refusal.code !== 'storage_busy') throw thrown;
      }
    }
  },

  /** Holds the write lock until told to let go. */
  lock: async (path) => {
    const database = new DatabaseSync(path);
    database.exec('begin immediate');
    say('locked');
    await heard();
    database.close();
    say('released');
  },

  /** Holds an office until it is killed. */
  office: async (path, name = '') => {
    const store = await openStore(path);
    say((await store.elect(name)) === undefined ? 'taken' : 'elected');
    await heard();
  },

  /** Uses everything and closes nothing; the last append is still under way when there is nothing else to do. */
  leave: async (path) => {
    const store = await openStore(path);
    store.watch(() => {});
    await store.elect('follower');
    await appendInTurn(store, ['left']);
    void store.append(requestOf(await lastOf(store), ['left under way']));
  },

  /** Does what each line says, and answers with one. */
  obey: async (path) => {
    // Without a listener this signal would end the process; with one, the write that is too long fails.
    process.on('SIGXFSZ', () => {});
    let store: Store | undefined;
    say('ready');
    for (;;) {
      const order = await heard();
      if (order === 'open') {
        const outcome = await openSqliteStore({ path, create: 'may' });
        store = outcome.ok ? outcome.value : undefined;
        say(outcome.ok ? 'opened' : outcome.code);
      } else if (order.startsWith('run ')) {
        execFileSync('sh', ['-c', order.slice('run '.length)], { stdio: 'ignore' });
        say('done');
      } else {
        say(await obey(present(store, 'the store is open'), order));
        if (order === 'end') return;
      }
    }
  },
};

const obey = async (store: Store, order: string): Promise<string> => {
  try {
    switch (order) {
      case 'head':
        return String(await store.head());
      case 'count':
        return String((await intactRows(store)).length);
      case 'health': {
        const { writable, reason } = await store.health();
        return writable ? 'writable' : `not writable: ${reason}`;
      }
      case 'elect':
        return (await store.elect('follower')) === undefined ? 'not elected' : 'elected';
      case 'await news': {
        const before = await store.head();
        const news = Promise.withResolvers<void>();
        const look = async (): Promise<void> => {
          if ((await store.head()) > before) news.resolve();
        };
        const stop = store.watch(() => void look().catch(news.reject));
        say('watching');
        await news.promise;
        stop();
        return 'news';
      }
      case 'close':
      case 'end':
        await store.close();
        return 'closed';
      default: {
        const bytes = Number(order.replace('append ', ''));
        assert(Number.isSafeInteger(bytes), `"${order}" is an order`);
        const outcome = await store.append(requestOf(await lastOf(store), ['x'.repeat(bytes)]));
        return outcome.kind === 'unknown' ? outcome.code : outcome.kind;
      }
    }
  } catch (error) {
    if (error instanceof StoreFailure) return error.refusal.code;
    throw error;
  }
};

/** Written at once, so that what was said was true even if the process is killed in the next moment. */
const say = (line: string): void => void writeSync(1, `${line}\n`);

/** Made when first needed, for it keeps the process alive. */
let input: ReturnType<typeof createInterface> | undefined;
let lines: AsyncIterator<string> | undefined;

const heard = async (): Promise<string> => {
  input ??= createInterface({ input: process.stdin });
  lines ??= input[Symbol.asyncIterator]();
  const next = await lines.next();
  assert(next.done !== true, 'the test says when to end');
  return next.value;
};

const lastOf = async (store: Store): Promise<ChainHead> => {
  const seq = await store.head();
  return seq === 0 ? emptyHead(store) : present((await store.readAt([seq]))[0], 'the last row is there');
};

/** Appends behind whatever others have appended. */
const appendInTurn = async (store: Store, texts: readonly string[]): Promise<ChainHead> => {
  let head = await lastOf(store);
  for (;;) {
    const request = requestOf(head, texts);
    const outcome = await store.append(request);
    if (outcome.kind === 'appended') return headOf(request.rows, head);
    assert(outcome.kind === 'moved', 'an append works, or somebody was faster');
    head = headOf(outcome.missed, head);
  }
};

const [, , task, path, ...args] = process.argv;
const isTask = (name: string | undefined): name is ChildTask => name !== undefined && name in tasks;
assert(isTask(task) && path !== undefined, 'started with a task and a path');
await tasks[task](path, ...args);
input?.close();
