import { type Outcome, ok } from '../../../kernel/errors.ts';
import { isRecord } from '../../../kernel/json.ts';
import type { Hub, HubReply } from '../../hub.ts';
import type { Speaker } from '../tools/call.ts';
import { agentsShownMax, boardTasksMax, locksShownMax } from './limits.ts';
import type { Named } from './uris.ts';

export interface Reading {
  readonly hub: Pick<Hub, 'call' | 'health'>;
  readonly speaker: Speaker;
  readonly signal: AbortSignal;
}

type Content = Readonly<Record<string, unknown>>;

/**
 * What a resource holds now: the answers of ordinary operations, in the name of whoever reads. A program may read it for
 * a display that no agent sees, so it delivers nothing.
 */
export const contentOf = async (named: Named, reading: Reading): Promise<Outcome<Content>> => {
  switch (named.kind) {
    case 'status':
      return statusOf(reading);
    case 'board': {
      const listed = await ask(reading, 'task_list', { limit: boardTasksMax });
      return listed.ok ? ok(withRest(concise(listed.value), 'task_list')) : listed;
    }
    case 'agents': {
      const listed = await ask(reading, 'agent_list', { limit: agentsShownMax });
      return listed.ok ? ok(withRest(listed.value, 'agent_list')) : listed;
    }
    case 'locks': {
      const listed = await ask(reading, 'lock_list', { limit: locksShownMax });
      return listed.ok ? ok(withRest(listed.value, 'lock_list')) : listed;
    }
    case 'lock': {
      const listed = await ask(reading, 'lock_list', { name: named.name, limit: locksShownMax });
      return listed.ok ? ok(withRest(listed.value, 'lock_list with this name')) : listed;
    }
    case 'inbox': {
      const unread = await ask(reading, 'inbox', {});
      return unread.ok ? ok(undelivered(unread.value, 'inbox')) : unread;
    }
    case 'waiting': {
      const pending = await ask(reading, 'wait', { wait_ms: 0 });
      return pending.ok ? ok(undelivered(pending.value, 'wait')) : pending;
    }
    case 'task':
      return ask(reading, 'task_get', { id: named.id });
  }
};

const ask = async (
  { hub, speaker, signal }: Reading,
  operation: string,
  input: Content,
): Promise<Outcome<Content>> => {
  const call = { ...speaker, operation, input, requestId: undefined, signal, peek: true };
  const reply = await hub.call(call);
  return reply.ok ? ok(withWaiting(reply.value)) : reply;
};

/** Whoever has something to hear is told with whatever it reads. */
const withWaiting = ({ value, waiting }: HubReply): Content => ({
  ...(isRecord(value) ? value : { value }),
  ...(waiting !== undefined && { waiting }),
});

const statusOf = async (reading: Reading): Promise<Outcome<Content>> => {
  const [counted, health] = await Promise.all([ask(reading, 'status', {}), reading.hub.health()]);
  if (!counted.ok) return counted;
  const { workspace: name, ...counts } = counted.value;
  const { status, version, store, workspaces } = health;
  // The journal that lists the workspaces comes first, and its name is no workspace's.
  const { seq, writable, reason } = workspaces.findLast((one) => one.name === name) ?? {};
  return ok({ hub: { status, version, store }, workspace: { name, seq, writable, reason }, ...counts });
};

/** What helps choosing; whoever wants more asks for the task. */
const boardMembers = [
  'id',
  'title',
  'status',
  'priority',
  'ready',
  'holder',
  'blocked',
  'project',
  'due',
] as const;

const concise = ({ items, ...rest }: Content): Content => ({
  items: Array.isArray(items) ? items.map(conciseItem) : items,
  ...rest,
});

const conciseItem = (item: unknown): unknown =>
  isRecord(item)
    ? Object.fromEntries(
        boardMembers.filter((member) => Object.hasOwn(item, member)).map((member) => [member, item[member]]),
      )
    : item;

/** An answer of `operation` that does not count as read, and so cannot be followed by the next. */
const undelivered = (answer: Content, operation: string): Content => ({
  ...Object.fromEntries(Object.entries(answer).filter(([member]) => member !== 'up_to')),
  ...(answer['more'] !== undefined && { rest: `${operation} as a tool goes on to the rest` }),
});

const withRest = (list: Content, operation: string): Content => ({
  ...list,
  ...(list['next_cursor'] !== null && { rest: `${operation} with next_cursor as cursor lists the rest` }),
});
