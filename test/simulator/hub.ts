import { agentsIntent } from '../../src/areas/agents/decide.ts';
import { identify } from '../../src/areas/agents/model.ts';
import { areas, defaultSettings, initialSlices } from '../../src/areas/index.ts';
import { messagesIntent } from '../../src/areas/messages/decide/index.ts';
import type { Clock } from '../../src/engine/clock.ts';
import { Engine } from '../../src/engine/engine.ts';
import { CarriedReports } from '../../src/host/carried-reports.ts';
import type { Snapshot } from '../../src/journal/snapshots.ts';
import type { Area } from '../../src/kernel/area.ts';
import type { Slices } from '../../src/kernel/slices.ts';
import { systemActor } from '../../src/kernel/entry.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { differenceOf } from './content.ts';
import type { Checks } from './ledger/checks.ts';
import { type Line, SimulatedStore, type Watcher, ringAfterCut } from './store.ts';
import { Life } from './timeline.ts';
import type { FaultKind, World } from './world.ts';

/** What the wall clocks showed when the world began. */
const worldBeganAt = 1_800_000_000_000;

const tickMs: readonly [number, number] = [1_000, 3_500];
const seenMs = 60_000;
const timerMinMs = 0.1;

/** Whoever waits for an answer of a hub. */
export interface Asking {
  /** The hub died, and with it the answer. */
  readonly broken: () => void;
}

/** One process that serves the workspace: the real engine and journal, over a simulated store and clock. */
export class Hub {
  readonly name: string;
  readonly asking = new Set<Asking>();
  readonly #world: World;
  readonly #watchers: Set<Watcher>;
  #life = new Life();
  #engine: Engine | undefined;
  #log = new CollectedLog();
  #line: Line | undefined;
  #wallOffsetMs = 0;
  /** How fast its clock runs in this life, and in the next. */
  #rate = 1;
  #nextRate = 1;
  #cutUntil = 0;
  #busyUntil = 0;
  #stopping = false;
  /** Since when nothing has kept it from working. */
  #calmSince = 0;

  constructor(world: World, name: string, watchers: Set<Watcher>) {
    this.#world = world;
    this.name = name;
    this.#watchers = watchers;
  }

  get life(): Life {
    return this.#life;
  }

  get engine(): Engine | undefined {
    return this.#engine;
  }

  get log(): CollectedLog {
    return this.#log;
  }

