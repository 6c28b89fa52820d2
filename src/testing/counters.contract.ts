/* What the counters of every store have to do; part of the suite of stores. */
import { deepEqual, equal } from 'node:assert/strict';
import { type Taking, slotMs, windowMs } from '../journal/counters.ts';
import type { Store } from '../journal/store.ts';

type Case = (open: () => Promise<Store>) => Promise<void>;

const firstSlot = 600_000_000 * slotMs;

export const ask = (wanted: number, over: Partial<Taking> = {}): Taking => ({
  key: 'ada task',
  wanted,
  limit: 10,
  now: firstSlot,
  ...over,
});

export const counting: Readonly<Record<string, Case>> = {
  'a counter gives what the limit allows within a window, to each key its own': async (open) => {
    const { counters } = await open();
    equal((await counters.take(ask(7))).given, 7);
    const { given, used, freeInMs } = await counters.take(ask(7, { now: firstSlot + slotMs }));
    deepEqual([given, used, freeInMs], [3, 10, windowMs]);
    equal((await counters.take(ask(7, { key: 'ada read' }))).given, 7);
    const later = await counters.take(ask(9, { now: firstSlot + slotMs + windowMs }));
    deepEqual([later.given, later.used], [7, 10]);
    equal((await counters.take(ask(0, { now: firstSlot + 9 * windowMs }))).used, 0);
  },

  'a look at a counter takes nothing, and the limit is that of each taking': async (open) => {
    const { counters } = await open();
    await counters.take(ask(8));
    equal((await counters.take(ask(0))).used, 8);
    equal((await counters.take(ask(5, { limit: 4 }))).given, 0);
    equal((await counters.take(ask(5, { limit: 20 }))).given, 5);
    equal((await counters.take(ask(0))).used, 13);
  },

  'who counts with a clock that was set back waits a window, and not until it is right again': async (
    open,
  ) => {
    const { counters } = await open();
    await counters.take(ask(10, { now: firstSlot + 60 * windowMs }));
    equal((await counters.take(ask(1))).given, 0);
    equal((await counters.take(ask(1, { now: firstSlot + slotMs + windowMs }))).given, 1);
  },

  'counters are no part of the journal': async (open) => {
    const store = await open();
    await store.counters.take(ask(3));
    equal(await store.head(), 0);
    deepEqual(await store.read(0, 10), []);
  },
};

export const countingTogether: Readonly<Record<string, Case>> = {
  'all stores of a journal count together, and never give more than there is': async (open) => {
    const stores = [await open(), await open(), await open()];
    const given = await Promise.all(
      Array.from({ length: 60 }, async (_, turn) => {
        const taken = await stores[turn % 3]?.counters.take(ask(1 + (turn % 3), { limit: 50 }));
        return taken?.given ?? 0;
      }),
    );
    equal(
      given.reduce((sum, one) => sum + one, 0),
      50,
    );
    for (const { counters } of stores) equal((await counters.take(ask(0))).used, 50);
  },
};

export const lastingCounts: Readonly<Record<string, Case>> = {
  'what was counted counts when the journal is opened again': async (open) => {
    const first = await open();
    await first.counters.take(ask(4));
    await first.close();
    const second = await open();
    equal((await second.counters.take(ask(0))).used, 4);
  },
};
