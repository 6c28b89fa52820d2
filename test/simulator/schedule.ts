import { hash } from 'node:crypto';
import { Agent } from './agent.ts';
import { AnswerChecks } from './answers.ts';
import type { Attempt, Tamper } from './attempt.ts';
import { drawWeather, letChaosLoose } from './chaos.ts';
import { SimulatedDisk } from './disk.ts';
import type { Theme } from './deeds.ts';
import { checkEnd } from './end.ts';
import { within } from './globals.ts';
import { Hub } from './hub.ts';
import type { CollectedLog } from '../../src/testing/collected-log.ts';
import type { JournalIdentity } from '../../src/journal/store.ts';
import { Checks, type Invariant } from './ledger/checks.ts';
import { Ledger } from './ledger/ledger.ts';
import { Random } from './random.ts';
import type { Stage } from './stage.ts';
import type { Watcher } from './store.ts';
import { TornBatches } from './torn.ts';
import { Life, Timeline } from './timeline.ts';
import { WaitChecks } from './waiting.ts';
import type { Disk, FaultKind, Tear, Weather, World } from './world.ts';

/** What is different from a world that keeps all promises. */
export interface Changes {
  readonly disk?: (identity: JournalIdentity) => Disk;
  readonly tamper?: Tamper;
  readonly weather?: Partial<Weather>;
  /** False: no hub is told of what others store. */
  readonly rings?: boolean;
  /** How batches are torn, where they are. */
  readonly tear?: Tear;
  /** All worlds are of this kind. */
  readonly theme?: Theme;
  readonly trace?: boolean;
}

/** What came of one seed. */
export interface Course {
  readonly seed: number;
  readonly agents: number;
  readonly hubs: number;
  /** Calls that agents made, repeats not counted. */
  readonly calls: number;
  /** Things that happened, one after another. */
  readonly steps: number;
  readonly entries: number;
  readonly faults: ReadonlyMap<FaultKind, number>;
  readonly checks: ReadonlyMap<Invariant, number>;
  /** The first thing that did not hold. */
  readonly failure: string | undefined;
  /** The same for the same course. */
  readonly mark: string;
  readonly trace: readonly string[];
}

const names = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay'];
/** How many there are where everything is wanted; where all want the same, there are more. */
const agentsMax = 4;
/** How many calls all agents together want to make; at most twice as many. */
const wishesMin = 16;
const stepsMax = 60_000;
const worldMaxMs = 30 * 3_600_000;
const settleMs = 4_000;

const saysDamage = /The journal is damaged at entry/;

const simulatedDisk = (identity: JournalIdentity): Disk => new SimulatedDisk(identity);

class Play implements Stage {
  readonly random: Random;
  readonly timeline = new Timeline();
  readonly world: World;
  readonly ledger: Ledger;
  readonly hubs: readonly Hub[];
  readonly agents: readonly Agent[];
  readonly pending = new Set<Attempt>();
  readonly faults = new Map<FaultKind, number>();
  readonly trace: string[] = [];
  failure: string | undefined;
  #mark = 0;
  readonly #waits: WaitChecks;

  constructor(seed: number, changes: Changes) {
    const { tamper = (one) => one } = changes;
    const random = new Random(seed);
    this.random = random;
    this.world = this.#worldOf(seed, changes);
    this.ledger = new Ledger(this.world.disk, this.world.checks);
    this.#waits = new WaitChecks(this.ledger, this.pending);
    const watchers = new Set<Watcher>();
    const hubNames = ['A', 'B', 'C'].slice(
      0,
      random.weighted([
        [1, 1],
        [4, 2],
        [2, 3],
      ]),
    );
    this.hubs = hubNames.map((name) => new Hub(this.world, `hub ${name}`, watchers));
    const drawn = random.weighted<Theme>([
      [3, 'everything'],
      [1, 'one lock'],
      [1, 'few tasks'],
    ]);
    const { theme = drawn } = changes;
    const [least, most] = theme === 'everything' ? [2, agentsMax] : [3, names.length];
    const agentNames = names.slice(0, least + random.below(most - least + 1));
    const options = {
      world: this.world,
      hubs: this.hubs,
      ledger: this.ledger,
      answers: new AnswerChecks(this.ledger, this.world.disk),
      tamper,
      pending: this.pending,
      wishes: Math.ceil((wishesMin + random.below(wishesMin)) / agentNames.length),
      names: agentNames,
      theme,
      home: theme !== 'everything' && random.chance(0.5) ? random.pick(this.hubs) : undefined,
      beatMs: theme !== 'everything' && random.chance(0.6) ? 1_000 : 0,
    };
    this.agents = agentNames.map((name) => new Agent(name, options));
  }

