import type { ProfileName } from '../areas/access/limits.ts';
import { findPrincipal } from '../areas/access/model.ts';
import { agentsIntent } from '../areas/agents/decide.ts';
import { findWorkspace } from '../areas/workspaces/model.ts';
import type { Reply } from '../engine/answers.ts';
import type { Engine } from '../engine/engine.ts';
import type { ObservedCommand } from '../engine/instruments.ts';
import { Wakefulness } from '../journal/wakefulness.ts';
import { type Outcome, type Refusal, ok } from '../kernel/errors.ts';
import { isRecord } from '../kernel/json.ts';
import type { Caller, Operation, PreparedQuery } from '../kernel/operation.ts';
import { type RateClass, isRateClass } from '../kernel/rate.ts';
import {
  type Hub,
  type HubCall,
  type HubHealth,
  type HubReply,
  type MetricsPage,
  type ServiceLevels,
  type WayIn,
  type WorkspaceHealth,
  otherHub,
  unmeasured,
} from '../surfaces/hub.ts';
import type { EventReader, EventsAsked } from '../surfaces/hub-events.ts';
import type { Denials } from './access/denials.ts';
import { RateLimits } from './access/rate-limits.ts';
import { forgetEnded } from './carried-reports.ts';
import type { CallCode, MeasuredCall, Meter } from './metrics/meter.ts';
import type { Metrics } from './metrics/registry.ts';
import { serviceLevelsOf } from './metrics/service-levels.ts';
import { type Standing, soundnessOf, standingOf } from './metrics/standing.ts';
import { refuseCaller, refuseEvents, refuseMetrics, refuseWorkspace } from './permission.ts';
import { Quotas } from './quotas.ts';
import { whileGood } from './while-good.ts';
import type { Workspace } from './workspace.ts';
import type { Workspaces } from './workspaces.ts';

/** At once where all operations are there, later where each is loaded when it is called. */
export type FindOperation = (name: string) => Outcome<Operation> | Promise<Outcome<Operation>>;

export interface LocalHubOptions {
  readonly workspaces: Workspaces;
  /** The operation of this name, or the refusal that suggests one. */
  readonly find: FindOperation;
  readonly defaultWorkspace: string;
  readonly version: string;
  readonly store: string;
  /** The limits that hold as long as none were set while running. */
  readonly rates?: ProfileName;
  /** Milliseconds since 1970, by which all processes of this machine count calls. */
  readonly wall?: () => number;
  /** Where it is counted who was denied what; nowhere in a process that answers one call. */
  readonly denials?: Pick<Denials, 'known'> | undefined;
  /** What measures the work of this process; nothing when absent. */
  readonly meter?: Meter | undefined;
}

/** The hub that lives in this process. */
export class LocalHub implements Hub {
  readonly id: string;
  readonly version: string;
  readonly #options: LocalHubOptions;
  readonly #limits: RateLimits;
  readonly #quotas = new Quotas();
  /** Reads that come at once one after the other are answered sooner by a thread that has not gone to sleep meanwhile. */
  readonly #reading: Wakefulness | undefined;
  #asked = 0;
  #metrics: Promise<Metrics> | undefined;
  #stopping = false;

  constructor(options: LocalHubOptions) {
    this.id = options.workspaces.hub.store.identity.id;
    this.version = options.version;
    this.#options = options;
    const { workspaces, meter, rates: configured = 'laptop', wall = Date.now } = options;
    const { clock, log, hub } = workspaces;
    const setting = () => hub.engine.slices.access.rates;
    this.#reading = meter && new Wakefulness({ now: meter.monotonic });
    this.#limits = new RateLimits({ counters: hub.store.counters, setting, configured, clock, wall, log });
  }

  async call(call: HubCall): Promise<Outcome<HubReply>> {
    const { meter } = this.#options;
    if (meter === undefined) return this.#answer(call, undefined);
    const measured = meter.begin(call);
    let code: CallCode = 'internal';
    try {
      const outcome = await this.#answer(call, measured);
      code = outcome.ok ? 'ok' : outcome.code;
      if (outcome.ok && outcome.value.replayed) meter.callsRepeated += 1;
      return outcome;
    } finally {
      meter.end(measured, code);
    }
  }

