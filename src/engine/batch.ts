import { hash } from 'node:crypto';
import type { Area, Intent } from '../kernel/area.ts';
import type { Carried } from '../kernel/carried.ts';
import { type Actor, type Entry, type RequestMark, type Seq, systemActor } from '../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import type { Instant } from '../kernel/instants.ts';
import { canonicalJson } from '../kernel/json.ts';
import type { Slices } from '../kernel/slices.ts';
import type { Remembered } from '../journal/snapshots.ts';
import type { AppendObserver } from './instruments.ts';
import type { Log } from './log.ts';
import type { RequestIndex } from './requests.ts';
import type { FoldedState } from './state.ts';
import { type Rules, type Unit, decideUnit, defect } from './unit.ts';

/** How many calls may share one append. */
export const batchCallsMax = 512;
/** A batch takes no further call once it has this many entries. */
const batchEntriesFull = 4_000;
/** How many expired things one batch clears away; the rest follows in the next. */
const dueCommandsMax = 200;

/** A command on its way. What it decides is not known before its batch is planned. */
export interface Call {
  readonly by: string;
  readonly intent: Intent;
  /** Looks up who is calling, in the state that the call is decided on. */
  readonly identify: (slices: Slices) => Outcome<Actor>;
  readonly request: RequestMark | undefined;
  readonly entropy: () => Uint8Array;
  /** Told who calls, unless it is the repeat of a call that was done: what has arrived, as its being made proves. */
  readonly arrived?: (actor: Actor) => Carried;
  /** Told what was decided while it is being stored: time in which the answer can be made, to be given afterwards. */
  readonly foresee?: (fate: Decided, batch: readonly Entry[]) => void;
  readonly observer?: AppendObserver | undefined;
}

export interface Decided {
  readonly kind: 'decided';
  readonly actor: Actor;
  readonly unit: Unit;
}

/** What became of a call in a plan. */
export type Fate =
  | Decided
  | { readonly kind: 'replayed'; readonly actor: Actor; readonly remembered: Remembered }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** Must wait for the next batch: this one is full, or holds a call with the same request id. */
  | { readonly kind: 'deferred' };

/** The digest that makes two calls with one request id the same call. */
export const digestOf = (operation: string, input: unknown): string =>
  hash('sha256', canonicalJson({ operation, input }), 'base64url').slice(0, 22);

/** What a batch is decided on: what has been folded, or what will have been once the batch before it is stored. */
export interface Base {
  readonly slices: Slices;
  readonly seq: Seq;
  readonly requests: RequestIndex;
  /** Requests of the batch before, which may be stored by now or not. */
  readonly underWay: ReadonlySet<string>;
}

export interface DraftOptions {
  readonly now: Instant;
  /** What must be known before it is decided what has expired. */
  readonly beforeDue?: (() => Intent | undefined) | undefined;
  readonly log: Log;
}

/** A batch being decided: first whatever has expired by `now`, then calls in order of arrival. */
export class BatchDraft {
  readonly base: Base;
  /** More has expired than this batch clears away. */
  readonly moreDue: boolean;
  readonly entries: Entry[] = [];
  readonly #rules: Rules;
  readonly #options: DraftOptions;
  readonly #asked = new Set<string>();
  #slices: Slices;

  constructor(rules: Rules, base: Base, options: DraftOptions) {
    this.#rules = rules;
    this.base = base;
    this.#options = options;
    this.#slices = base.slices;
    this.moreDue = this.#addDue();
  }

