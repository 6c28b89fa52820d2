import { dayMs, hourMs, instantOf, minuteMs, secondMs } from '../../kernel/instants.ts';
import { printable } from '../../kernel/text.ts';

/** Members that are called so hold an instant. */
const instantName = /^(?:at|since|until|time|due|last_seen|\w+_at)$/;
const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

const durationName = /_ms$/;

/** Somebody's text as a cell: one line, and nothing in it that could look like the gap between two columns. */
export const cellOf = (text: string): string => printable(text.replaceAll(/[\s\u00a0]+/g, ' ').trim());

/** What a member is called in front of people. The unit of a duration stands beside its value. */
export const labelOf = (member: string): string =>
  cellOf(member.replace(durationName, '')).replaceAll('_', ' ');

/** An instant or a duration as people say it, by the name of its member; undefined for all else. */
export const timeText = (member: string, value: unknown, now: number): string | undefined => {
  if (typeof value === 'number' && durationName.test(member)) return durationText(value);
  return typeof value === 'string' && instantName.test(member) && instantPattern.test(value)
    ? clockText(instantOf(value), now)
    : undefined;
};

/** `4 min 57 s`, `23 h 59 min`: its two largest units, rounded down. */
const durationText = (durationMs: number): string => {
  const whole = Math.max(0, Math.floor(durationMs));
  if (whole < secondMs) return `${whole} ms`;
  const units = [
    ['d', Math.floor(whole / dayMs)],
    ['h', Math.floor(whole / hourMs) % 24],
    ['min', Math.floor(whole / minuteMs) % 60],
    ['s', Math.floor(whole / secondMs) % 60],
  ] as const;
  const first = units.findIndex(([, count]) => count > 0);
  return units
    .slice(first, first + 2)
    .filter(([, count]) => count > 0)
    .map(([unit, count]) => `${count} ${unit}`)
    .join(' ');
};

/** `16:07`, and the date before it unless it is that of now; in the time zone of the machine. */
const clockText = (at: number, now: number): string => {
  const date = new Date(at);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return dateText(date) === dateText(new Date(now)) ? time : `${dateText(date)} ${time}`;
};

const dateText = (date: Date): string =>
  `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

const two = (value: number): string => String(value).padStart(2, '0');
