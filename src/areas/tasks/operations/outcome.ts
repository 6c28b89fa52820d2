import { z } from 'zod';
import type { Entry, EntryOf } from '../../../kernel/entry.ts';
import type { Facts } from '../../../kernel/operation.ts';
import type { TasksEvent } from '../model/events.ts';
import { type Status, type Task, holdIn } from '../model/task.ts';
import { statusSchema } from './fields.ts';

/** How a change left a task, so that nobody need read it again. */
export const outcomeShape = {
  id: z.string(),
  status: statusSchema,
  revision: z.number(),
  epoch: z.number().optional().describe('of your hold'),
};

export const outcomeOutput = z.strictObject(outcomeShape);

type AboutOne = Exclude<EntryOf<TasksEvent>, { readonly type: 'tasks.expired' }>;

const isAboutOne = (entry: Entry): entry is AboutOne =>
  entry.type.startsWith('tasks.') && entry.type !== 'tasks.expired';

/**
 * TA53. Told from the entries as far as they say it, so that a repeat tells the same; from the state otherwise. The
 * epoch is told to the session that holds.
 */
export const outcomeOf = (
  entries: readonly Entry[],
  task: Task,
  { actor }: Pick<Facts, 'actor'>,
): z.infer<typeof outcomeOutput> => {
  let status: Status = task.state.status;
  let { revision } = task;
  const hold = holdIn(task.state);
  let epoch = hold?.session === actor.session ? hold?.epoch : undefined;
  for (const entry of entries) {
    if (!isAboutOne(entry) || entry.data.id !== task.id) continue;
    status = statusAfter(entry) ?? status;
    if ('revision' in entry.data) revision = entry.data.revision;
    if (entry.type === 'tasks.claimed') epoch = entry.seq;
  }
  const held = status === 'in_progress' || status === 'in_review';
  return { id: task.id, status, revision, ...(held && epoch !== undefined && { epoch }) };
};

const statusAfter = (entry: AboutOne): Status | undefined => {
  switch (entry.type) {
    case 'tasks.added':
    case 'tasks.unblocked':
    case 'tasks.reopened':
    case 'tasks.released':
      return 'todo';
    case 'tasks.claimed':
      return entry.data.status;
    case 'tasks.submitted':
      return 'in_review';
    case 'tasks.resumed':
      return 'in_progress';
    case 'tasks.blocked':
      return 'blocked';
    case 'tasks.cancelled':
      return 'cancelled';
    case 'tasks.finished':
      return 'done';
    case 'tasks.edited':
    case 'tasks.ticked':
    case 'tasks.noted':
      return undefined;
  }
};