  /** All of it, as it would be folded. Nothing may be added once this has been handed to a journal. */
  get whole(): Unit {
    return { slices: this.#slices, entries: this.entries };
  }

  /** What the next batch is decided on while this one is being stored. */
  get after(): Base {
    const { seq, requests } = this.base;
    return { slices: this.#slices, seq: seq + this.entries.length, requests, underWay: this.#asked };
  }

  /** Decides a call on everything before it. */
  add(call: Call): Fate {
    try {
      return this.#add(call);
    } catch (thrown) {
      return { kind: 'refused', refusal: defect(this.#options.log, `deciding ${call.by}`, thrown) };
    }
  }

  #add(call: Call): Fate {
    if (this.entries.length >= batchEntriesFull) return { kind: 'deferred' };
    const actor = call.identify(this.#slices);
    if (!actor.ok) return { kind: 'refused', refusal: actor };
    if (call.request !== undefined) {
      const key = `${actor.value.principal} ${call.request.id}`;
      if (this.#asked.has(key) || this.base.underWay.has(key)) return { kind: 'deferred' };
      const known = this.#recall(call.request, actor.value);
      if (known !== undefined) return known;
      this.#asked.add(key);
    }
    const unit = this.#decide(call, actor.value);
    return unit.ok
      ? { kind: 'decided', actor: actor.value, unit: unit.value }
      : { kind: 'refused', refusal: unit };
  }

  #decide(call: Omit<Call, 'identify' | 'foresee' | 'observer'>, actor: Actor): Outcome<Unit> {
    const { now, log } = this.#options;
    const base = {
      slices: this.#slices,
      seq: this.base.seq + this.entries.length,
      now,
      actor,
      by: call.by,
      request: call.request,
      entropy: call.entropy,
      arrived: call.arrived?.(actor) ?? {},
    };
    const unit = decideUnit(this.#rules, base, { intent: call.intent, log });
    if (unit.ok) {
      this.#slices = unit.value.slices;
      this.entries.push(...unit.value.entries);
    }
    return unit;
  }

  #recall(request: RequestMark, actor: Actor): Fate | undefined {
    const { principal, scope, agent = scope?.agent } = actor;
    const remembered = this.base.requests.find({ principal, agent }, request.id, this.#options.now);
    if (remembered === undefined) return undefined;
    if (remembered.digest === request.digest) return { kind: 'replayed', actor, remembered };
    const refusal = refuse(
      'request_reused',
      `Request id "${request.id}" was used for another call. Nothing was done. Only a repeat of the same call may have the same id; for this call use a new one, or call the tool anew where your client makes the ids.`,
    );
    return { kind: 'refused', refusal };
  }

  #dueOf(area: Area): readonly Intent[] {
    try {
      return area.due(this.#slices, this.#options.now);
    } catch (thrown) {
      defect(this.#options.log, `asking ${area.name} what has expired`, thrown);
      return [];
    }
  }

  #addDue(): boolean {
    const { log } = this.#options;
    let left = dueCommandsMax;
    let isPrepared = false;
    for (const area of this.#rules.areas) {
      if (!isPrepared && this.#dueOf(area).length > 0) {
        isPrepared = true;
        const before = this.#options.beforeDue?.();
        if (before !== undefined) this.#addOwn('delivery', before);
      }
      for (const intent of this.#dueOf(area)) {
        if (left === 0) return true;
        left -= 1;
        const unit = this.#addOwn(`${area.name}.due`, intent);
        if (!unit.ok) log.error(`what has expired in ${area.name} could not be cleared: ${unit.message}`);
      }
    }
    return false;
  }

  #addOwn(by: string, intent: Intent): Outcome<Unit> {
    return this.#decide({ by, intent, request: undefined, entropy: noEntropy }, systemActor);
  }
}

const noEntropy = (): Uint8Array => new Uint8Array(10);

const nothingUnderWay: ReadonlySet<string> = new Set();

/** The base for a batch with none before it under way. */
export const baseOf = ({ slices, seq, requests }: FoldedState): Base => ({
  slices,
  seq,
  requests,
  underWay: nothingUnderWay,
});

/** Whether a call would be accepted on the state as it is; nothing is kept. */
export const rehearse = (
  rules: Rules,
  state: FoldedState,
  { call, now, log }: { call: Call; now: Instant; log: Log },
): Outcome<true> => {
  const actor = call.identify(state.slices);
  if (!actor.ok) return actor;
  const { by, intent, request, entropy } = call;
  const arrived = call.arrived?.(actor.value) ?? {};
  const base = {
    slices: state.slices,
    seq: state.seq,
    now,
    actor: actor.value,
    by,
    request,
    entropy,
    arrived,
  };
  const unit = decideUnit(rules, base, { intent, log });
  return unit.ok ? ok(true) : unit;
};
