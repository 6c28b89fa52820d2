import type { Area, Intent } from '../kernel/area.ts';
import { present } from '../kernel/assert.ts';
import { type Actor, type Entry, type Seq, systemActor } from '../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import type { Instant } from '../kernel/instants.ts';
import type { Caller, History, PreparedCommand, PreparedQuery } from '../kernel/operation.ts';
import type { Place } from '../kernel/waiting.ts';
import type { RuleSettings } from '../kernel/rule-settings.ts';
import type { Slices } from '../kernel/slices.ts';
import { Codec, type CodecOptions } from '../journal/codec.ts';
import { Journal } from '../journal/journal.ts';
import { sealerFor } from '../journal/sealer.ts';
import type { Snapshot, Unwritten } from '../journal/snapshots.ts';
import { type Store, StoreFailure } from '../journal/store.ts';
import { Answers, type Made, type Reply } from './answers.ts';
import type { Call, Decided, Fate } from './batch.ts';
import { Blocking } from './blocking.ts';
import { type CallOptions, askedCall, ownCall, refuseRequestId, speakerOf, withSecret } from './calls.ts';
import { type AgentCursors, CarriedAnswers } from './carried.ts';
import { type Clock, WorkspaceTime } from './clock.ts';
import { Committer } from './committer.ts';
import { Delivering } from './delivering.ts';
import type { Instruments, ObservedCommand } from './instruments.ts';
import type { Log } from './log.ts';
import { isDue, letTimeHappen } from './passing-time.ts';
import type { TextSearch } from './search.ts';
import { Following } from './following.ts';
import { Forgetting, type RemoveTraces } from './forgetting.ts';
import { FoldedState, originOf } from './state.ts';
import { type Rules, defect, rulesOf } from './unit.ts';

export interface EngineOptions extends CodecOptions {
  readonly workspace: string;
  readonly areas: readonly Area[];
  readonly settings: RuleSettings;
  readonly initial: Slices;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly identify: (slices: Slices, caller: Caller) => Outcome<Actor>;
  /** Where to begin instead of at the first entry. */
  readonly snapshot?: Snapshot | undefined;
  /** Absent: what would have to be searched for is refused. */
  readonly search?: TextSearch | undefined;
  /** What writes down how far agents have been told. */
  readonly delivery?: ((cursors: readonly AgentCursors[]) => Intent) | undefined;
  /** Called with what has been proven and is to be taken from `carried`. */
  readonly onCarried?: ((proven: AgentCursors) => void) | undefined;
  readonly instruments?: Instruments | undefined;
  readonly onErased?: RemoveTraces | undefined;
}

/** Is told of entries after they have been folded. Must not throw; what it throws is logged. */
export type Listener = (entries: readonly Entry[], slices: Slices) => void;

