import type { Intent } from '../kernel/area.ts';
import type { Entry } from '../kernel/entry.ts';
import { type Refusal, refuse } from '../kernel/errors.ts';
import type { Instant } from '../kernel/instants.ts';
import type { AppendResult, Journal } from '../journal/journal.ts';
import { isFinal, notSent } from '../journal/refusals.ts';
import { StoreFailure } from '../journal/store.ts';
import { type Base, BatchDraft, type Call, type Fate, baseOf, batchCallsMax } from './batch.ts';
import type { Clock } from './clock.ts';
import { Fifo } from './fifo.ts';
import { GivingWay } from './giving-way.ts';
import type { Instruments } from './instruments.ts';
import type { Log } from './log.ts';
import type { FoldedState } from './state.ts';
import { type Rules, type Unit, defect } from './unit.ts';

const queuedCallsMax = 20_000;
/** How often a batch is decided again because others were faster. */
const attemptsMax = 200;
/** Turns of the loop between two batches of several callers; with one, a seventh fewer calls are done at 32. */
const joinTurns = 3;

export interface CommitterOptions {
  readonly rules: Rules;
  readonly state: FoldedState;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly now: () => Instant;
  /** Whether it is heard at once when others have written. */
  readonly hears: () => boolean;
  /** Until this has resolved, nothing is decided. */
  readonly ready: () => Promise<unknown> | undefined;
  readonly beforeDue: () => Intent | undefined;
  /** Called when the journal can no longer be followed. */
  readonly stop: (refusal: Refusal) => void;
  readonly instruments?: Instruments | undefined;
}

interface Queued {
  readonly call: Call;
  readonly settle: (fate: Fate) => void;
}

interface Batch {
  readonly draft: BatchDraft;
  readonly members: { readonly queued: Queued; readonly fate: Fate }[];
}

/** Makes the answers in the next turn of the loop, when the store is at work. */
const foresee = async ({ draft, members }: Batch): Promise<void> => {
  await new Promise(setImmediate);
  for (const { queued, fate } of members) {
    if (fate.kind === 'decided') queued.call.foresee?.(fate, draft.entries);
  }
};

/**
 * Group commit. Calls that arrive while a batch is being written form the next one, and each batch is one append. A
 * refusal, too, is given only on the store's head: it leaves with its batch, or after a look at the head.
 *
 * While a batch is being written, what arrives is decided already, on the state as it will be then. If that does not
 * come about, it is decided again.
 */
export class Committer {
  readonly #options: CommitterOptions;
  readonly #givingWay: GivingWay;
  readonly #queue = new Fifo<Queued>();
  /** Calls that were decided for a batch that did not come about, and go before the queue. */
  #again = new Fifo<Queued>();
  #queued = 0;
  /** Calls that have not been answered, wherever they are. */
  #unanswered = 0;
  #working: Promise<void> | undefined;
  /** Something has expired and wants a batch of its own. */
  #clearing = false;
  #inFlight: Batch | undefined;
  /** The batch after the one in flight, as far as it has been decided. */
  #ahead: Batch | undefined;
  #lookingAhead = false;

  constructor(options: CommitterOptions) {
    this.#options = options;
    this.#givingWay = new GivingWay(options);
    options.instruments?.underWay(() => ({ queued: this.#queued, unanswered: this.#unanswered }));
  }

  /** Resolves when the call's fate is durable. */
  submit(call: Call): Promise<Fate> {
    if (this.#unanswered >= queuedCallsMax) {
      const refusal = refuse(
        'overloaded',
        `More than ${queuedCallsMax} calls are waiting. Nothing was stored. Call again in a moment.`,
      );
      return Promise.resolve({ kind: 'refused', refusal });
    }
    this.#unanswered += 1;
    return new Promise((resolve) => {
      const settle = (fate: Fate): void => {
        this.#unanswered -= 1;
        resolve(fate);
      };
      this.#enqueue({ call, settle });
      if (this.#inFlight === undefined) void this.#work();
      else this.#lookAhead();
    });
  }

  /** Appends what has expired. */
  async clear(): Promise<void> {
    this.#clearing = true;
    await this.#work();
  }

  async drained(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /** If these entries are the batch under way and nothing came between: what was folded for it. */
  batchOf(entries: readonly Entry[]): Unit | undefined {
    const { whole, base } = this.#inFlight?.draft ?? {};
    if (whole?.entries === entries) return base?.slices === this.#options.state.slices ? whole : undefined;
    this.#givingWay.sawOthers(entries.length, this.#options.journal.otherWriter);
    return undefined;
  }

  /** Draws the consequence of a failure to read the journal: damage and unknown entries stop the workspace. */
  meet(refusal: Refusal): void {
    if (isFinal(refusal)) this.#options.stop(refusal);
  }

  #enqueue(queued: Queued): void {
    this.#queue.push(queued);
    this.#queued += 1;
  }

  #work(): Promise<void> {
    this.#working ??= this.#run().finally(() => {
      this.#working = undefined;
      if (this.#queued > 0) void this.#work();
    });
    return this.#working;
  }

  async #run(): Promise<void> {
    while (this.#queued > 0 || this.#clearing || this.#ahead !== undefined) {
      await this.#giveWay();
      this.#clearing = false;
      const batch = this.#ahead ?? this.#begin(baseOf(this.#options.state));
      this.#ahead = undefined;
      await this.#commit(batch);
      // Callers that were just answered get a moment to join the next batch, so that they do not fall into two
      // groups that take turns.
      for (let turn = 0; batch.members.length > 1 && turn < joinTurns; turn += 1)
        await new Promise(setImmediate);
    }
  }

  #begin(base: Base): Batch {
    const { rules, now, log, beforeDue } = this.#options;
    return { draft: new BatchDraft(rules, base, { now: now(), log, beforeDue }), members: [] };
  }

