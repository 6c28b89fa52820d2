import { join } from 'node:path';
import { areas, defaultSettings, initialSlices } from '../areas/index.ts';
import { agentsIntent } from '../areas/agents/decide.ts';
import { messagesIntent } from '../areas/messages/decide/index.ts';
import { seenSessionsMax } from '../areas/agents/model.ts';
import type { Clock } from '../engine/clock.ts';
import { Engine } from '../engine/engine.ts';
import type { Log } from '../engine/log.ts';
import { restore } from '../engine/restore.ts';
import { type Following, type Term, runFollower } from '../followers/follower.ts';
import { snapshots } from '../followers/snapshots.ts';
import type { Keyring } from '../journal/cipher.ts';
import { removeSnapshot, snapshotFile } from '../journal/snapshots.ts';
import { type Store, StoreFailure } from '../journal/store.ts';
import { type Actor, systemActor } from '../kernel/entry.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import { minuteMs, secondMs } from '../kernel/instants.ts';
import type { Caller } from '../kernel/operation.ts';
import type { RuleSettings } from '../kernel/rule-settings.ts';
import type { Slices } from '../kernel/slices.ts';
import { atWork } from './at-work.ts';
import { CarriedReports } from './carried-reports.ts';
import { electIn } from './machine-office.ts';
import { type Lag, watchLag } from './metrics/lag.ts';
import type { Meter } from './metrics/meter.ts';
import { countResumes } from './metrics/resumes.ts';
import { ownIndex } from './text-index.ts';

export interface OpenOptions {
  readonly name: string;
  readonly store: Store;
  readonly cacheDir: string;
  /** Whether its texts can be searched. */
  readonly searched: boolean;
  readonly identify: (slices: Slices, caller: Caller) => Outcome<Actor>;
  readonly clock: Clock;
  readonly log: Log;
  /** A hub lets time pass first; other processes of the same journal look a little later and find it done. */
  readonly ticksFirst: boolean;
  /** For one command: nothing goes on beside it, and nobody stands for election. */
  readonly brief?: boolean;
  /** What rules go by, where it is not the usual. */
  readonly rules?: RuleSettings;
  /** What measures the work of this process. */
  readonly meter?: Meter | undefined;
  /** Absent: nothing is encrypted. */
  readonly keyring?: Keyring | undefined;
}

/** An engine with everything that keeps it going: followers, the passing of time, and who has been seen. */
export interface Workspace {
  /** What it is called now; another process may rename it. */
  readonly name: string;
  readonly engine: Engine;
  readonly store: Store;
  /** How far behind the followers are that work in this process; none where nothing is measured. */
  readonly lags: () => readonly Lag[];
  /** Finishes what is under way and closes the journal. A second call waits for the first. */
  readonly close: () => Promise<void>;
}

const tickEveryMs = secondMs;
const lateTickEveryMs = 3 * secondMs;
const tickJitterMs = 500;

