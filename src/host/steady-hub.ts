import { randomUUID } from 'node:crypto';
import type { Log } from '../engine/log.ts';
import { type Outcome, type Refusal, errorTable, ok, refuse } from '../kernel/errors.ts';
import { minuteMs, secondMs } from '../kernel/instants.ts';
import type { Caller } from '../kernel/operation.ts';
import type { Attempt } from '../surfaces/http/client.ts';
import { type ChangeListener, type ChangeStream, followChanges } from '../surfaces/http/follow-changes.ts';
import type { Hub, HubCall, HubHealth, HubReply } from '../surfaces/hub.ts';
import { pause, within } from '../surfaces/pause.ts';

/** A hub that can be called now. */
export interface Line {
  /** Of the journal that lists the workspaces; undefined where the hub does not say it. */
  readonly id: string | undefined;
  readonly attempt: (call: HubCall & { readonly requestId: string }) => Promise<Attempt>;
  /** Whether the hub has heard it. */
  readonly disconnect: (caller: Caller, workspace: string | undefined) => Promise<boolean>;
  readonly openChanges: (
    workspace: string | undefined,
    listener: ChangeListener,
  ) => Promise<Outcome<ChangeStream>>;
  readonly health: () => Promise<HubHealth>;
  readonly close: () => Promise<void>;
}

/** Where hubs come from. */
export interface Source {
  /** Which hub is meant, as a sentence begins with it. */
  readonly name: string;
  /** Looks once for the hub. A refusal that is not worth a repeat ends the search. */
  readonly look: () => Promise<Outcome<Line>>;
  /** How long to look again and again for a hub that is gone. */
  readonly patienceMs: number;
  /** Serves from this process when none returns. Before there was one, nobody is waited for. */
  readonly instead?: () => Promise<Outcome<Line>>;
}

export interface SteadyHubOptions {
  readonly source: Source;
  readonly version: string;
  /** Whether an operation changes something. */
  readonly writes: (operation: string) => boolean;
  /** The input of a call with what only this process knows; as it came when absent. */
  readonly inputOf?: (call: Pick<HubCall, 'operation' | 'input'>) => Promise<unknown>;
  readonly log: Log;
}

/** The pauses between two looks: each is twice as long as the one before, up to a limit. */
const firstPauseMs = 50;
const pauseMsMax = 500;

/** How often one call is repeated: a hub that dies of a call must not die of it for ever. */
const repeatsMax = 5;

/** Whether another look may find a hub that tells; one that has only been asked too often stays. */
const hasGone = ({ code }: Refusal): boolean => errorTable[code].retryable && code !== 'rate_limited';

/** How long whoever asks for changes waits until they are told for certain. */
const promptMs = secondMs;

/** A process that only listens lets a hub be gone for this long before it does anything about it. */
const listeningPatienceMs = minuteMs;

/**
 * Whatever hub there is, as one that stays: when it goes away, calls wait for the next and are made again under the
 * same request id, so that each is done once. The sessions are in the journal, where the next hub finds them.
 */
export class SteadyHub implements Hub {
  readonly version: string;
  readonly #options: SteadyHubOptions;
  /** Aborted when this process is about to end, and waits for nobody any more. */
  readonly #haste = new AbortController();
  /** Ended when the hub is closed. */
  readonly #follows = new Set<() => void>();
  #line: Line | undefined;
  #search: Promise<Outcome<Line>> | undefined;
  #closed = false;
  /** Whether there has been a hub, and whether it was called. */
  #served = false;
  #called = false;
  /** Why there is no hub, once that has been said in the log. */
  #missing: Refusal | undefined;

  constructor(options: SteadyHubOptions) {
    this.version = options.version;
    this.#options = options;
  }

  /** Looks for a hub before somebody calls. Whatever comes of it, calls look again. */
  async connect(): Promise<void> {
    await this.#ready();
  }

  /** Why there has not been a hub yet, if a search for one has failed. */
  get failure(): Refusal | undefined {
    return this.#served ? undefined : this.#missing;
  }

