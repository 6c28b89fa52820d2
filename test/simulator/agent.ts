import type { Caller } from '../../src/kernel/operation.ts';
import { isRecord } from '../../src/kernel/json.ts';
import { type AnswerChecks, messagesIn, recordsIn, seqOfMessage } from './answers.ts';
import { Attempt, type Deed, type Ending, type Tamper } from './attempt.ts';
import { Memory, type Theme, type Wish, chooseWish } from './deeds.ts';
import type { Hub } from './hub.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { World } from './world.ts';

/** After these a call with the same request id may still succeed, or find what the first one did. */
const passing: readonly string[] = [
  'outcome_unknown',
  'storage_busy',
  'storage_failed',
  'storage_full',
  'stopping',
  'overloaded',
  // Where a torn batch stands, until it is gone.
  'journal_corrupt',
];

export interface AgentOptions {
  readonly world: World;
  readonly hubs: readonly Hub[];
  readonly ledger: Ledger;
  readonly answers: AnswerChecks;
  readonly tamper: Tamper;
  /** All calls that have not ended. */
  readonly pending: Set<Attempt>;
  /** How many wishes it has before it comes to its end. */
  readonly wishes: number;
  readonly names: readonly string[];
  readonly theme: Theme;
  /** All begin at the same moments, this far apart, so that their calls meet; 0: each when it likes. */
  readonly beatMs: number;
  /** The hub that all call first; undefined: each has its own. */
  readonly home: Hub | undefined;
}

/** A client: has one wish after another, calls again under the same request id where it does not know, on any hub. */
export class Agent {
  readonly name: string;
  readonly #options: AgentOptions;
  readonly #others: readonly string[];
  readonly #received = new Set<number>();
  /** Request ids whose answers did not reach it. */
  readonly #lost: string[] = [];
  #memory = new Memory();
  #session: string | undefined;
  readonly #byConnection: boolean;
  #made = 0;
  #deed: Deed | undefined;
  #home: Hub;
  #finishing: 'not yet' | 'reading' | 'done' = 'not yet';

  constructor(name: string, options: AgentOptions) {
    this.name = name;
    this.#options = options;
    this.#others = options.names.filter((one) => one !== name);
    this.#byConnection = options.world.random.chance(0.5);
    this.#home = options.home ?? options.world.random.pick(options.hubs);
  }

  get idle(): boolean {
    return this.#deed === undefined && (this.#made >= this.#options.wishes || this.#finishing === 'done');
  }

  get made(): number {
    return this.#made;
  }

  get received(): ReadonlySet<number> {
    return this.#received;
  }

  begin(): void {
    this.#later(this.#options.world.random.between(0, 50), () => this.#next());
  }

  /** All is healed: reads what it has not got yet. */
  finish(): void {
    this.#finishing = 'reading';
    this.#later(1, () => this.#do({ operation: 'start', input: { agent: this.name } }));
  }

  get finished(): boolean {
    return this.#finishing === 'done';
  }

