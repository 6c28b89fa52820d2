/* Generated calls to a real hub, and what may never come of them. */
import fc from 'fast-check';
import type { Outcome } from '../../src/kernel/errors.ts';
import type { HubReply } from '../../src/surfaces/hub.ts';
import { type Case, casesOver, inhabitants } from './cases.ts';
import { type FuzzedHub, openFuzzedHub } from './hub.ts';
import { Seen } from './seen.ts';

/** By the clock, no single call of a campaign may take longer than this. */
export const callMsMax = 1_000;

/** A call that takes so long is not waited for any more. */
const hangMs = 20_000;

/** How many calls one hub gets before the next begins empty. */
export const callsPerHub = 2_500;

/** How long a call waits that may. */
const waitMs = 700;

const faultsMax = 20;

/** What must not happen. The seed and the number of the hub make it happen again. */
export interface FuzzFault {
  readonly hub: number;
  readonly run: number;
  readonly operation: string;
  readonly what: string;
  readonly input: string;
}

export interface Tally {
  readonly seed: number;
  runs: number;
  /** Per operation: `ok` or the code of the refusal, and how often. */
  readonly outcomes: Map<string, Map<string, number>>;
  readonly sorts: Map<Case['sort'], number>;
  readonly faults: FuzzFault[];
  slowestMs: number;
  slowestOperation: string;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly runs: number;
  /** By the clock, what no call may exceed; a run beside other programs gives them more. */
  readonly callMsMax: number;
  /** The number of the first hub; 0 when absent. */
  readonly from?: number;
  readonly onHub?: (tally: Tally) => void;
}

/** Makes the calls, one after the other. It goes on after a fault, until there are too many to be of use. */
export const fuzz = async ({ seed, runs, callMsMax, from = 0, onHub }: FuzzOptions): Promise<Tally> => {
  const tally: Tally = {
    seed,
    runs: 0,
    outcomes: new Map(),
    sorts: new Map(),
    faults: [],
    slowestMs: 0,
    slowestOperation: '',
  };
  const loose: unknown[] = [];
  const note = (thrown: unknown): void => void loose.push(thrown);
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  try {
    for (let hub = from; tally.runs < runs && tally.faults.length < faultsMax; hub += 1) {
      await fuzzHub(hub, { tally, loose, callMsMax, runs: Math.min(callsPerHub, runs - tally.runs) });
      onHub?.(tally);
    }
  } finally {
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
  }
  return tally;
};

interface Round {
  readonly tally: Tally;
  readonly runs: number;
  readonly callMsMax: number;
  /** What nobody has caught. */
  readonly loose: unknown[];
}

const fuzzHub = async (number: number, { tally, loose, callMsMax, runs }: Round): Promise<void> => {
  const fuzzed = await openFuzzedHub();
  const cases = fc.sample(casesOver(fuzzed.catalogue), {
    seed: (tally.seed + number * 7_919) | 0,
    numRuns: runs,
  });
  const seen = new Seen();
  await settle(fuzzed, seen);
  const fresh = prototypes();
  for (const [index, one] of cases.entries()) {
    const fail = (what: string): void =>
      void tally.faults.push({
        hub: number,
        run: index,
        operation: one.operation,
        what: what.slice(0, whatCharactersMax),
        input: shown(one.input),
      });
    const begun = performance.now();
    const code = await outcomeOf(one, { ...fuzzed, seen, fail });
    const tookMs = performance.now() - begun;
    if (tookMs > tally.slowestMs)
      Object.assign(tally, { slowestMs: tookMs, slowestOperation: one.operation });
    if (tookMs > callMsMax) fail(`took ${Math.round(tookMs)} ms`);
    for (const thrown of loose.splice(0)) fail(`nobody caught ${String(thrown)}`);
    for (const { message, thrown } of fuzzed.log.errors.splice(0))
      fail(`logged: ${message} ${String(thrown)}`);
    if (prototypes() !== fresh) fail('a prototype was changed');
    count(tally, one, code);
  }
  const closing = await settled(fuzzed.close());
  if (closing.kind !== 'done') {
    tally.faults.push({
      hub: number,
      run: runs,
      operation: 'close',
      what: JSON.stringify(closing),
      input: '',
    });
  }
};