  /** Since when it could have worked; undefined while it cannot. */
  get calmSince(): number | undefined {
    const { timeline, slowUntil } = this.#world;
    const { stalledUntil } = this.#life;
    const since = Math.max(this.#calmSince, this.#cutUntil, this.#busyUntil, stalledUntil, slowUntil);
    return this.#engine !== undefined && !this.#stopping && since <= timeline.now ? since : undefined;
  }

  /** Its clock runs fast or slow from its next start on, and shows another time. */
  setClock(clock: { readonly wallOffsetMs?: number; readonly rate?: number }): void {
    this.#wallOffsetMs = clock.wallOffsetMs ?? this.#wallOffsetMs;
    this.#nextRate = clock.rate ?? this.#nextRate;
  }

  get rate(): number {
    return this.#rate;
  }

  open(snapshot?: Snapshot): void {
    const { timeline } = this.#world;
    this.#rate = this.#nextRate;
    const life = this.#life;
    const line = {
      name: this.name,
      life,
      cut: () => timeline.now < this.#cutUntil,
      keptBusy: (ms: number) => {
        this.#busyUntil = Math.max(this.#busyUntil, timeline.now + ms);
      },
      crash: (kind: FaultKind) => this.crash(kind),
    };
    this.#line = line;
    const openedAt = Math.floor(worldBeganAt + timeline.now + this.#wallOffsetMs);
    const store = new SimulatedStore(this.#world, line, { openedAt, watchers: this.#watchers });
    timeline.after(0, life, () => void this.#start(life, store, snapshot));
  }

  async #start(life: Life, store: SimulatedStore, snapshot: Snapshot | undefined): Promise<void> {
    const clock = this.#clock(life);
    const log = new CollectedLog();
    this.#log = log;
    const reports = new CarriedReports({ clock, log });
    const opened = await openEngine({ store, clock, log, snapshot, reports });
    if (!opened.ok) {
      const { code } = opened;
      this.#world.note(() => `${this.name}: cannot open, ${code}`);
      const { checks, fail, tearing } = this.#world;
      const isTorn = code === 'journal_corrupt' && tearing.torn;
      if (isTorn) checks.holds('a torn batch is refused', true, () => '');
      else if (code === 'journal_corrupt' || code === 'internal')
        fail(`${this.name} cannot open the journal: ${opened.message}`);
      else clock.after(500, () => void this.#start(life, store, undefined));
      return;
    }
    const engine = opened.value;
    this.#engine = engine;
    this.#calmSince = this.#world.timeline.now;
    this.#world.note(() => `${this.name}: open at ${engine.seq}, its time is ${engine.now()}`);
    this.#regularly(
      clock,
      () => this.#world.random.between(...tickMs),
      () => engine.tick(),
    );
    this.#regularly(
      clock,
      () => seenMs,
      async () => {
        const sessions = engine.takeSeen();
        if (sessions.length > 0)
          await engine.report('presence', agentsIntent({ type: 'see', sessions }), systemActor);
        await reports.tidy(engine);
      },
    );
  }

  #regularly(clock: Clock, delayMs: () => number, work: () => Promise<void>): void {
    clock.after(delayMs(), () => {
      void work()
        .catch((thrown: unknown) => this.#log.error('regular work failed', thrown))
        .finally(() => this.#regularly(clock, delayMs, work));
    });
  }

  #clock(life: Life): Clock {
    const { timeline } = this.#world;
    const rate = this.#rate;
    const begun = timeline.now;
    const after = (delayMs: number, call: () => void): (() => void) =>
      timeline.after(Math.max(delayMs / rate, timerMinMs), life, call);
    return {
      monotonic: () => (timeline.now - begun) * rate,
      after,
      pause: (delayMs) => new Promise((resolve) => void after(delayMs, resolve)),
    };
  }

  /** Its process is gone from one moment to the next. */
  crash(kind: FaultKind): void {
    const { timeline, random, nature, struck, disk } = this.#world;
    if (!this.#life.alive) return;
    struck(kind, this.name);
    this.#forget();
    disk.crashed();
    timeline.after(random.skewed(1, 3_000), nature, () => this.restart());
  }

  /** It is stopped as one stops a service, and started again. */
  stop(): void {
    const engine = this.#engine;
    const { timeline, random, nature, struck } = this.#world;
    if (engine === undefined || this.#stopping) return;
    this.#stopping = true;
    struck('orderly restart', this.name);
    const life = this.#life;
    const keeps = random.chance(0.5);
    timeline.after(0, life, () => {
      void engine.close().then(() => {
        // What it has answered has left it.
        timeline.after(5, nature, () => {
          if (!life.alive) return;
          const saved = throughFile(engine, this.#world.checks);
          this.#forget();
          timeline.after(random.skewed(1, 1_000), nature, () => this.restart(keeps ? saved : undefined));
        });
      });
    });
  }

  #forget(): void {
    this.#life.alive = false;
    this.#stopping = false;
    this.#engine = undefined;
    for (const watcher of this.#watchers) if (watcher.line === this.#line) this.#watchers.delete(watcher);
    for (const one of this.asking) one.broken();
    this.asking.clear();
  }

  /** Its process is ended, if there is one, and begins anew. */
  replace(): void {
    if (this.#life.alive) this.#forget();
    this.#log = new CollectedLog();
    this.restart();
  }

  restart(snapshot?: Snapshot): void {
    if (this.#life.alive) return;
    this.#life = new Life();
    this.open(snapshot);
  }

  /** It does not reach the store. */
  cutOff(ms: number): void {
    const { timeline, nature } = this.#world;
    this.#cutUntil = Math.max(this.#cutUntil, timeline.now + ms);
    timeline.after(ms, nature, () => {
      const line = this.#line;
      if (line === undefined || line.cut()) return;
      timeline.after(0, line.life, () => ringAfterCut(this.#watchers, line));
    });
  }

  stall(ms: number): void {
    this.#life.stalledUntil = Math.max(this.#life.stalledUntil, this.#world.timeline.now + ms);
  }

  /** All machines have slept: whatever was to happen meanwhile is late. */
  woke(): void {
    this.#calmSince = this.#world.timeline.now;
  }

  heal(): void {
    const { now } = this.#world.timeline;
    if (this.#cutUntil > now) {
      this.#cutUntil = now;
      this.cutOff(0);
    }
    this.#calmSince = now;
    this.restart();
  }
}

interface Opening {
  readonly store: SimulatedStore;
  readonly clock: Clock;
  readonly log: CollectedLog;
  readonly snapshot: Snapshot | undefined;
  readonly reports?: CarriedReports;
}

/** An engine over the areas as they are. */
export const openEngine = async ({ store, clock, log, snapshot, reports }: Opening) => {
  const opened = await Engine.open({
    workspace: 'simulated',
    areas,
    settings: defaultSettings,
    initial: initialSlices,
    store,
    clock,
    log,
    identify,
    snapshot,
    delivery: (cursors) => messagesIntent({ type: 'deliver', cursors }),
    onCarried: (proven) => {
      if (opened.ok) reports?.soon(opened.value, proven);
    },
  });
  return opened;
};

const parsed = (
  rows: Iterable<unknown>,
): Iterable<ReturnType<Area['save']> extends Iterable<infer R> ? R : never> =>
  JSON.parse(JSON.stringify([...rows]));

/** The snapshot of an engine, as it comes back from a file. */
const throughFile = (engine: Engine, checks: Checks): Snapshot => {
  const { header, slices, requests } = engine.snapshot();
  let loaded = initialSlices;
  for (const area of areas) loaded = area.load(loaded, parsed(area.save(slices)));
  const difference = differenceOf(slices, settled(loaded));
  checks.holds(
    'a snapshot is the whole state',
    difference === undefined,
    () => `at ${header.head.seq} another state came back: ${difference}`,
  );
  return { header: { ...header, format: 1, versions: {} }, slices: loaded, requests };
};

const settled = (bulk: Slices): Slices => {
  let slices = bulk;
  for (const area of areas) slices = area.settle(slices);
  return slices;
};
