/** Milliseconds since 1970-01-01T00:00:00Z. Inside, time is always this number; it becomes text at the edge. */
export type Instant = number;

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** ISO 8601 in UTC with milliseconds, as people and agents read it. */
export const isoTime = (at: Instant): string => {
  // Areas may not touch `Date`; this is the one conversion that they use, and it reads no clock.
  return new Date(at).toISOString();
};

/** The instant that an ISO 8601 date-time names. The text must be a valid one; schemas see to that. */
export const instantOf = (text: string): Instant => Date.parse(text);

/** "40 s", "5 min", "3 h", "2 d": how long something has lasted, rounded down, for sentences. */
export const spoken = (durationMs: number): string => {
  if (durationMs < minuteMs) return `${Math.max(0, Math.floor(durationMs / secondMs))} s`;
  if (durationMs < hourMs) return `${Math.floor(durationMs / minuteMs)} min`;
  if (durationMs < 2 * dayMs) return `${Math.floor(durationMs / hourMs)} h`;
  return `${Math.floor(durationMs / dayMs)} d`;
};
