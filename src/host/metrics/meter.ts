import type { Append, Instruments, Load } from '../../engine/instruments.ts';
import { type ErrorCode, errorTable } from '../../kernel/errors.ts';
import type { Operation } from '../../kernel/operation.ts';
import type { RateClass } from '../../kernel/rate.ts';
import type { HubCall } from '../../surfaces/hub.ts';
import type { CallSpan, Tracing } from '../tracing/tracing.ts';
import { Distribution, secondsBounds, sizeBounds } from './distribution.ts';
import { RecentCalls } from './window.ts';

/** How a call ended: `ok`, or the code of its refusal. */
export type CallCode = 'ok' | ErrorCode;

/** What a call is called whose operation nobody knows: what a caller makes up is no label. */
const unknownOperation = 'unknown';

const httpOfFaults = 500;

/** Whether a call failed by the hub's fault, and not because it asked for what cannot be. */
export const isFault = (code: CallCode): boolean => code !== 'ok' && errorTable[code].http >= httpOfFaults;

/** A call that is being measured. */
export class MeasuredCall {
  readonly operation: string;
  readonly begunAt: number;
  /** Where calls are traced. */
  readonly span: CallSpan | undefined;
  /** It was asked to wait for something, so that its time says nothing about the hub. */
  waits = false;

  constructor(operation: string, begunAt: number, span: CallSpan | undefined) {
    this.operation = operation;
    this.begunAt = begunAt;
    this.span = span;
  }
}

interface Measured {
  readonly kind: 'read' | 'write';
  readonly times: Map<CallCode, Distribution>;
}

export interface MeterOptions {
  readonly operations: readonly Pick<Operation, 'name' | 'kind'>[];
  readonly monotonic: () => number;
  readonly tracing?: Tracing | undefined;
}

/** All that a hub counts of its own work, in numbers of this process. What reads them makes metrics of them. */
export class Meter implements Instruments {
  readonly monotonic: () => number;
  readonly recent: RecentCalls;
  readonly appendTimes = new Map<Append['kind'], Distribution>();
  readonly batchEntries = new Distribution(sizeBounds);
  readonly batchCalls = new Distribution(sizeBounds);
  readonly rateLimited = new Map<RateClass, number>();
  readonly denied = { known: 0, unknown: 0 };
  readonly resumed = { session: 0, events: 0 };
  callsDecidedAgain = 0;
  callsRepeated = 0;
  readonly #operations: ReadonlyMap<string, Measured>;
  readonly #tracing: Tracing | undefined;
  readonly #unknown: Measured = { kind: 'read', times: new Map() };
  #loads: (() => Load)[] = [];

  constructor({ operations, monotonic, tracing }: MeterOptions) {
    this.monotonic = monotonic;
    this.#tracing = tracing;
    this.recent = new RecentCalls(monotonic);
    this.#operations = new Map(
      operations.map(({ name, kind }) => [
        name,
        { kind: kind === 'query' ? 'read' : 'write', times: new Map() },
      ]),
    );
  }

  begin({ operation, traceparent }: Pick<HubCall, 'operation' | 'traceparent'>): MeasuredCall {
    const span = this.#tracing?.begin(
      this.#operations.has(operation) ? operation : unknownOperation,
      traceparent,
    );
    return new MeasuredCall(operation, this.monotonic(), span);
  }

  end({ operation, begunAt, waits, span }: MeasuredCall, code: CallCode): void {
    span?.end(code);
    const ms = this.monotonic() - begunAt;
    const { kind, times } = this.#operations.get(operation) ?? this.#unknown;
    distributionIn(times, code).add(ms / 1_000);
    this.recent.add(kind, waits ? undefined : ms, isFault(code));
  }

  /** Lets go of what is measured here and told elsewhere. */
  async close(): Promise<void> {
    await this.#tracing?.close();
  }

  /** How long calls took, by operation and by how they ended; only where there were any. */
  *calls(): Generator<readonly [operation: string, code: CallCode, times: Distribution]> {
    for (const [name, { times }] of [...this.#operations, [unknownOperation, this.#unknown] as const])
      for (const [code, distribution] of times) yield [name, code, distribution];
  }

  limited(rate: RateClass): void {
    this.rateLimited.set(rate, (this.rateLimited.get(rate) ?? 0) + 1);
  }

  readonly appended = ({ kind, entries, calls, ms }: Append): void => {
    distributionIn(this.appendTimes, kind).add(ms / 1_000);
    if (kind !== 'appended') return;
    this.batchEntries.add(entries);
    this.batchCalls.add(calls);
  };

  readonly decidedAgain = (calls: number): void => {
    this.callsDecidedAgain += calls;
  };

  readonly underWay = (load: () => Load): void => {
    this.#loads.push(load);
  };

  /** What is under way in all engines together. */
  load(): Load {
    const loads = this.#loads.map((load) => load());
    return {
      queued: loads.reduce((sum, { queued }) => sum + queued, 0),
      unanswered: loads.reduce((sum, { unanswered }) => sum + unanswered, 0),
    };
  }
}

const distributionIn = <Key>(all: Map<Key, Distribution>, key: Key): Distribution => {
  const known = all.get(key);
  if (known !== undefined) return known;
  const made = new Distribution(secondsBounds);
  all.set(key, made);
  return made;
};
