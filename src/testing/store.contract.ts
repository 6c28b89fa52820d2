import { deepEqual, equal, notEqual, ok, rejects } from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type Store, type StoreCapabilities, StoreFailure } from '../journal/store.ts';
import { Defect } from '../kernel/assert.ts';
import { truncating, truncatingTogether, lastingTruncation } from './truncation.contract.ts';
import { ask, counting, countingTogether, lastingCounts } from './counters.contract.ts';
import { appendTo, emptyHead, headOf, intactRows, requestOf } from './store-rows.ts';

interface TestJournal {
  /** Another store on this journal each time, as another process would have it. */
  readonly open: () => Promise<Store>;
  readonly remove: () => Promise<void>;
}

export interface StoreHarness {
  readonly capabilities: StoreCapabilities;
  /** A journal without entries. */
  readonly createJournal: () => Promise<TestJournal>;
}

type Opener = () => Promise<Store>;
type Case = (open: Opener) => Promise<void>;

const timeoutMs = 20_000;

/** Registers the tests that every store has to pass. */
export const storeContract = (name: string, harness: StoreHarness): void => {
  const run = (title: string, body: Case): void =>
    void test(title, { timeout: timeoutMs }, async (context) => body(await opener(context, harness)));
  describe(`store contract: ${name}`, () => {
    run('declares what it is', async (open) => {
      deepEqual((await open()).capabilities, harness.capabilities);
    });
    for (const [title, body] of Object.entries(reading)) run(title, body);
    for (const [title, body] of Object.entries(closing)) run(title, body);
    for (const [title, body] of Object.entries({ ...counting, ...truncating })) run(title, body);
    if (harness.capabilities.shared) {
      for (const [title, body] of Object.entries({ ...sharing, ...countingTogether, ...truncatingTogether }))
        run(title, body);
    }
    if (harness.capabilities.durable) {
      for (const [title, body] of Object.entries({ ...lasting, ...lastingCounts, ...lastingTruncation }))
        run(title, body);
    }
  });
};

/** Opens stores on one new journal, and closes and removes all of it after the test. */
const opener = async (context: TestContext, harness: StoreHarness): Promise<Opener> => {
  const journal = await harness.createJournal();
  const opened: Store[] = [];
  context.after(async () => {
    for (const store of opened) await store.close();
    await journal.remove();
  });
  return async () => {
    const store = await journal.open();
    opened.push(store);
    return store;
  };
};