  async call(asked: HubCall): Promise<Outcome<HubReply>> {
    const { inputOf } = this.#options;
    const input = inputOf === undefined ? asked.input : await inputOf(asked);
    const call = { ...asked, input, requestId: asked.requestId ?? randomUUID() };
    let begunAt: Line | undefined;
    for (let repeats = 0; ; repeats += 1) {
      const ready = await unlessAborted(this.#ready(), call.signal);
      if (!ready.ok) return this.#givenUp(call, { refusal: ready, begun: begunAt !== undefined });
      const line = ready.value;
      // What one hub may have done, another one cannot say: it has another journal.
      if (begunAt !== undefined && begunAt.id !== line.id) return this.#givenUp(call, replaced);
      this.#called = true;
      const attempt = await line.attempt(call);
      if (attempt.kind === 'answered') return attempt.outcome;
      if (attempt.begun && this.#options.writes(call.operation)) begunAt = line;
      this.#lose(line);
      if (repeats === repeatsMax || call.signal?.aborted) {
        const refusal = call.signal?.aborted ? brokenOff : (attempt.refusal ?? this.#silent(attempt.reason));
        return this.#givenUp(call, { refusal, begun: begunAt !== undefined });
      }
      if (repeats > 0) await pause(firstPauseMs * 2 ** repeats, this.#haste.signal);
    }
  }

  async disconnect(caller: Caller, workspace: string | undefined): Promise<void> {
    if (!this.#called) return;
    const line = this.#line;
    if (line !== undefined && (await line.disconnect(caller, workspace))) return;
    if (line !== undefined) this.#lose(line);
    this.#haste.abort();
    const next = await this.#ready();
    if (next.ok) await next.value.disconnect(caller, workspace);
  }

  async health(): Promise<HubHealth> {
    const ready = await this.#ready();
    return ready.ok
      ? ready.value.health()
      : { status: 'stopping', version: this.version, store: 'unknown', workspaces: [] };
  }

  /** Never refuses: where there is no hub at once, it tells that everything may have changed when there is one. */
  async changes(workspace: string | undefined, listener: ChangeListener): Promise<Outcome<() => void>> {
    let goneAt: number | undefined;
    const open = async (): Promise<Outcome<ChangeStream>> => {
      const patient = goneAt === undefined || performance.now() - goneAt < listeningPatienceMs;
      const ready = await (patient && this.#served ? this.#glance() : this.#ready());
      const opened = ready.ok ? await ready.value.openChanges(workspace, listener) : ready;
      if (ready.ok && !opened.ok && hasGone(opened)) this.#lose(ready.value);
      goneAt = opened.ok ? undefined : (goneAt ?? performance.now());
      return opened;
    };
    const opening = open();
    const prompt = await within(promptMs, opening);
    let next = prompt === undefined ? opening : undefined;
    const reopen = (): Promise<Outcome<ChangeStream>> => {
      const opened = next ?? open();
      next = undefined;
      return opened;
    };
    const end = followChanges(reopen, listener, prompt?.ok ? prompt.value : undefined);
    this.#follows.add(end);
    return ok(() => {
      this.#follows.delete(end);
      end();
    });
  }

  /** Waits for no hub any more, and lets go of the one that there is. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#haste.abort();
    for (const end of this.#follows) end();
    await this.#search;
    await this.#line?.close();
  }

  #ready(): Promise<Outcome<Line>> {
    if (this.#line !== undefined) return Promise.resolve(ok(this.#line));
    this.#search ??= this.#find().finally(() => {
      this.#search = undefined;
    });
    return this.#search;
  }

  /** The hub, if one look is enough to find it. */
  #glance(): Promise<Outcome<Line>> {
    return this.#line === undefined && this.#search === undefined ? this.#look() : this.#ready();
  }

  /** Those who call meanwhile share one search. */
  async #find(): Promise<Outcome<Line>> {
    const { source, log } = this.#options;
    const waits = this.#served || source.instead === undefined;
    const deadline = performance.now() + (waits ? source.patienceMs : 0);
    let found = await this.#look();
    for (let pauseMs = firstPauseMs; !found.ok && errorTable[found.code].retryable; pauseMs *= 2) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || this.#haste.signal.aborted) {
        if (source.instead !== undefined && !this.#closed) found = await this.#accept(source.instead());
        break;
      }
      await pause(Math.min(pauseMs, pauseMsMax, leftMs), this.#haste.signal);
      found = await this.#look();
    }
    if (!found.ok && this.#missing === undefined && !this.#haste.signal.aborted) log.warn(found.message);
    if (!this.#closed) this.#missing = found.ok ? undefined : found;
    return found;
  }

  #look(): Promise<Outcome<Line>> {
    return this.#accept(this.#options.source.look());
  }

  async #accept(found: Promise<Outcome<Line>>): Promise<Outcome<Line>> {
    const line = await found;
    if (!line.ok) return line;
    const known = this.#line;
    if (known !== undefined || this.#closed) await line.value.close();
    if (this.#closed) return ending;
    this.#served = true;
    this.#line = known ?? line.value;
    return ok(this.#line);
  }

  /** Nothing is taken from calls that are under way on it: a hub that stops still answers some. */
  #lose(line: Line): void {
    if (this.#line === line) this.#line = undefined;
  }

  #silent(reason: string): Refusal {
    return refuse(
      'stopping',
      `${this.#options.source.name} goes away again and again (${reason}). Nothing was stored. See that it runs (signalbox serve), then call again.`,
      { reason },
    );
  }

  #givenUp({ requestId }: { readonly requestId: string }, { refusal, begun }: GivenUp): Refusal {
    if (!begun) return refusal;
    const { name } = this.#options.source;
    const { reason = refusal.message } = refusal.details;
    return refuse(
      'outcome_unknown',
      `${name} did not answer, and is not asked again (${String(reason)}), so whether this was done is not known. See that it runs (signalbox serve), then look at what is there before you do it again.`,
      { reason, request: requestId },
    );
  }
}

interface GivenUp {
  readonly refusal: Refusal;
  /** Whether some hub may have begun what it was asked. */
  readonly begun: boolean;
}

const ending = refuse('stopping', 'This process is about to end. Nothing was stored. Start it again.');

const brokenOff = refuse(
  'stopping',
  'The call was broken off before it was answered. Nothing was stored. Call again.',
  { reason: 'the call was broken off' },
);

const replaced: GivenUp = {
  refusal: refuse('other_hub', 'Another hub has taken its place.', {
    reason: 'another hub has taken its place',
  }),
  begun: true,
};

/** What comes of it, or the refusal of a call that was broken off meanwhile. */
const unlessAborted = async (
  ready: Promise<Outcome<Line>>,
  signal: AbortSignal | undefined,
): Promise<Outcome<Line>> => {
  if (signal === undefined) return ready;
  const { promise: aborted, resolve } = Promise.withResolvers<Refusal>();
  const abort = (): void => resolve(brokenOff);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([ready, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};
