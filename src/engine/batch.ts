import { hash } from 'node:crypto';
import type { Intent } from '../kernel/area.ts';
import { type Actor, type Entry, type RequestMark, systemActor } from '../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import type { Instant } from '../kernel/instants.ts';
import { canonicalJson } from '../kernel/json.ts';
import type { Slices } from '../kernel/slices.ts';
import type { Remembered } from '../journal/snapshots.ts';
import type { Log } from './log.ts';
import type { FoldedState } from './state.ts';
import { type Rules, type Unit, decideUnit } from './unit.ts';

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
  /** Told what was decided while it is being stored: time in which the answer can be made, to be given afterwards. */
  readonly foresee?: (fate: Decided, batch: readonly Entry[]) => void;
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

export interface Plan {
  readonly fates: readonly Fate[];
  readonly whole: Unit;
  /** More has expired than this batch clears away. */
  readonly moreDue: boolean;
}

/** The digest that makes two calls with one request id the same call. */
export const digestOf = (operation: string, input: unknown): string =>
  hash('sha256', canonicalJson({ operation, input }), 'base64url').slice(0, 22);

/** Decides what a batch will hold: first whatever has expired by `now`, then the calls in order of arrival. */
export const planBatch = (
  rules: Rules,
  state: FoldedState,
  { calls, now, log }: { readonly calls: readonly Call[]; readonly now: Instant; readonly log: Log },
): Plan => {
  const draft: Draft = { slices: state.slices, entries: [], now, log };
  const moreDue = addDue(rules, state, draft);
  const asked = new Set<string>();
  const fates = calls.map((call): Fate => {
    if (draft.entries.length >= batchEntriesFull) return { kind: 'deferred' };
    const actor = call.identify(draft.slices);
    if (!actor.ok) return { kind: 'refused', refusal: actor };
    if (call.request !== undefined) {
      const known = recall(state, { request: call.request, actor: actor.value, now });
      if (known !== undefined) return known;
      const key = `${actor.value.principal} ${call.request.id}`;
      if (asked.has(key)) return { kind: 'deferred' };
      asked.add(key);
    }
    const unit = add(rules, state, { draft, call, actor: actor.value });
    return unit.ok
      ? { kind: 'decided', actor: actor.value, unit: unit.value }
      : { kind: 'refused', refusal: unit };
  });
  return { fates, whole: { slices: draft.slices, entries: draft.entries }, moreDue };
};

interface Draft {
  slices: Slices;
  readonly entries: Entry[];
  readonly now: Instant;
  readonly log: Log;
}

const add = (
  rules: Rules,
  state: FoldedState,
  {
    draft,
    call,
    actor,
  }: { draft: Draft; call: Pick<Call, 'by' | 'intent' | 'request' | 'entropy'>; actor: Actor },
): Outcome<Unit> => {
  const base = {
    slices: draft.slices,
    seq: state.seq + draft.entries.length,
    now: draft.now,
    actor,
    by: call.by,
    request: call.request,
    entropy: call.entropy,
  };
  const unit = decideUnit(rules, base, { intent: call.intent, log: draft.log });
  if (unit.ok) {
    draft.slices = unit.value.slices;
    draft.entries.push(...unit.value.entries);
  }
  return unit;
};

const recall = (
  state: FoldedState,
  { request, actor, now }: { request: RequestMark; actor: Actor; now: Instant },
): Fate | undefined => {
  const remembered = state.requests.find(actor.principal, request.id, now);
  if (remembered === undefined) return undefined;
  if (remembered.digest === request.digest) return { kind: 'replayed', actor, remembered };
  const refusal = refuse(
    'request_reused',
    `Request id "${request.id}" was used for another call. Nothing was done. Use a new id for a new call, and the same id only to repeat one.`,
  );
  return { kind: 'refused', refusal };
};

const noEntropy = (): Uint8Array => new Uint8Array(10);

const addDue = (rules: Rules, state: FoldedState, draft: Draft): boolean => {
  let left = dueCommandsMax;
  for (const area of rules.areas) {
    for (const intent of area.due(draft.slices, draft.now)) {
      if (left === 0) return true;
      left -= 1;
      const call = { by: `${area.name}.due`, intent, request: undefined, entropy: noEntropy };
      const unit = add(rules, state, { draft, call, actor: systemActor });
      if (!unit.ok) draft.log.error(`what has expired in ${area.name} could not be cleared: ${unit.message}`);
    }
  }
  return false;
};

/** Whether a call would be accepted on the state as it is; nothing is kept. */
export const rehearse = (
  rules: Rules,
  state: FoldedState,
  { call, now, log }: { call: Call; now: Instant; log: Log },
): Outcome<true> => {
  const actor = call.identify(state.slices);
  if (!actor.ok) return actor;
  const draft: Draft = { slices: state.slices, entries: [], now, log };
  const unit = add(rules, state, { draft, call, actor: actor.value });
  return unit.ok ? ok(true) : unit;
};