const reading: Readonly<Record<string, Case>> = {
  'a new journal is empty and knows what it is called': async (open) => {
    const store = await open();
    equal(await store.head(), 0);
    deepEqual(await store.read(0, 10), []);
    deepEqual(await store.readAt([]), []);
    notEqual(store.identity.id, '');
    equal(store.identity.generation, 1);
    ok(Math.abs(Date.now() - store.openedAt) < 60_000, 'the clock of the store is near ours');
    deepEqual(await store.health(), { writable: true, reason: undefined });
  },

  'rows come back in order, byte by byte': async (open) => {
    const store = await open();
    const texts = [
      '{"a":1}',
      'two\nlines\r\nand\ta tab',
      'Grüße, 你好, שלום, 👩‍👩‍👧, e\u0301 is not \u00e9',
      `"quotes' and \\ back \\u0000 slashes"`,
      '{NULL,"",{}}',
      'a\u0001b\u00012c\u0000d\u0001',
      '',
      `é${'x'.repeat(1_000_000)}ü`,
    ];
    const request = requestOf(emptyHead(store), texts);
    deepEqual(await store.append(request), { kind: 'appended' });
    deepEqual(await store.read(0, 100), request.rows);
    // A store may write otherwise what it has written before, and one alone otherwise than several.
    let head = await appendTo(store, headOf(request.rows, emptyHead(store)), texts);
    for (const text of [...texts, ...texts]) head = await appendTo(store, head, [text]);
    deepEqual(
      (await intactRows(store)).map(({ text }) => text),
      [...texts, ...texts, ...texts, ...texts],
    );
  },

  'read gives pages, readAt what was asked for in the order asked for, each with the link before it': async (
    open,
  ) => {
    const store = await open();
    const request = requestOf(emptyHead(store), ['one', 'two', 'three', 'four']);
    await store.append(request);
    const [one, two, three, four] = request.rows;
    deepEqual(await store.read(0, 2), [one, two]);
    deepEqual(await store.read(2, 2), [three, four]);
    deepEqual(await store.read(3, 2), [four]);
    deepEqual(await store.read(4, 2), []);
    deepEqual(await store.read(9, 2), []);
    const linked = [
      { ...one, before: undefined },
      { ...three, before: two?.chain },
    ];
    deepEqual(await store.readAt([3, 1, 3]), [linked[1], linked[0], linked[1]]);
    await rejects(store.readAt([1, 5]), StoreFailure);
    await rejects(store.read(0, 0), Defect);
  },

  'the rows of an attempt are found by its batch id': async (open) => {
    const store = await open();
    const head = await appendTo(store, emptyHead(store), ['before']);
    const request = requestOf(head, ['mine', 'mine too']);
    await store.append(request);
    await appendTo(store, headOf(request.rows, head), ['after']);
    const found = (await store.read(request.expected, 100)).filter(({ batch }) => batch === request.batch);
    deepEqual(found, request.rows);
  },

  'a batch of many rows is stored whole': async (open) => {
    const store = await open();
    const texts = Array.from({ length: 5_000 }, (_, index) => `${index} ${'x'.repeat(300)}`);
    await appendTo(store, emptyHead(store), texts);
    deepEqual(
      (await intactRows(store)).map(({ text }) => text),
      texts,
    );
  },

  'an append behind an entry that has been exchanged stores nothing, and says that the journal is damaged':
    async (open) => {
      const store = await open();
      const head = await appendTo(store, emptyHead(store), ['one', 'two']);
      const other = { ...head, chain: emptyHead(store).chain };
      const outcome = await store.append(requestOf(other, ['three']));
      equal(outcome.kind === 'unknown' && outcome.code, 'journal_corrupt');
      equal(await store.head(), 2);
      await appendTo(store, head, ['three']);
    },

  'an append that is not well formed is a defect, and stores nothing': async (open) => {
    const store = await open();
    const { rows, batch, link } = requestOf(emptyHead(store), ['one', 'two']);
    await rejects(store.append({ expected: 1, link, batch, rows }), Defect);
    await rejects(store.append({ expected: 0, link, batch: 'another', rows }), Defect);
    await rejects(store.append({ expected: 0, link, batch, rows: [] }), Defect);
    await rejects(store.append({ expected: 0, link, batch, rows: rows.toReversed() }), Defect);
    equal(await store.head(), 0);
    const first = store.append({ expected: 0, link, batch, rows });
    await rejects(store.append({ expected: 0, link, batch, rows }), Defect);
    deepEqual(await first, { kind: 'appended' });
  },
};

const closing: Readonly<Record<string, Case>> = {
  'close waits for an append that is under way': async (open) => {
    const store = await open();
    const appended = store.append(requestOf(emptyHead(store), ['late']));
    let answered = false;
    void appended.then(() => {
      answered = true;
    });
    await store.close();
    ok(answered, 'the answer came before the end');
    deepEqual(await appended, { kind: 'appended' });
  },

  'closing twice is closing once': async (open) => {
    const store = await open();
    await appendTo(store, emptyHead(store), ['one']);
    await Promise.all([store.close(), store.close()]);
    await store.close();
  },

  'a closed store says so': async (open) => {
    const store = await open();
    const request = requestOf(emptyHead(store), ['too late']);
    await store.close();
    const outcome = await store.append(request);
    equal(outcome.kind === 'unknown' && outcome.code, 'stopping');
    await rejects(store.head(), StoreFailure);
    await rejects(store.read(0, 1), StoreFailure);
    await rejects(store.readAt([1]), StoreFailure);
    equal(await store.elect('follower'), undefined);
    await rejects(store.counters.take(ask(1)), StoreFailure);
    equal((await store.health()).writable, false);
    store.watch(() => {})();
  },
};

