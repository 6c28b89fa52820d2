/**
 * Counting within a sliding window, in slots: whoever takes something in a slot has it for that slot, and it counts
 * until a whole window has passed since the slot ended. So within any window no more is taken than the limit, and what
 * was taken counts for one slot longer than the window at most.
 */
export const windowMs = 60_000;
export const slotMs = 3_000;

/** What was taken in one slot. */
export interface Slot {
  /** When it began: milliseconds since 1970, a multiple of `slotMs`. */
  readonly at: number;
  readonly taken: number;
}

export interface Taking {
  readonly key: string;
  /** How many are wanted; as many of them are given as the limit allows. 0 only looks. */
  readonly wanted: number;
  /** How many may be taken within any window. Each taking says it: what it is may change. */
  readonly limit: number;
  /** Milliseconds since 1970 by the clock of whoever takes. What others took in its future counts as taken now. */
  readonly now: number;
}

export interface Taken {
  readonly given: number;
  /** How many count now, by whomever they were taken, those just given included. */
  readonly used: number;
  /** How long what was given may be spent; afterwards it is void. */
  readonly spendWithinMs: number;
  /** After how long one more could be given; 0 = at once. */
  readonly freeInMs: number;
  /** After how long nothing counts any more, if nobody takes anything. */
  readonly clearInMs: number;
}

/**
 * Counters that all processes on a journal share. They are no part of it: who loses them begins to count anew, and
 * that harms nobody.
 */
export interface Counters {
  /** Rejects when the counters cannot be reached. */
  readonly take: (taking: Taking) => Promise<Taken>;
}

/** What a taking comes to, and the slots that count from then on, the oldest first. */
export const takeFrom = (
  slots: readonly Slot[],
  { wanted, limit, now }: Taking,
): { readonly taken: Taken; readonly slots: readonly Slot[] } => {
  const at = Math.floor(now / slotMs) * slotMs;
  const counts = slots.filter((slot) => endOf(slot) > now).toSorted((a, b) => a.at - b.at);
  const used = sumOf(counts);
  const given = Math.max(0, Math.min(wanted, limit - used));
  const earlier = counts.filter((slot) => slot.at < at);
  // What others took in the future of this clock is among it.
  const current = used - sumOf(earlier) + given;
  const next = current > 0 ? [...earlier, { at, taken: current }] : earlier;
  return {
    slots: next,
    taken: {
      given,
      used: used + given,
      spendWithinMs: at + slotMs - now,
      freeInMs: freeAt(next, used + given - limit, now) - now,
      clearInMs: Math.max(0, ...next.map((slot) => endOf(slot) - now)),
    },
  };
};

const endOf = ({ at }: Slot): number => at + slotMs + windowMs;

const sumOf = (slots: readonly Slot[]): number => slots.reduce((sum, { taken }) => sum + taken, 0);

/** When more slots have ended than are `over` the limit; it is reached already when none are. */
const freeAt = (slots: readonly Slot[], over: number, now: number): number => {
  let left = over;
  for (const slot of slots) {
    if (left < 0) break;
    left -= slot.taken;
    if (left < 0) return endOf(slot);
  }
  return now;
};
