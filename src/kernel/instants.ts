/** Milliseconds since 1970-01-01T00:00:00Z. Inside, time is always this number; it becomes text at the edge. */
export type Instant = number;

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** The date of the day that was written last; instants close to each other share it. */
let lastDay = Number.NaN;
let lastDate = '';

/** ISO 8601 in UTC with milliseconds, as people and agents read it. */
export const isoTime = (at: Instant): string => {
  // Areas may not touch `Date`; this is the one conversion that they use, and it reads no clock. Nearly every answer
  // holds several instants, so only the date is left to `Date`, and that once a day.
  const day = Math.floor(at / dayMs);
  if (day !== lastDay) {
    lastDate = new Date(day * dayMs).toISOString().slice(0, -'00:00:00.000Z'.length);
    lastDay = day;
  }
  const ms = Math.floor(at) - day * dayMs;
  const seconds = Math.floor(ms / secondMs);
  const minutes = Math.floor(seconds / 60);
  return `${lastDate}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}.${three(ms % secondMs)}Z`;
};

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

const three = (value: number): string => (value < 100 ? `0${two(value)}` : String(value));

/** The instant that an ISO 8601 date-time names. The text must be a valid one; schemas see to that. */
export const instantOf = (text: string): Instant => Date.parse(text);

/** "40 s", "5 min", "3 h", "2 d": how long something has lasted, rounded down, for sentences. */
export const spoken = (durationMs: number): string => {
  if (durationMs < minuteMs) return `${Math.max(0, Math.floor(durationMs / secondMs))} s`;
  if (durationMs < hourMs) return `${Math.floor(durationMs / minuteMs)} min`;
  if (durationMs < 2 * dayMs) return `${Math.floor(durationMs / hourMs)} h`;
  return `${Math.floor(durationMs / dayMs)} d`;
};