/** Agents who are there, with something on the board, so that not every call is about nothing. */
const settle = async ({ hub }: FuzzedHub, seen: Seen): Promise<void> => {
  for (const workspace of ['main', 'shop']) {
    for (const who of inhabitants) {
      const caller = { ...who, role: 'admin', kind: 'agent', session: undefined, client: undefined } as const;
      const calls = [
        ['start', { agent: who.agent }],
        ['task_add', { title: `A task of ${who.agent}` }],
        ['lock_acquire', { name: `file:src/${who.agent}` }],
        ['message_send', { to: ['ada'], text: 'Hello' }],
      ] as const;
      for (const [operation, input] of calls) {
        const reply = await hub.call({
          operation,
          input,
          caller,
          workspace,
          requestId: undefined,
          signal: AbortSignal.abort(),
        });
        if (reply.ok) seen.note(reply.value.value);
      }
    }
  }
};

const whatCharactersMax = 1_000;
const inputCharactersMax = 300;

const shown = (input: unknown): string => {
  try {
    return (JSON.stringify(input) ?? 'undefined').slice(0, inputCharactersMax);
  } catch (thrown) {
    return `(${String(thrown)})`;
  }
};

const count = (tally: Tally, { operation, sort }: Case, code: string): void => {
  tally.runs += 1;
  tally.sorts.set(sort, (tally.sorts.get(sort) ?? 0) + 1);
  const codes = tally.outcomes.get(operation) ?? new Map<string, number>();
  codes.set(code, (codes.get(code) ?? 0) + 1);
  tally.outcomes.set(operation, codes);
};

type Settled<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'threw'; readonly why: string }
  | { readonly kind: 'hangs' };

const settled = async <T>(work: Promise<T>): Promise<Settled<T>> => {
  const { promise: late, resolve } = Promise.withResolvers<Settled<T>>();
  const timer = setTimeout(() => resolve({ kind: 'hangs' }), hangMs);
  try {
    return await Promise.race([work.then((value): Settled<T> => ({ kind: 'done', value })), late]);
  } catch (thrown) {
    return {
      kind: 'threw',
      why: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
    };
  } finally {
    clearTimeout(timer);
  }
};

interface Making extends FuzzedHub {
  readonly seen: Seen;
  readonly fail: (what: string) => void;
}

/** Makes the call; `ok` or the code that it is refused with. */
const outcomeOf = async (one: Case, { hub, clock, seen, fail }: Making): Promise<string> => {
  clock.advance(one.passedMs);
  const patience = new AbortController();
  if (!one.waits) patience.abort();
  const { session, token } = one.caller;
  const called = hub.call({
    operation: one.operation,
    input: seen.fill(one.input),
    caller: { ...one.caller, session: filled(seen, session), token: filled(seen, token) },
    workspace: one.workspace,
    requestId: one.requestId,
    signal: patience.signal,
  });
  const answering = settled<Outcome<HubReply>>(called);
  if (one.waits) await passPatiently(clock, patience);
  const answer = await answering;
  if (answer.kind === 'threw') fail(`threw ${answer.why}`);
  if (answer.kind === 'hangs') fail(`has not answered after ${hangMs} ms`);
  if (answer.kind !== 'done') return answer.kind;
  if (answer.value.ok) {
    seen.note(answer.value.value.value);
    return 'ok';
  }
  if (answer.value.code === 'internal') fail(`internal: ${answer.value.message}`);
  return answer.value.code;
};

const filled = (seen: Seen, text: string | undefined): string | undefined => {
  const value = text === undefined ? undefined : seen.fill(text);
  return typeof value === 'number' ? String(value) : typeof value === 'string' ? value : undefined;
};

const turns = 3;

/** Lets a call come as far as waiting, then time pass, and then whoever called be gone. */
const passPatiently = async (clock: FuzzedHub['clock'], patience: AbortController): Promise<void> => {
  for (let turn = 0; turn < turns; turn += 1) await clock.pause();
  clock.advance(waitMs);
  for (let turn = 0; turn < turns; turn += 1) await clock.pause();
  patience.abort();
};

/** The members of what everything inherits from. */
const prototypes = (): string =>
  [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype]
    .map((prototype) => Reflect.ownKeys(prototype).length)
    .join();