  #fill({ draft, members }: Batch): void {
    while (members.length < batchCallsMax) {
      const queued = this.#take();
      if (queued === undefined) return;
      members.push({ queued, fate: draft.add(queued.call) });
    }
  }

  /** The same calls once more, on the state as it is now; those that are too many for one batch before all others. */
  #redo(batches: readonly (Batch | undefined)[]): Batch {
    const calls = batches.flatMap((batch) => batch?.members ?? []).map(({ queued }) => queued);
    const later = this.#again;
    this.#again = new Fifo();
    for (const queued of [...calls, ...later]) this.#again.push(queued);
    this.#queued += calls.length;
    this.#options.instruments?.decidedAgain(calls.length);
    const batch = this.#begin(baseOf(this.#options.state));
    this.#fill(batch);
    return batch;
  }

  /** Decides what has arrived while a batch is in flight; all that arrives within a turn at once. */
  #lookAhead(): void {
    if (this.#lookingAhead) return;
    this.#lookingAhead = true;
    setImmediate(() => {
      this.#lookingAhead = false;
      if (this.#inFlight === undefined) return;
      this.#ahead ??= this.#begin(this.#inFlight.draft.after);
      this.#fill(this.#ahead);
    });
  }

  #take(): Queued | undefined {
    const next = this.#again.shift() ?? this.#queue.shift();
    if (next !== undefined) this.#queued -= 1;
    return next;
  }

  async #commit(first: Batch): Promise<void> {
    const { state } = this.#options;
    const { base } = first.draft;
    let batch = base.seq === state.seq && base.slices === state.slices ? first : this.#redo([first]);
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      this.#fill(batch);
      const result = await this.#append(batch);
      if (result.kind === 'appended') {
        const { length } = batch.draft.entries;
        if (length > 0) this.#givingWay.wrote(length);
        this.#clearing ||= batch.draft.moreDue;
        return this.#settle(batch, result);
      }
      // What was decided ahead was decided on a state that did not come about.
      const ahead = this.#ahead;
      this.#ahead = undefined;
      if (result.kind !== 'moved') {
        if (ahead !== undefined) this.#ahead = this.#redo([ahead]);
        return this.#settle(batch, result);
      }
      this.#givingWay.lost();
      await this.#giveWay();
      batch = this.#redo([batch, ahead]);
    }
    const refusal = refuse(
      'storage_busy',
      `Other processes wrote first ${attemptsMax} times in a row. Nothing was stored. Call again.`,
    );
    for (const { queued } of batch.members) queued.settle({ kind: 'refused', refusal });
  }

  /** Appends the batch; with nothing to append, makes sure that it was decided on the store's head. */
  async #append(batch: Batch): Promise<AppendResult> {
    const { journal, state } = this.#options;
    const { entries } = batch.draft;
    const decidedOn = state.seq;
    this.#inFlight = batch;
    const observed = this.#observe(batch);
    let kind: AppendResult['kind'] = 'refused';
    try {
      // First of all: the store of a lone caller on SQLite holds this thread, in the same turn, until the append is done.
      const foreseeing = foresee(batch);
      const appending = entries.length > 0 ? journal.append(entries) : journal.catchUp();
      const [done] = await Promise.all([appending, foreseeing]);
      const result = done ?? { kind: state.seq === decidedOn ? 'appended' : 'moved' };
      if ('refusal' in result) this.meet(result.refusal);
      ({ kind } = result);
      return result;
    } catch (thrown) {
      if (!(thrown instanceof StoreFailure)) {
        return { kind: 'refused', refusal: defect(this.#options.log, 'writing a batch', thrown) };
      }
      this.meet(thrown.refusal);
      // What cannot be read, or sealed, before it is appended was not sent.
      const wasSent = state.seq !== decidedOn || isFinal(thrown.refusal);
      return { kind: 'refused', refusal: wasSent ? thrown.refusal : notSent(thrown.refusal) };
    } finally {
      this.#inFlight = undefined;
      observed?.(kind);
    }
  }

  /** Tells those who measure that a batch is being appended; the result tells them how that has ended. */
  #observe({ draft, members }: Batch): ((kind: AppendResult['kind']) => void) | undefined {
    const { instruments, clock } = this.#options;
    const size = { entries: draft.entries.length, calls: members.length };
    if (size.entries === 0) return undefined;
    const observers = members.flatMap(({ queued }) => queued.call.observer ?? []);
    if (instruments === undefined && observers.length === 0) return undefined;
    for (const observer of observers) observer.appending();
    const begunAt = clock.monotonic();
    return (kind) => {
      const append = { ...size, kind, ms: clock.monotonic() - begunAt };
      instruments?.appended(append);
      for (const observer of observers) observer.appended(append);
    };
  }

  #settle({ members }: Batch, result: Exclude<AppendResult, { kind: 'moved' }>): void {
    for (const { queued, fate } of members) {
      if (result.kind !== 'appended') queued.settle({ kind: 'refused', refusal: result.refusal });
      else if (fate.kind === 'deferred') this.#enqueue(queued);
      else queued.settle(fate);
    }
  }

  /** Lets others go first where it is their turn, and waits for what has to be there before anything is decided. */
  async #giveWay(): Promise<void> {
    const { ready } = this.#options;
    await this.#givingWay.wait();
    const behind = ready();
    if (behind !== undefined) await behind;
  }
}