const sharing: Readonly<Record<string, Case>> = {
  'all stores of a journal see the same journal': async (open) => {
    const [one, two] = [await open(), await open()];
    deepEqual(two.identity, one.identity);
    await appendTo(one, emptyHead(one), ['written by one']);
    equal(await two.head(), 1);
    deepEqual(await two.read(0, 10), await one.read(0, 10));
  },

  'who is late hears what was missed, and has stored nothing': async (open) => {
    const [one, two] = [await open(), await open()];
    const start = emptyHead(one);
    const early = requestOf(start, ['early', 'early too']);
    await one.append(early);
    deepEqual(await two.append(requestOf(start, ['late'])), { kind: 'moved', missed: early.rows });
    deepEqual(await two.read(0, 10), early.rows);
    const head = headOf(early.rows, start);
    await appendTo(two, head, ['in time']);
    equal((await one.read(0, 10)).length, 3);
  },

  'of stores that race, exactly one wins each number': async (open) => {
    const stores = [await open(), await open(), await open()];
    const rounds = 40;
    const mine = await Promise.all(stores.map((store, index) => race(store, { rounds, index })));
    const [first] = stores;
    ok(first !== undefined);
    const rows = await intactRows(first);
    deepEqual(rows.map(({ text }) => text).toSorted(), mine.flat().toSorted());
    for (const texts of mine) {
      deepEqual(
        rows.map(({ text }) => text).filter((text) => texts.includes(text)),
        texts,
        'each writer finds its rows in its own order',
      );
    }
  },

  'an append elsewhere wakes the watchers, one of our own does not': async (open) => {
    const [one, two] = [await open(), await open()];
    let woken = 0;
    let rung = Promise.withResolvers<void>();
    const end = one.watch(() => {
      woken += 1;
      rung.resolve();
    });
    let head = await appendTo(one, emptyHead(one), ['my own']);
    head = await appendTo(two, head, ['from elsewhere']);
    await rung.promise;
    equal(woken, 1);
    rung = Promise.withResolvers<void>();
    head = await appendTo(two, head, ['once more']);
    await rung.promise;
    equal(woken, 2);
    end();
    end();
    const again = Promise.withResolvers<void>();
    one.watch(again.resolve);
    await appendTo(two, head, ['for another listener']);
    await again.promise;
    equal(woken, 2, 'who no longer listens is not called');
  },

  'an append between the last look and the start of watching is not missed': async (open) => {
    const [one, two] = [await open(), await open()];
    const rung = Promise.withResolvers<void>();
    one.watch(rung.resolve);
    await appendTo(two, emptyHead(two), ['at once']);
    await rung.promise;
  },

  'an office has one holder, until it resigns': async (open) => {
    const [one, two] = [await open(), await open()];
    const office = await one.elect('mirror');
    ok(office !== undefined);
    equal(await one.elect('mirror'), undefined);
    equal(await two.elect('mirror'), undefined);
    ok((await two.elect('index')) !== undefined, 'other offices are free');
    await office.resign();
    const next = await two.elect('mirror');
    ok(next !== undefined);
    await office.resign();
    equal(await one.elect('mirror'), undefined, 'resigning twice takes nothing from the next holder');
  },

  'closing a store frees its offices': async (open) => {
    const [one, two] = [await open(), await open()];
    ok((await one.elect('mirror')) !== undefined);
    equal(await two.elect('mirror'), undefined);
    await one.close();
    ok((await two.elect('mirror')) !== undefined);
  },

  'the name of an office cannot be a path': async (open) => {
    const store = await open();
    for (const name of ['', '../x', 'a/b', 'a b', '.hidden', 'x'.repeat(65)]) {
      await rejects(store.elect(name), Defect, name);
    }
  },
};

const lasting: Readonly<Record<string, Case>> = {
  'what was appended is there when the journal is opened again': async (open) => {
    const first = await open();
    const { identity } = first;
    const head = await appendTo(first, emptyHead(first), ['one', 'two']);
    const rows = await first.read(0, 10);
    await first.close();
    const second = await open();
    deepEqual(second.identity, identity);
    deepEqual(await second.read(0, 10), rows);
    await appendTo(second, head, ['three']);
    equal((await intactRows(second)).length, 3);
  },
};

/** Appends one to three rows at a time, decided again each time somebody was faster; says what it wrote. */
const race = async (
  store: Store,
  { rounds, index }: { readonly rounds: number; readonly index: number },
): Promise<string[]> => {
  const written: string[] = [];
  let head = emptyHead(store);
  for (let round = 0; round < rounds; round += 1) {
    const texts = Array.from({ length: 1 + (round % 3) }, (_, row) => `${index} ${round} ${row}`);
    for (;;) {
      const request = requestOf(head, texts);
      const outcome = await store.append(request);
      if ('reason' in outcome) ok(false, outcome.reason);
      if (outcome.kind === 'moved') {
        ok(outcome.missed.length > 0, 'who is late missed something');
        head = headOf(outcome.missed, head);
        continue;
      }
      head = headOf(request.rows, head);
      written.push(...texts);
      break;
    }
  }
  return written;
};
