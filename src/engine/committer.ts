import type { Entry } from '../kernel/entry.ts';
import { type Refusal, refuse } from '../kernel/errors.ts';
import type { Instant } from '../kernel/instants.ts';
import type { AppendResult, Journal } from '../journal/journal.ts';
import { StoreFailure } from '../journal/store.ts';
import { type Call, type Fate, type Plan, batchCallsMax, planBatch } from './batch.ts';
import type { Clock } from './clock.ts';
import { Fifo } from './fifo.ts';
import type { Log } from './log.ts';
import type { FoldedState } from './state.ts';
import { type Rules, type Unit, defect } from './unit.ts';

export const queuedCallsMax = 20_000;
/** How often a batch is decided again because others were faster. */
const attemptsMax = 200;
/** A process that saw entries of others this recently lets them go first for a moment. */
const othersRecentMs = 200;
const yieldBaseMs = 1;
const yieldRandomMs = 2;

export interface CommitterOptions {
  readonly rules: Rules;
  readonly state: FoldedState;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly now: () => Instant;
  /** Called when the journal can no longer be followed. */
  readonly stop: (refusal: Refusal) => void;
}

interface Queued {
  readonly call: Call;
  readonly settle: (fate: Fate) => void;
}

/**
 * Group commit. Calls that arrive while a batch is being written form the next one, and each batch is one append. A
 * refusal, too, is given only on the store's head: it leaves with its batch, or after a look at the head.
 */
export class Committer {
  readonly #options: CommitterOptions;
  readonly #queue = new Fifo<Queued>();
  #queued = 0;
  #working: Promise<void> | undefined;
  /** Something has expired and wants a batch of its own. */
  #clearing = false;
  #inFlight: Unit | undefined;
  #othersAt = Number.NEGATIVE_INFINITY;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /** Resolves when the call's fate is durable. */
  submit(call: Call): Promise<Fate> {
    if (this.#queued >= queuedCallsMax) {
      const refusal = refuse(
        'overloaded',
        `More than ${queuedCallsMax} calls are waiting. Nothing was stored. Call again in a moment.`,
      );
      return Promise.resolve({ kind: 'refused', refusal });
    }
    return new Promise((settle) => {
      this.#enqueue({ call, settle });
      void this.#work();
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
    if (this.#inFlight?.entries === entries) return this.#inFlight;
    this.#othersAt = this.#options.clock.monotonic();
    return undefined;
  }

  /** Draws the consequence of a failure to read the journal: damage and unknown entries stop the workspace. */
  meet(refusal: Refusal): void {
    if (refusal.code === 'upgrade_required' || refusal.code === 'journal_corrupt')
      this.#options.stop(refusal);
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
    while (this.#queued > 0 || this.#clearing) {
      await this.#giveWay();
      this.#clearing = false;
      const batch: Queued[] = [];
      for (
        let next = this.#take();
        next !== undefined;
        next = batch.length < batchCallsMax ? this.#take() : undefined
      ) {
        batch.push(next);
      }
      try {
        await this.#commit(batch);
      } catch (thrown) {
        const refusal = defect(this.#options.log, 'writing a batch', thrown);
        for (const { settle } of batch) settle({ kind: 'refused', refusal });
      }
      // Callers that were just answered get a turn to join the next batch, so that they do not fall into two
      // groups that take turns.
      if (batch.length > 1) await new Promise(setImmediate);
    }
  }

  #take(): Queued | undefined {
    const next = this.#queue.shift();
    if (next !== undefined) this.#queued -= 1;
    return next;
  }

  async #commit(batch: readonly Queued[]): Promise<void> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const { rules, state, now, log } = this.#options;
      const plan = planBatch(rules, state, { calls: batch.map(({ call }) => call), now: now(), log });
      const appending = this.#append(plan.whole);
      for (const [index, { call }] of batch.entries()) {
        const fate = plan.fates[index];
        if (fate?.kind === 'decided') call.foresee?.(fate, plan.whole.entries);
      }
      const result = await appending;
      if (result.kind !== 'moved') {
        this.#settle(batch, plan, result);
        this.#clearing ||= plan.moreDue && result.kind === 'appended';
        return;
      }
      await this.#giveWay();
    }
    const refusal = refuse(
      'storage_busy',
      `Other processes wrote first ${attemptsMax} times in a row. Nothing was stored. Call again.`,
    );
    for (const { settle } of batch) settle({ kind: 'refused', refusal });
  }

  /** Appends the batch; with nothing to append, makes sure that it was decided on the store's head. */
  async #append(unit: Unit): Promise<AppendResult> {
    const { journal, state } = this.#options;
    const decidedOn = state.seq;
    this.#inFlight = unit;
    try {
      if (unit.entries.length > 0) return await journal.append(unit.entries);
      await journal.catchUp();
      return { kind: state.seq === decidedOn ? 'appended' : 'moved' };
    } catch (failure) {
      if (!(failure instanceof StoreFailure)) throw failure;
      this.meet(failure.refusal);
      return { kind: 'refused', refusal: failure.refusal };
    } finally {
      this.#inFlight = undefined;
    }
  }

  #settle(batch: readonly Queued[], plan: Plan, result: Exclude<AppendResult, { kind: 'moved' }>): void {
    for (const [index, queued] of batch.entries()) {
      const fate = plan.fates[index];
      if (result.kind !== 'appended') queued.settle({ kind: 'refused', refusal: result.refusal });
      else if (fate === undefined || fate.kind === 'deferred') this.#enqueue(queued);
      else queued.settle(fate);
    }
  }

  /** Without this, one of several busy processes can starve: whoever has just written is always first again. */
  async #giveWay(): Promise<void> {
    const { clock } = this.#options;
    if (clock.monotonic() - this.#othersAt > othersRecentMs) return;
    await clock.pause(yieldBaseMs + Math.random() * yieldRandomMs);
  }
}