export const openWorkspace = async (options: OpenOptions): Promise<Outcome<Workspace>> => {
  const { name, store, cacheDir, identify, clock, log, keyring } = options;
  const { id } = store.identity;
  const cipher = keyring?.cipher(id, 'snapshot');
  const snapshotPath = join(cacheDir, snapshotFile(store.identity));
  const snapshot = await restore({ path: snapshotPath, store, areas, initial: initialSlices, log, cipher });
  if (!snapshot.ok) return snapshot;
  const index = options.searched
    ? ownIndex({ cacheDir, clock, log, identity: store.identity, inMemory: keyring !== undefined })
    : undefined;
  const reports = new CarriedReports({ clock, log });
  const opened = await Engine.open({
    workspace: name,
    areas,
    settings: options.rules ?? defaultSettings,
    initial: initialSlices,
    store,
    clock,
    log,
    identify,
    snapshot: snapshot.value,
    cipher: keyring?.cipher(id),
    search: index,
    delivery: (cursors) => messagesIntent({ type: 'deliver', cursors }),
    onCarried: (proven) => reports.soon(engine, proven),
    instruments: options.meter,
    onErased: async ({ upTo, isNew }) => {
      await removeSnapshot(snapshotPath);
      if (isNew) await index?.forget();
      else if (options.brief !== true) await index?.forget(upTo);
    },
  });
  if (!opened.ok) return opened;
  const engine = opened.value;
  if (options.brief !== true) await warnOfLacking(options);
  const from = snapshot.value?.header.head.seq ?? 0;
  // Both write to the cache directory, which every machine has for itself.
  const here = { clock, log, elect: electIn(cacheDir, store.identity.id) };
  const followers: readonly Following[] =
    options.brief === true
      ? []
      : [
          runFollower(engine, snapshots({ path: snapshotPath, log, from, cipher }), here),
          ...(index === undefined ? [] : [runFollower(engine, await index.follower(), here)]),
        ];
  const terms: readonly Term[] = [
    ...followers,
    ...(options.brief === true ? [] : regular(engine, reports, options)),
  ];
  // Without the passing of time, what has expired would stay until somebody writes.
  if (options.brief === true) await engine.tick();
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await reportSeen(engine);
    await reports.end(engine);
    await engine.close();
    for (const term of terms) await term.end();
    await index?.close();
    await store.close();
  };
  return ok({
    get name() {
      return engine.workspace;
    },
    engine,
    store,
    lags: measured(engine, followers, options),
    close: () => (closing ??= close()),
  });
};

/**
 * A snapshot lets a journal be opened of which older entries are missing. One of which nothing was archived has them all, and
 * is not asked how it is: that would wait for its writing thread.
 */
const warnOfLacking = async ({ name, store, log }: OpenOptions): Promise<void> => {
  if (await isWhole(store)) return;
  const { lacking } = await store.health();
  if (lacking !== undefined)
    log.warn(`Workspace "${name}" can be worked on, but not all of its past can be read: ${lacking}`);
};

/** Whether nothing of it was archived, as far as it says so now. */
const isWhole = async (store: Store): Promise<boolean> => {
  try {
    return (await store.base()).seq === 0;
  } catch (failure) {
    // Whoever calls hears why it cannot be reached.
    if (!(failure instanceof StoreFailure)) throw failure;
    return true;
  }
};

const measured = (
  engine: Engine,
  followers: readonly Following[],
  { meter, clock }: Pick<OpenOptions, 'meter' | 'clock'>,
): Workspace['lags'] => {
  if (meter === undefined) return () => [];
  countResumes(engine, meter);
  return watchLag(engine, followers, clock.monotonic);
};

/** What has to happen whether or not somebody calls. */
const regular = (engine: Engine, reports: CarriedReports, options: OpenOptions): readonly Term[] => [
  runFollower(engine, atWork, { ...options, elect: (office) => options.store.elect(office) }),
  every(
    () => (options.ticksFirst ? tickEveryMs : lateTickEveryMs) + Math.random() * tickJitterMs,
    () => engine.tick(),
    options,
  ),
  every(
    () => minuteMs,
    async () => {
      await reportSeen(engine);
      await reports.tidy(engine);
    },
    options,
  ),
];

/** AG14: one entry a minute for all who called, unless they are more than one entry may name. */
const reportSeen = async (engine: Engine): Promise<void> => {
  const seen = engine.takeSeen();
  for (let from = 0; from < seen.length; from += seenSessionsMax) {
    const sessions = seen.slice(from, from + seenSessionsMax);
    await engine.report('presence', agentsIntent({ type: 'see', sessions }), systemActor);
  }
};

/** Runs `work` again and again, the next time counted from the end of the last. */
const every = (
  delayMs: () => number,
  work: () => Promise<void>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Term => {
  let ended = false;
  let running: Promise<void> = Promise.resolve();
  let cancel = (): void => {};
  const wait = (): void => {
    if (!ended) cancel = clock.after(delayMs(), run);
  };
  const run = (): void => {
    running = work()
      .catch((thrown: unknown) => log.error('regular work failed', thrown))
      .finally(wait);
  };
  wait();
  return {
    end: async () => {
      ended = true;
      cancel();
      await running;
    },
  };
};
