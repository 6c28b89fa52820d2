import type { Seq } from '../kernel/entry.ts';
import { Archives } from './archives/archives.ts';
import type { Storage } from './storage.ts';
import { ok } from '../kernel/errors.ts';
import { type LinkedRow, type Store, StoreFailure, type StoreHealth, type StoredRow } from './store.ts';

/**
 * A store whose older entries lie in archives, as one that has them all. Whoever reads what was never truncated pays
 * nothing for it. `folder`: that of all journals' archives, where it is known.
 */
export const archivedStore = (inner: Store, folder: string | undefined): Store => {
  const archives = new Archives(folder, inner.identity);
  const lackingIn = looksInto(archives);
  /** As far as it is known; it only grows. */
  let base: Seq = 0;
  const look = async (): Promise<Seq> => {
    base = Math.max(base, (await inner.base()).seq);
    return base;
  };

  const read = async (after: Seq, limit: number): Promise<readonly StoredRow[]> => {
    if (after >= base) {
      const rows = await inner.read(after, limit);
      if (rows[0]?.seq === after + 1 || (await look()) <= after) return rows;
    }
    const rows = await archives.read(after, limit, base);
    const last = rows.at(-1)?.seq ?? after;
    const rest = limit - rows.length;
    return rest === 0 ? rows : [...rows, ...(await read(last, rest))];
  };

  const readAt = async (seqs: readonly Seq[]): Promise<readonly LinkedRow[]> => {
    const found = new Map<Seq, LinkedRow>();
    // Another process may take them out while the store is asked, and others here may notice first.
    const known = base;
    const stored = seqs.filter((seq) => seq > known);
    if (stored.length > 0) {
      try {
        const rows = await inner.readAt(stored);
        if (rows.length === seqs.length) return rows;
        for (const row of rows) found.set(row.seq, row);
      } catch (failure) {
        if (!(failure instanceof StoreFailure) || (await look()) === known) throw failure;
        return readAt(seqs);
      }
    }
    const rows: LinkedRow[] = [];
    for (const seq of seqs) rows.push(found.get(seq) ?? (await archives.readAt(seq, base)));
    return rows;
  };

  return {
    capabilities: inner.capabilities,
    identity: inner.identity,
    openedAt: inner.openedAt,
    counters: inner.counters,
    ...(inner.subjectKeys !== undefined && { subjectKeys: inner.subjectKeys }),
    head: () => inner.head(),
    read,
    readAt,
    append: async (request) => {
      const outcome = await inner.append(request);
      if (outcome.kind !== 'moved') return outcome;
      const [first] = outcome.missed;
      if (first?.seq === request.expected + 1) return outcome;
      try {
        return { kind: 'moved', missed: await read(request.expected, Number.MAX_SAFE_INTEGER) };
      } catch (failure) {
        if (!(failure instanceof StoreFailure)) throw failure;
        return { kind: 'unknown', code: failure.refusal.code, reason: failure.message };
      }
    },
    base: () => inner.base(),
    truncate: (upTo) => inner.truncate(upTo),
    watch: (listener) => inner.watch(listener),
    elect: (name) => inner.elect(name),
    health: () => healthOf(inner, async () => lackingIn(await look())),
    close: () => inner.close(),
  };
};

/** What the store says, and what of its archives is missing. */
const healthOf = async (inner: Store, look: () => Promise<string | undefined>): Promise<StoreHealth> => {
  const health = await inner.health();
  if (!health.writable) return health;
  try {
    const lacking = await look();
    return lacking === undefined ? health : { ...health, lacking };
  } catch (failure) {
    if (!(failure instanceof StoreFailure)) throw failure;
    return { writable: false, reason: failure.message };
  }
};

const lookMs = 1_000;

/**
 * What is missing of the archives of the entries up to a base, soon: whoever asks a share that has gone may wait for
 * ever, so one asks at a time, and the others are told that it does not answer.
 */
const looksInto = (archives: Archives): ((base: Seq) => Promise<string | undefined>) => {
  let looking: Promise<string | undefined> | undefined;
  return async (base) => {
    looking ??= lackingOf(archives, base).finally(() => {
      looking = undefined;
    });
    const patience = Promise.withResolvers<string>();
    const timer = setTimeout(
      () => patience.resolve(`The folder of archives ${archives.folder} does not answer.`),
      lookMs,
    );
    try {
      return await Promise.race([looking, patience.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
};

const lackingOf = async (archives: Archives, base: Seq): Promise<string | undefined> => {
  try {
    return (await archives.lacking(base))?.message;
  } catch (failure) {
    if (!(failure instanceof StoreFailure)) throw failure;
    return failure.message;
  }
};

/** The same storage, in which journals have all their entries, wherever those lie. */
export const archivedStorage = (inner: Storage, folder: string | undefined): Storage => ({
  kind: inner.kind,
  place: inner.place,
  warning: inner.warning,
  placeOf: (name) => inner.placeOf(name),
  open: async (name, creation) => {
    const opened = await inner.open(name, creation);
    return opened.ok ? ok(archivedStore(opened.value, folder)) : opened;
  },
  names: () => inner.names(),
  wasBegun: (name) => inner.wasBegun(name),
  bytesOf: (name) => inner.bytesOf(name),
  remove: (name) => inner.remove(name),
  replace: (to, from, endsAt) => inner.replace(to, from, endsAt),
  ...(inner.keysLeft && { keysLeft: inner.keysLeft }),
  close: () => inner.close(),
});