/** One workspace at work: takes calls, decides them in batches, makes them durable, answers, and wakes who waits. */
export class Engine {
  readonly journal: Journal;
  readonly #options: EngineOptions;
  readonly #rules: Rules;
  readonly #state: FoldedState;
  readonly #committer: Committer;
  readonly #blocking: Blocking;
  readonly #answers: Answers;
  readonly #forgetting: Forgetting;
  readonly #following: Following;
  /** How far agents have been told by the answers of this process. */
  readonly carried = new CarriedAnswers((proven) => this.#options.onCarried?.(proven));
  readonly #listeners = new Set<Listener>();
  readonly #seen = new Set<string>();
  #workspace: string;
  readonly #time: WorkspaceTime;
  #stopped: Refusal | undefined;

  private constructor(options: EngineOptions) {
    this.#workspace = options.workspace;
    this.#options = options;
    this.#rules = rulesOf(options.areas, options.settings);
    this.#time = new WorkspaceTime(options.clock, options.store.openedAt);
    const { snapshot, initial } = options;
    this.#state = new FoldedState(this.#rules, originOf(snapshot, initial));
    const { store, areas } = options;
    this.journal = new Journal(store, new Codec(areas, { ...options, sealer: sealerFor(store, areas) }), {
      from: snapshot?.header.head,
      sink: (entries) => this.#absorb(entries),
    });
    const { journal } = this;
    const shared = { rules: this.#rules, state: this.#state, log: options.log, now: () => this.now() };
    this.#forgetting = new Forgetting({
      rules: this.#rules,
      state: this.#state,
      journal: this.journal,
      initial,
      log: options.log,
      fromSnapshot: snapshot !== undefined,
      onErased: options.onErased,
    });
    this.#answers = new Answers({
      ...shared,
      workspace: () => this.#workspace,
      journal,
      search: options.search,
      arrived: (actor) => this.carried.proven(actor),
    });
    this.#committer = new Committer({
      ...shared,
      journal,
      clock: options.clock,
      instruments: options.instruments,
      hears: () => this.#following.isWatching,
      ready: () => this.#forgetting.renew(),
      beforeDue: () => this.#unwritten(),
      stop: (refusal) => this.#stop(refusal),
    });
    this.#following = new Following({
      store,
      journal: this.journal,
      forgetting: this.#forgetting,
      log: options.log,
      stopped: () => this.#stopped,
      meet: (refusal) => this.#committer.meet(refusal),
    });
    this.#blocking = new Blocking({
      ...shared,
      clock: options.clock,
      submit: (call) => this.#submit(call),
      tick: () => this.tick(),
      stopped: () => this.#stopped,
      waiting: () => this.#following.watch(),
    });
  }

  /** Folds the journal and begins to work. Refuses when the journal cannot be read to its end. */
  static async open(options: EngineOptions): Promise<Outcome<Engine>> {
    const engine = new Engine(options);
    try {
      engine.#state.bulk();
      await engine.journal.catchUp();
      engine.#state.endBulk();
      engine.#time.keepUp(engine.#state.time);
      const left = await engine.#forgetting.begin();
      if (left !== undefined) return left;
    } catch (failure) {
      if (failure instanceof StoreFailure) return failure.refusal;
      throw failure;
    }
    return ok(engine);
  }

  /** The time of the workspace: never before the last entry. */
  now(): Instant {
    return Math.max(this.#time.now(), this.#state.time);
  }

  /** What the workspace is called in answers. */
  get workspace(): string {
    return this.#workspace;
  }

  rename(workspace: string): void {
    this.#workspace = workspace;
  }

  get seq(): Seq {
    return this.#state.seq;
  }

  /** The state as last folded. For followers; calls go through `query`, which looks at the store's head first. */
  get slices(): Slices {
    return this.#state.slices;
  }

  /** Why this workspace answers nothing any more, if so. */
  get stopped(): Refusal | undefined {
    return this.#stopped;
  }

  get waiting(): number {
    return this.#blocking.size;
  }

  async query(caller: Caller, prepared: PreparedQuery, options: CallOptions = {}): Promise<Outcome<Reply>> {
    const delivering = this.#delivering(prepared, options);
    const behind = await this.refresh();
    if (behind !== undefined) return behind;
    const actor = this.#options.identify(this.#state.slices, caller);
    if (!actor.ok) return actor;
    this.#see(actor.value);
    if (delivering.mayProve(actor.value))
      await letTimeHappen({ isDue: this.#isDue, submit: (own) => this.#submit(own) });
    delivering.called(actor.value);
    if (prepared.limitMs === 0)
      return delivering.handOut(this.#answers.ofQuery(prepared, actor.value, this.#state.slices));
    const ask = async (): Promise<Outcome<Reply>> =>
      (await this.refresh()) ?? this.#answers.ofQuery(prepared, actor.value, this.#state.slices);
    const answer = await this.#blocking.watch(
      ask,
      { keys: prepared.keys(actor.value), enough: (one) => !one.ok || !one.value.empty },
      { limitMs: prepared.limitMs, signal: options.signal },
    );
    return delivering.handOut(answer);
  }

  async execute(
    caller: Caller,
    prepared: ObservedCommand,
    options: CallOptions = {},
  ): Promise<Outcome<Reply>> {
    const refused = refuseRequestId(options.requestId);
    if (refused !== undefined) return refused;
    const { clock } = this.#options;
    const deadline = clock.monotonic() + prepared.limitMs;
    const speaker = speakerOf(prepared, caller);
    const answers = this.#answers;
    const delivering = this.#delivering(prepared, options);
    const shown = withSecret(prepared);
    let answer: Made | undefined;
    const call = askedCall(shown, caller, {
      requestId: options.requestId,
      identify: (slices) => this.#options.identify(slices, speaker),
      arrived: (actor) => {
        delivering.called(actor);
        return this.carried.proven(actor);
      },
      foresee: (fate, batch) => {
        answer = answers.ofUnit(shown, fate, batch);
      },
    });
    const { retry, limitMs } = prepared;
    const fate =
      retry === undefined
        ? await this.#submit(call)
        : await this.#blocking.retry(call, retry, { limitMs, signal: options.signal });
    switch (fate.kind) {
      case 'refused':
        return fate.refusal;
      case 'deferred':
        return refuse('overloaded', 'Too much is being stored at once. Nothing was stored. Call again.');
      // A call that is made again shows that its answer did not arrive, and proves nothing of earlier ones.
      case 'replayed': {
        delivering.repeated(fate.actor);
        const repeat = await answers.ofRepeat(prepared, fate);
        const turn = prepared.place && (await this.#afterTurn(prepared, fate, options));
        const leftMs = deadline - clock.monotonic();
        const isPatient = turn === undefined || (!turn.left && leftMs > 0);
        // Nothing came of the first call: this one is as good as new, unless its own time was over meanwhile.
        if (isPatient && this.#state.requests.isVoid(fate.remembered))
          return this.execute(caller, { ...prepared, limitMs: Math.max(0, leftMs) }, options);
        return delivering.handOut(turn?.answer ?? repeat);
      }
      case 'decided': {
        this.#see(fate.actor);
        delivering.done(fate.unit.entries);
        const turn = prepared.place && (await this.#afterTurn(prepared, fate, options));
        const answered = await present(answer, 'an answer is made while a batch is being stored');
        return delivering.handOut(turn?.answer ?? answered);
      }
    }
  }

  /** The answer of a call that first had to wait for its turn; `undefined` when there was nothing to wait for. */
  async #afterTurn(
    prepared: PreparedCommand,
    fate: Decided | Extract<Fate, { readonly kind: 'replayed' }>,
    options: CallOptions,
  ): Promise<{ readonly answer: Outcome<Reply>; readonly left: boolean } | undefined> {
    const { place, operation: by } = prepared;
    if (place === undefined) return undefined;
    const answers = this.#answers;
    const done = await answers.doneBy(fate);
    if (!done.ok) return { answer: done, left: false };
    const { actor } = fate;
    const ask = (): Place | undefined =>
      place(done.value, this.#state.slices, answers.facts(actor, this.#state.slices));
    if (ask() === undefined) return undefined;
    // Whoever has its turn is who asked for it, also when the session has ended since.
    const submit = (intent: Intent): Promise<Fate> => this.#submit(ownCall(by, intent, actor));
    const { refusal, left } = await this.#blocking.turn(ask, submit, options.signal);
    return { answer: refusal ?? (await answers.ofTurn(prepared, actor, done.value)), left };
  }

  /** Runs a command that no caller asked for, such as what the host reports about its connections. */
  async report(by: string, intent: Intent, actor: Actor = systemActor): Promise<Outcome<readonly Entry[]>> {
    const fate = await this.#submit(ownCall(by, intent, actor));
    if (fate.kind === 'decided') return ok(fate.unit.entries);
    return fate.kind === 'refused' ? fate.refusal : ok([]);
  }

  /** Lets time pass: clears away what has expired, when something has. */
  async tick(): Promise<void> {
    if (this.#isDue()) await this.#committer.clear();
  }

  readonly #isDue = (): boolean =>
    this.#stopped === undefined && isDue(this.#rules, this.#state.slices, this.now());

  /** The sessions that have called since this was last asked. */
  takeSeen(): readonly string[] {
    const seen = [...this.#seen];
    this.#seen.clear();
    return seen;
  }

  /** Tells `listener` of all further entries, others' included. Returns a function that ends it. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#following.watch();
    return () => this.#listeners.delete(listener);
  }

  /** The state as it is now, for a snapshot. */
  snapshot(): Unwritten {
    return {
      header: { journal: this.journal.store.identity, head: this.journal.head, time: this.#state.time },
      slices: this.#state.slices,
      requests: [...this.#state.requests.all()],
    };
  }

  /** Counts erasures; undefined while a text that was erased may stand in the state. */
  get erasures(): number | undefined {
    return this.#forgetting.isStale ? undefined : this.#forgetting.count;
  }

  /** The keys under which this entry is waited for. */
  keysOf(entry: Entry): readonly string[] {
    return this.#rules.owners.get(entry.type)?.area.concerns(entry) ?? [];
  }

  get areas(): readonly Area[] {
    return this.#rules.areas;
  }

  /** Answers what is under way, refuses what comes after, and leaves the store to its owner. */
  async close(): Promise<void> {
    this.#stop(
      refuse('stopping', 'This Signalbox process is stopping. Nothing was stored. Call again in a moment.'),
    );
    this.#following.end();
    await this.#committer.drained();
    await this.forgotten();
  }

  #submit(call: Call): Promise<Fate> {
    const refusal = this.#stopped;
    return refusal ? Promise.resolve({ kind: 'refused', refusal }) : this.#committer.submit(call);
  }

  #see({ session }: Actor): void {
    if (session !== undefined) this.#seen.add(session);
  }

  #delivering(prepared: PreparedQuery | PreparedCommand, options: CallOptions): Delivering {
    const history = (): History => ({ history: this.journal.history, head: this.#state.seq });
    return new Delivering({ carried: this.carried, history }, prepared, options);
  }

  /** ME15: what has arrived has not expired unread, also when the journal does not say yet that it has arrived. */
  #unwritten(): Intent | undefined {
    const cursors = this.carried.unwritten();
    return cursors.length === 0 ? undefined : this.#options.delivery?.(cursors);
  }

  /** Folds in what others wrote; the refusal when that is impossible. */
  refresh(): Promise<Refusal | undefined> {
    return this.#following.refresh();
  }

  /** Has everything done that the erasures folded so far have for consequence; the refusal when something is left. */
  forgotten(): Promise<Refusal | undefined> {
    return this.#forgetting.clear();
  }

  #absorb(entries: readonly Entry[]): void {
    const batch = this.#committer.batchOf(entries);
    if (batch === undefined) this.#state.fold(entries);
    else this.#state.adopt(batch);
    this.#time.keepUp(this.#state.time);
    this.#forgetting.notice(entries);
    if (this.#listeners.size === 0 && this.#blocking.size === 0) return;
    for (const entry of entries) {
      for (const key of this.keysOf(entry)) this.#blocking.ring(key);
    }
    for (const listener of this.#listeners) {
      try {
        listener(entries, this.#state.slices);
      } catch (thrown) {
        defect(this.#options.log, 'telling a listener', thrown);
      }
    }
  }

  #stop(refusal: Refusal): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = refusal;
    if (refusal.code !== 'stopping')
      this.#options.log.error(`workspace "${this.#workspace}" stops: ${refusal.message}`);
    this.#blocking.ringAll();
  }
}