  #later(ms: number, call: () => void): void {
    const { timeline, nature } = this.#options.world;
    timeline.after(ms, nature, call);
  }

  #next(): void {
    const { world, wishes } = this.#options;
    const { random } = world;
    if (this.#finishing === 'done') return;
    if (this.#finishing === 'not yet' && this.#made >= wishes) return;
    if (this.#session === undefined)
      return this.#do({ operation: 'start', input: { agent: this.name, wip_limit: 1 + random.below(2) } });
    if (this.#finishing === 'reading') return this.#do({ operation: 'inbox', input: {} });
    const number = this.#made;
    const choosing = { random, memory: this.#memory, name: this.name, others: this.#others, number };
    this.#do(chooseWish(this.#options.theme, choosing));
  }

  #do({ operation, input }: Wish): void {
    const { random, weather, healed } = this.#options.world;
    this.#made += 1;
    const id = `${this.name}-${this.#made}`;
    // Whoever joins needs a request id to find its own session again.
    const isOnce = !healed && operation !== 'start' && random.chance(0.12);
    const deed: Deed = { id, operation, input, requestId: isOnce ? undefined : id, attempts: 0, over: false };
    this.#deed = deed;
    if (random.chance(0.1)) this.#home = random.pick(this.#options.hubs);
    this.#call(deed, this.#home);
    if (!healed && deed.requestId !== undefined && random.chance(weather['call made twice'])) {
      this.#options.world.struck('call made twice', id);
      this.#later(random.skewed(0, 20), () => {
        if (!deed.over) this.#call(deed, random.pick(this.#options.hubs));
      });
    }
  }

  #caller(): Caller {
    return {
      principal: 'owner',
      role: 'worker',
      kind: 'agent',
      agent: undefined,
      session: this.#byConnection ? undefined : this.#session,
      connection: this.#byConnection ? `of-${this.name}` : undefined,
      client: 'simulated',
    };
  }

  #call(deed: Deed, hub: Hub): void {
    const { world, pending, tamper } = this.#options;
    const { timeline, random, nature, note } = world;
    deed.attempts += 1;
    const { now: startedAt } = timeline;
    const { life, engine } = hub;
    const attempt = new Attempt({ deed, agent: this.name, hub, startedAt }, (one, ending) =>
      this.#ended(one, ending),
    );
    const again = deed.attempts > 1 ? ` (call ${deed.attempts})` : '';
    note(() => `${deed.id} -> ${hub.name}: ${deed.operation} ${JSON.stringify(deed.input)}${again}`);
    if (engine === undefined) return void timeline.after(1, nature, attempt.broken);
    pending.add(attempt);
    hub.asking.add(attempt);
    const caller = this.#caller();
    timeline.after(random.skewed(0.05, 3), life, () =>
      attempt.make(caller, { lost: [...this.#lost], tamper, now: timeline.now }),
    );
  }

  /** At the hub: its answer is on its way from here on. */
  #ended(attempt: Attempt, ending: Ending): void {
    const { world, pending, answers, ledger } = this.#options;
    const { deed, hub } = attempt;
    const { random, weather, healed, struck, note } = world;
    pending.delete(attempt);
    const code = ending.ok === true ? 'ok' : ending.ok === 'broken' ? 'broken' : ending.code;
    note(() => {
      const what = ending.ok === true ? ` ${JSON.stringify(ending.value.value)}` : '';
      return `${hub.name} -> ${deed.id}: ${code}${what}`.slice(0, 400);
    });
    if (ending.ok === true) answers.check(attempt, ending.value);
    ledger.checks.holds(
      'nothing is a defect',
      code !== 'internal',
      () => `${deed.id}: ${JSON.stringify(ending)}`,
    );
    this.#meetTorn(attempt, code);
    const isLost =
      !healed &&
      deed.requestId !== undefined &&
      ending.ok !== 'broken' &&
      random.chance(weather['reply to an agent lost']);
    if (isLost) struck('reply to an agent lost', deed.id);
    this.#later(random.skewed(0.05, 3), () => {
      if (isLost && deed.requestId !== undefined) this.#lost.push(deed.requestId);
      this.#arrived(attempt, isLost ? { ok: 'broken' } : ending);
    });
  }

  #meetTorn({ deed, hub }: Attempt, code: string): void {
    const { world, ledger } = this.#options;
    if (world.tearing.torn && code !== 'broken')
      ledger.checks.holds(
        'a torn batch is refused',
        code !== 'ok' || hub.engine === undefined || hub.engine.seq <= ledger.seq,
        () => `${deed.id} was answered from a batch of which a part is missing`,
      );
    else if (code === 'journal_corrupt') world.fail(`${deed.id} was told that the journal is damaged`);
  }

  #arrived(attempt: Attempt, ending: Ending): void {
    const { deed } = attempt;
    if (ending.ok === true) this.#learn(deed, ending.value.value);
    if (deed.over) return;
    if (ending.ok !== true && (ending.ok === 'broken' || passing.includes(ending.code))) {
      this.#unsure(deed);
      return;
    }
    if (ending.ok === false) this.#refused(attempt, ending.code);
    this.#over(deed);
  }

  #unsure(deed: Deed): void {
    const { world, pending, hubs } = this.#options;
    const { random, healed, struck } = world;
    for (const one of pending) if (one.deed === deed) return;
    // Whoever asks only once never knows; some who could ask again give up.
    if (deed.requestId === undefined || (!healed && deed.attempts > 3 && random.chance(0.15))) {
      // Of a start nobody knows which session it was.
      return this.#over(deed);
    }
    struck('call made again', deed.id);
    this.#later(random.skewed(1, 2_500), () => {
      if (deed.over) return;
      if (random.chance(0.5)) this.#home = random.pick(hubs);
      this.#call(deed, this.#home);
    });
  }

  #refused({ deed }: Attempt, code: string): void {
    const { ledger } = this.#options;
    if (code === 'session_ended' || code === 'session_required') this.#session = undefined;
    const isPlain = !('wait_ms' in deed.input) && deed.attempts === 1;
    if (isPlain && deed.requestId !== undefined) ledger.refused.add(deed.requestId);
  }

  #over(deed: Deed): void {
    const { random } = this.#options.world;
    deed.over = true;
    this.#deed = undefined;
    const pause = random.chance(0.1) ? random.between(0, 4_000) : random.skewed(0, 200);
    this.#later(this.#finishing === 'not yet' ? this.#onBeat(pause) : 1, () => this.#next());
  }

  #onBeat(ms: number): number {
    const { world, beatMs } = this.#options;
    const { now } = world.timeline;
    return beatMs === 0 ? ms : Math.ceil((now + ms) / beatMs) * beatMs - now;
  }

  #learn(deed: Deed, value: unknown): void {
    if (!isRecord(value)) return;
    const { tasks, locks } = this.#memory;
    const shown = messagesIn(deed, value);
    for (const message of shown) this.#received.add(seqOfMessage(message));
    if (deed.over) return;
    switch (deed.operation) {
      case 'start':
        this.#memory = new Memory();
        this.#session = String(value['session']);
        break;
      case 'agent_leave':
        this.#session = undefined;
        break;
      case 'task_claim':
        tasks.set(String(value['id']), Number(value['epoch']));
        break;
      case 'task_done':
      case 'task_release':
        tasks.delete(String(deed.input['id']));
        break;
      case 'lock_acquire':
        for (const { name, token } of recordsIn(value['locks'])) locks.set(String(name), Number(token));
        break;
      case 'lock_release':
        locks.clear();
        break;
      case 'wait':
        this.#memory.cursor = String(value['cursor']);
        break;
      case 'inbox':
        if (this.#finishing === 'reading' && shown.length === 0) this.#finishing = 'done';
        break;
      default:
    }
  }
}