  async #answer(call: HubCall, measured: MeasuredCall | undefined): Promise<Outcome<HubReply>> {
    const nth = (this.#asked += 1);
    if (call.hub !== undefined && call.hub !== this.id) return otherHub(this.id);
    const found = this.#options.find(call.operation);
    const named = found instanceof Promise ? await found : found;
    if (!named.ok) return named;
    const operation = whereAsked(named.value, call.input);
    const { journal, rate, otherRate } = operation;
    const input = this.#inputOf(operation, call);
    const refused = refuseCaller(operation, call.caller) ?? this.#refusePlace(operation, call, input);
    if (refused !== undefined) {
      const workspace = placeOf(operation, call, input);
      return this.#denied(call.caller, refused, { operation: call.operation, workspace });
    }
    const early = otherRate === undefined ? undefined : operation.prepare(input);
    const spending = this.#limits.spend(call.caller, (early?.ok === true ? early.value.rate : rate) ?? rate);
    const spent = spending instanceof Promise ? await spending : spending;
    if (!spent.ok) return this.#tooMany(spent);
    const prepared = early ?? operation.prepare(input);
    if (!prepared.ok) return prepared;
    if (measured !== undefined) measured.waits = prepared.value.limitMs > 0;
    const engine = this.#here(journal, call.workspace) ?? (await this.#engine(journal, call.workspace));
    if (!engine.ok) return engine;
    const more =
      prepared.value.kind === 'command' && journal === 'workspace' ? this.#refuseMore(call) : undefined;
    const beyond = more instanceof Promise ? await more : more;
    if (beyond !== undefined) return beyond;
    const asked = observed(prepared.value, measured);
    const reads = asked.kind === 'query';
    if (!reads) this.#reading?.rest();
    const make = (made: HubCall): Promise<Outcome<Reply>> => this.#make(engine.value, asked, made);
    const reply =
      prepared.value.limitMs > 0
        ? await whileGood(call, prepared.value.kind === 'command', make)
        : await make(call);
    if (measured !== undefined && reads && nth === this.#asked) this.#reading?.end(measured.begunAt, true);
    else this.#reading?.rest();
    if (!reply.ok) {
      const workspace = placeOf(operation, call, input);
      return reply.code === 'forbidden'
        ? this.#denied(call.caller, reply, { operation: call.operation, workspace })
        : reply;
    }
    const { value, replayed, waiting, receipt } = reply.value;
    const told = { value, replayed, waiting };
    const left = spent.value;
    return receipt === undefined && left === undefined
      ? ok(told)
      : ok({ ...told, ...(receipt !== undefined && { receipt }), ...(left !== undefined && { rate: left }) });
  }

  #make(engine: Engine, prepared: ObservedCommand | PreparedQuery, call: HubCall): Promise<Outcome<Reply>> {
    const { caller } = call;
    if (prepared.kind === 'command') return engine.execute(caller, prepared, call);
    const whose = prepared.measures?.(caller);
    if (whose === undefined) return engine.query(caller, prepared, call);
    return this.#measured(prepared, whose, caller).then((measured) => engine.query(caller, measured, call));
  }

  async disconnect(caller: Caller, workspace: string | undefined): Promise<void> {
    const { connection, principal, role, kind, token, scope } = caller;
    if (connection === undefined || this.refuses(caller, workspace, 'disconnect') !== undefined) return;
    const engine = await this.#engine('workspace', workspace);
    if (!engine.ok) return;
    const actor = { principal, role, kind, token, agent: undefined, session: undefined };
    const intent = agentsIntent({ type: 'disconnect', connection, boundTo: scope?.agent });
    const ended = await engine.value.report('disconnect', intent, actor);
    if (!ended.ok && ended.code === 'forbidden')
      this.#denied(caller, ended, { operation: 'disconnect', workspace });
    forgetEnded(engine.value);
  }

