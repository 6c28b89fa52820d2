/** The least time that is told apart, and by what part each step of times is longer than the one before. */
const shortestMs = 0.05;
const growth = 1.1;
/** Up to two minutes. */
const steps = 155;

const slotMs = 30_000;
/** Whole ones; the one under way comes on top. */
const slotsKept = 10;

/** Over how long the service levels are taken. */
export const windowSeconds = (slotMs * slotsKept) / 1_000;

export type CallKind = 'read' | 'write';

interface Slot {
  readonly number: number;
  readonly times: Readonly<Record<CallKind, Float64Array>>;
  calls: number;
  faults: number;
}

export interface RecentTimes {
  /** What the given part of the calls was faster than, in seconds; undefined when there were none. */
  readonly quantile: (part: number) => number | undefined;
  readonly calls: number;
}

/** The calls of the last minutes: how long they took, to a tenth, and how many of them failed by the hub's fault. */
export class RecentCalls {
  readonly #monotonic: () => number;
  #slots: Slot[] = [];

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** `ms`: undefined of a call whose time says nothing, because it was asked to wait. */
  add(kind: CallKind, ms: number | undefined, isFault: boolean): void {
    const slot = this.#slot();
    slot.calls += 1;
    if (isFault) slot.faults += 1;
    if (ms === undefined) return;
    const step = stepOf(ms);
    slot.times[kind][step] = (slot.times[kind][step] ?? 0) + 1;
  }

  times(kind: CallKind): RecentTimes {
    const counts = new Float64Array(steps);
    let calls = 0;
    for (const { times } of this.#recent()) {
      for (const [step, count] of times[kind].entries()) {
        counts[step] = (counts[step] ?? 0) + count;
        calls += count;
      }
    }
    return { calls, quantile: (part) => (calls === 0 ? undefined : quantileOf(counts, part * calls)) };
  }

  /** All calls, and those that failed by the hub's fault. */
  counts(): { readonly calls: number; readonly faults: number } {
    const slots = this.#recent();
    const sum = (of: 'calls' | 'faults'): number => slots.reduce((all, slot) => all + slot[of], 0);
    return { calls: sum('calls'), faults: sum('faults') };
  }

  #slot(): Slot {
    const number = this.#number();
    const last = this.#slots.at(-1);
    if (last?.number === number) return last;
    const times = { read: new Float64Array(steps), write: new Float64Array(steps) };
    const slot = { number, times, calls: 0, faults: 0 };
    this.#slots = [...this.#recent(), slot];
    return slot;
  }

  #recent(): readonly Slot[] {
    const oldest = this.#number() - slotsKept;
    return this.#slots.filter(({ number }) => number >= oldest);
  }

  #number(): number {
    return Math.floor(this.#monotonic() / slotMs);
  }
}

const stepOf = (ms: number): number => {
  const step = Math.ceil(Math.log(ms / shortestMs) / Math.log(growth));
  return Math.min(Math.max(step, 0), steps - 1);
};

/** The upper end of the step in which the call of this rank lies: never less than it took. */
const quantileOf = (counts: Float64Array, rank: number): number => {
  let passed = 0;
  const step = counts.findIndex((count) => (passed += count) >= rank);
  return (shortestMs * growth ** step) / 1_000;
};
