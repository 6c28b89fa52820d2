import type { Course } from './schedule.ts';

export interface Failure {
  readonly seed: number;
  readonly what: string;
}

/** What many courses came to. Plain, so that it can go from process to process and into a file. */
export interface Tally {
  schedules: number;
  calls: number;
  steps: number;
  entries: number;
  readonly faults: Record<string, number>;
  readonly checks: Record<string, number>;
  readonly failures: Failure[];
}

export const emptyTally = (): Tally => ({
  schedules: 0,
  calls: 0,
  steps: 0,
  entries: 0,
  faults: {},
  checks: {},
  failures: [],
});

const addAll = (to: Record<string, number>, from: Iterable<readonly [string, number]>): void => {
  for (const [name, times] of from) to[name] = (to[name] ?? 0) + times;
};

export const count = (tally: Tally, course: Course): void => {
  tally.schedules += 1;
  tally.calls += course.calls;
  tally.steps += course.steps;
  tally.entries += course.entries;
  addAll(tally.faults, course.faults);
  addAll(tally.checks, course.checks);
  if (course.failure !== undefined) tally.failures.push({ seed: course.seed, what: course.failure });
};

export const add = (tally: Tally, part: Tally): void => {
  tally.schedules += part.schedules;
  tally.calls += part.calls;
  tally.steps += part.steps;
  tally.entries += part.entries;
  addAll(tally.faults, Object.entries(part.faults));
  addAll(tally.checks, Object.entries(part.checks));
  tally.failures.push(...part.failures);
};