  async changes(
    workspace: string | undefined,
    listener: (keys: ReadonlySet<string>) => void,
  ): Promise<Outcome<() => void>> {
    const ends: (() => void)[] = [];
    const follow = (engine: Engine): void => {
      const end = engine.subscribe((entries) => {
        const keys = new Set(entries.flatMap((entry) => engine.keysOf(entry)));
        if (keys.size > 0) listener(keys);
      });
      ends.push(end);
    };
    // First the journal that is open, so that nothing in it is missed while the other is being opened.
    follow(this.#options.workspaces.hub.engine);
    const engine = await this.#engine('workspace', workspace);
    if (engine.ok) follow(engine.value);
    const endAll = (): void => {
      for (const end of ends) end();
    };
    if (!engine.ok) endAll();
    return engine.ok ? ok(endAll) : engine;
  }

  async count(caller: Caller, rate: RateClass): Promise<Refusal | undefined> {
    const spent = await this.#limits.spend(caller, rate);
    return spent.ok ? undefined : this.#tooMany(spent);
  }

  async events(asked: EventsAsked): Promise<Outcome<EventReader>> {
    const { caller, workspace } = asked;
    const refused = refuseEvents(caller) ?? this.#refusesPlace(caller, workspace);
    if (refused !== undefined) return this.#denied(caller, refused, { operation: 'events', workspace });
    const beyond = await this.count(caller, 'read');
    if (beyond !== undefined) return beyond;
    const engine = await this.#engine('workspace', asked.workspace);
    if (!engine.ok) return engine;
    const { openEvents } = await import('./events.ts');
    const opened = await openEvents(engine.value, asked);
    const { meter } = this.#options;
    if (opened.ok && asked.since !== undefined && meter !== undefined) meter.resumed.events += 1;
    return opened;
  }

  async metrics(caller: Caller): Promise<Outcome<MetricsPage>> {
    const { meter, version, store } = this.#options;
    const refused = meter === undefined ? unmeasured : await this.#refusesMetrics(caller, 'metrics');
    if (meter === undefined || refused !== undefined) return refused ?? unmeasured;
    // What writes them is loaded, and begins to watch the process, when they are first asked for.
    this.#metrics ??= import('./metrics/registry.ts').then(
      ({ Metrics: Made }) => new Made({ meter, version, store, standings: () => this.#standings() }),
    );
    return ok(await (await this.#metrics).read());
  }

  async serviceLevels(caller: Caller): Promise<Outcome<ServiceLevels>> {
    const { meter } = this.#options;
    if (meter === undefined) return unmeasured;
    const refused = await this.#refusesMetrics(caller, 'service-levels');
    if (refused !== undefined) return refused;
    const standings = await this.#standings();
    return ok(
      serviceLevelsOf(meter.recent, {
        lags: standings.flatMap(({ lags }) => lags),
        faults: standings.flatMap(({ workspace, fault }) =>
          fault === undefined ? [] : [`Workspace "${workspace}": ${standing(fault)}`],
        ),
      }),
    );
  }

  async health(caller?: Caller): Promise<HubHealth> {
    const { id } = this;
    const { workspaces, version, store } = this.#options;
    const { lossWindow } = workspaces.hub.store.capabilities;
    const { warning } = workspaces.storage;
    const opened = await Promise.all((await workspaces.opened()).map(healthOf));
    const isWell = opened.every(({ reason }) => reason === null);
    const [hub, ...others] = opened;
    const known = others.filter(
      ({ name }) => caller === undefined || this.#refusesPlace(caller, name) === undefined,
    );
    return {
      status: this.#stopping ? 'stopping' : isWell ? 'ok' : 'degraded',
      writable: opened.every(({ writable }) => writable),
      id,
      version,
      store,
      ...(lossWindow !== undefined && { loss_window: lossWindow }),
      ...(warning !== undefined && { store_warning: warning }),
      workspaces: hub === undefined ? known : [hub, ...known],
    };
  }

  async close(): Promise<void> {
    this.#stopping = true;
    await this.#options.workspaces.close();
  }

  async #standings(): Promise<readonly Standing[]> {
    return Promise.all((await this.#options.workspaces.opened()).map(standingOf));
  }

  async #refusesMetrics(caller: Caller, operation: string): Promise<Refusal | undefined> {
    const refused = refuseMetrics(caller);
    return refused === undefined
      ? this.count(caller, 'read')
      : this.#denied(caller, refused, { operation, workspace: undefined });
  }

  #tooMany(refusal: Refusal): Refusal {
    const rate = refusal.details['class'];
    if (isRateClass(rate)) this.#options.meter?.limited(rate);
    return refusal;
  }

  /** WO15, WO16: why nothing more may be written there now. */
  #refuseMore({ workspace }: HubCall): ReturnType<Quotas['refuse']> {
    const { workspaces, defaultWorkspace } = this.#options;
    const { engine } = workspaces.hub;
    const registered = findWorkspace(engine.slices.workspaces, workspace ?? defaultWorkspace);
    return registered && this.#quotas.refuse(registered, engine.now(), () => workspaces.bytesOf(registered));
  }

  /** Why the caller may not do it there: in the workspace of the call, or the one that the input names. */
  #refusePlace(operation: Operation, call: HubCall, input: unknown): Refusal | undefined {
    if (call.caller.scope === undefined) return undefined;
    const place = placeOf(operation, call, input);
    return place === undefined && operation.journal === 'hub'
      ? undefined
      : this.#refusesPlace(call.caller, place);
  }

  refuses(caller: Caller, workspace: string | undefined, way: WayIn): Refusal | undefined {
    const refused =
      this.#refusesPlace(caller, workspace) ?? (way === 'changes' ? refuseEvents(caller) : undefined);
    return refused && this.#denied(caller, refused, { operation: way, workspace });
  }

  #denied(
    caller: Caller,
    refusal: Refusal,
    { operation, workspace }: Pick<HubCall, 'operation' | 'workspace'>,
  ): Refusal {
    this.#options.denials?.known(caller, refusal, { operation, workspace });
    return refusal;
  }