  #worldOf(
    seed: number,
    { disk = simulatedDisk, weather, rings = true, tear, trace = false }: Changes,
  ): World {
    const { random, timeline } = this;
    const note = (text: () => string): void => {
      if (trace) this.trace.push(`${timeline.now.toFixed(2).padStart(12)}  ${text()}`);
    };
    const fail = (what: string): void => {
      if (this.failure === undefined) note(() => `FAILED ${what}`);
      this.failure ??= what;
    };
    const shared = {
      random,
      timeline,
      disk: disk({ id: `simulated-${seed}`, generation: 1 }),
      nature: new Life(),
      note,
      checks: new Checks(fail),
    };
    return {
      ...shared,
      seed,
      weather: { ...drawWeather(random), ...weather },
      rings,
      slowUntil: 0,
      healed: false,
      tearing: new TornBatches(shared, () => this.hubs, tear),
      struck: (kind, whom) => {
        this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
        note(() => `FAULT ${kind}: ${whom}`);
      },
      fail,
      stored: () => {
        const fresh = this.ledger.take();
        this.#waits.rung(fresh, timeline.now);
        for (const { seq, time, type, actor, data } of fresh)
          note(
            () =>
              `  ${seq} ${time % 1e9} ${type} by ${actor.agent ?? actor.principal} ${JSON.stringify(data)}`,
          );
      },
    };
  }

  readonly step = async (): Promise<boolean> => {
    if (this.failure !== undefined) return false;
    const { timeline } = this;
    if (!(await timeline.step())) this.world.fail('Nothing happens any more.');
    if (timeline.steps > stepsMax || timeline.now > worldMaxMs) this.world.fail('It does not come to rest.');
    this.#mark = (Math.imul(this.#mark, 31) + Math.floor(timeline.now * 1_000)) >>> 0;
    this.ledger.checkKept();
    this.#waits.check(timeline.now);
    const defect = this.#defect();
    this.ledger.checks.holds(
      'nothing is a defect',
      defect === undefined,
      () => `${defect?.message}: ${String(defect?.thrown)}`,
    );
    return this.failure === undefined;
  };

  /** What a hub calls an error, unless it is that a torn batch stands in the journal. */
  #defect(): CollectedLog['errors'][number] | undefined {
    const { torn } = this.world.tearing;
    for (const { log } of this.hubs)
      for (const one of log.errors) if (!torn || !saysDamage.test(one.message)) return one;
    return undefined;
  }

  /** Lets things happen until this is so. */
  async #until(so: () => boolean): Promise<boolean> {
    while (!so()) if (!(await this.step())) return false;
    return true;
  }

  async run(): Promise<void> {
    const { timeline, world, hubs, agents } = this;
    for (const hub of hubs) hub.open();
    for (const agent of agents) agent.begin();
    letChaosLoose(world, hubs);
    if (!(await this.#until(() => agents.every(({ idle }) => idle)))) return;
    world.note(() => 'all is healed');
    world.healed = true;
    world.tearing.mend();
    world.slowUntil = 0;
    for (const hub of hubs) hub.heal();
    for (const agent of agents) agent.finish();
    if (!(await this.#until(() => agents.every(({ finished }) => finished)))) return;
    // What was proven to have arrived is written a moment later, and so is what is still on its way.
    const rest = timeline.now + settleMs * 2;
    const isAtRest = (): boolean =>
      timeline.now > rest &&
      this.pending.size === 0 &&
      hubs.every(({ calmSince }) => calmSince !== undefined);
    if (!(await this.#until(isAtRest))) return;
    await checkEnd(this);
  }

  get mark(): string {
    return hash('sha256', `${this.#mark} ${this.timeline.steps} ${this.world.disk.rows.at(-1)?.chain}`).slice(
      0,
      16,
    );
  }
}

/** Lets the world of this seed run its course. */
export const simulate = async (seed: number, changes: Changes = {}): Promise<Course> => {
  const play = new Play(seed, changes);
  await within({ random: play.random, soon: play.timeline.soon }, () => play.run());
  const { ledger, agents, hubs, timeline, faults, failure, mark, trace } = play;
  return {
    seed,
    agents: agents.length,
    hubs: hubs.length,
    calls: agents.reduce((sum, { made }) => sum + made, 0),
    steps: timeline.steps,
    entries: ledger.seq,
    faults,
    checks: ledger.checks.made,
    failure,
    mark,
    trace,
  };
};
