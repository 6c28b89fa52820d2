import { nearestName } from '../../kernel/nearest.ts';

/** Fewer letters begin too much. */
const beginningLeast = 2;

/**
 * The word that was probably meant: the nearest in spelling, else the only one that begins like it, else the first of
 * those that other programs call like it. The words may hold dashes.
 */
export const meantWord = (
  typed: string,
  known: readonly string[],
  others: Readonly<Record<string, readonly string[]>> = {},
): string | undefined => {
  const nearest = nearestName(
    typed,
    known.map((word) => word.replaceAll(/[ -]/g, '_')),
  );
  const spelt = known.find((word) => word.replaceAll(/[ -]/g, '_') === nearest);
  if (spelt !== undefined) return spelt;
  const begun = typed.length < beginningLeast ? [] : known.filter((word) => word.startsWith(typed));
  if (begun.length === 1) return begun[0];
  return Object.hasOwn(others, typed) ? others[typed]?.find((word) => known.includes(word)) : undefined;
};

/** What other programs call what the second word of a command says here. */
export const otherVerbs: Readonly<Record<string, readonly string[]>> = {
  new: ['add', 'open', 'send'],
  create: ['add', 'open'],
  make: ['add'],
  ls: ['list'],
  show: ['get', 'list', 'read'],
  view: ['get', 'list', 'read'],
  edit: ['update'],
  change: ['update'],
  set: ['update', 'set', 'use'],
  note: ['update'],
  take: ['claim', 'acquire'],
  grab: ['claim', 'acquire'],
  next: ['claim'],
  assign: ['claim'],
  get: ['list', 'show'],
  check: ['list'],
  status: ['list', 'get'],
  ask: ['break'],
  finish: ['done', 'close'],
  complete: ['done'],
  close: ['done', 'close'],
  end: ['done', 'close'],
  drop: ['release', 'leave'],
  free: ['release'],
  unlock: ['release'],
  give: ['release'],
  write: ['send'],
  post: ['send'],
  say: ['send'],
};

/** What other programs call a command: where to look instead, in the words of the command line. */
export const otherCommands: Readonly<Record<string, readonly string[]>> = {
  board: ['task list', 'status'],
  todo: ['task list'],
  ls: ['task list', 'status'],
  ps: ['agent list', 'status'],
  who: ['agent list'],
  agents: ['agent list'],
  top: ['status'],
  info: ['status'],
  dashboard: ['status'],
  watch: ['wait', 'status'],
  tail: ['wait', 'status'],
  follow: ['wait', 'status'],
  events: ['wait', 'status'],
  log: ['task get', 'find', 'status'],
  logs: ['task get', 'find', 'status'],
  history: ['task get', 'find'],
  grep: ['find'],
  new: ['task add'],
  create: ['task add'],
  note: ['task update'],
  say: ['message send'],
  mail: ['inbox'],
  messages: ['inbox'],
  join: ['start'],
  init: ['start'],
  up: ['serve'],
  server: ['serve'],
  hub: ['serve'],
  unlock: ['lock release'],
  leave: ['agent leave'],
  stop: ['agent leave'],
};

/** What other programs call a flag. */
export const otherFlags: Readonly<Record<string, readonly string[]>> = {
  port: ['url'],
  host: ['url'],
  hub: ['url'],
  server: ['url'],
  address: ['url'],
  name: ['agent'],
  as: ['agent'],
  me: ['agent'],
  user: ['agent'],
  message: ['text', 'note'],
  msg: ['text', 'note'],
  comment: ['note'],
  description: ['body'],
  desc: ['body'],
  tag: ['labels', 'label'],
  label: ['labels'],
  timeout: ['wait-ms'],
  wait: ['wait-ms'],
  after: ['depends-on'],
  all: ['wide'],
  verbose: ['wide'],
  long: ['wide'],
};