  #refusesPlace(caller: Caller, name: string | undefined): Refusal | undefined {
    const { workspaces, defaultWorkspace } = this.#options;
    return refuseWorkspace(workspaces.hub.engine.slices.workspaces, caller, name ?? defaultWorkspace);
  }

  /** The query, with what it has to be told besides the state. */
  async #measured(query: PreparedQuery, principal: string, caller: Caller): Promise<PreparedQuery> {
    const { workspaces, rates: configured = 'laptop' } = this.#options;
    const known = findPrincipal(workspaces.hub.engine.slices.access, principal);
    const { role, kind } =
      principal === caller.principal ? caller : (known ?? { role: 'worker', kind: 'person' });
    const readings = await this.#limits.readings({ principal, role, kind });
    const usage = { principal, role, configured, readings };
    return { ...query, run: (slices, facts) => query.run(slices, { ...facts, usage }) };
  }

  /** The input as it came, with the workspace of the call in it where the operation is about one. */
  #inputOf({ ofWorkspace }: Operation, { input, workspace }: HubCall): unknown {
    return ofWorkspace === true && isRecord(input) && input['workspace'] === undefined
      ? { ...input, workspace: workspace ?? this.#options.defaultWorkspace }
      : input;
  }

  #here(journal: Operation['journal'], name: string | undefined): Outcome<Engine> | undefined {
    const { workspaces, defaultWorkspace } = this.#options;
    const workspace = journal === 'hub' ? workspaces.hub : workspaces.here(name ?? defaultWorkspace);
    return workspace && ok(workspace.engine);
  }

  async #engine(journal: Operation['journal'], name: string | undefined): Promise<Outcome<Engine>> {
    const { workspaces, defaultWorkspace } = this.#options;
    if (journal === 'hub') return ok(workspaces.hub.engine);
    const workspace = await workspaces.get(name ?? defaultWorkspace);
    return workspace.ok ? ok(workspace.value.engine) : workspace;
  }
}

/** The same, with who follows how it is stored. */
const observed = (
  prepared: ObservedCommand | PreparedQuery,
  measured: MeasuredCall | undefined,
): ObservedCommand | PreparedQuery =>
  measured?.span === undefined || prepared.kind === 'query'
    ? prepared
    : { ...prepared, observer: measured.span.observer };

/** The operation on the journal that its input names. */
const whereAsked = (operation: Operation, input: unknown): Operation =>
  operation.orHub === true && isRecord(input) && input['of'] === 'hub'
    ? { ...operation, journal: 'hub' }
    : operation;

/** The workspace that a call is for, as far as it says so. */
const placeOf = (
  { journal, ofWorkspace }: Operation,
  { workspace }: HubCall,
  input: unknown,
): string | undefined => {
  if (journal === 'workspace') return workspace;
  const named = ofWorkspace === true && isRecord(input) ? input['workspace'] : undefined;
  return typeof named === 'string' ? named : undefined;
};

/** A reason is put for who has called; who asks how things stand has wanted nothing stored or changed. */
const standing = (reason: string): string =>
  reason.replaceAll(/ ?\bNothing was (?:stored|changed)\./g, '').trim();

const healthOf = async (workspace: Workspace): Promise<WorkspaceHealth> => {
  const { writable, fault } = await soundnessOf(workspace);
  const { name, engine } = workspace;
  return { name, seq: engine.seq, writable, reason: fault === undefined ? null : standing(fault) };
};
