import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { entryGuard } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { instantOf } from '../../../kernel/instants.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { type PlanChange, tasksIntent } from '../decide/index.ts';
import type { TasksEvent } from '../model/events.ts';
import { checklistItemsMax } from '../model/limits.ts';
import {
  changedPlanShape,
  epochSchema,
  noteSchema,
  reasonSchema,
  taskFenceSchema,
  taskIdSchema,
} from './fields.ts';
import { outcomeOf, outcomeShape } from './outcome.ts';

const itemNumbers = z.array(z.int().min(1).max(checklistItemsMax)).min(1).max(checklistItemsMax).optional();

const planSchema = z.strictObject(changedPlanShape);

const inputSchema = z
  .strictObject({
    id: taskIdSchema,
    revision: z.int().min(1).optional().describe('as seen; required for plan, status'),
    status: z
      .enum(['todo', 'in_progress', 'in_review', 'blocked', 'cancelled'])
      .optional()
      .describe('todo unblocks, reopens'),
    reason: reasonSchema.optional().meta({ title: 'why it is blocked, cancelled or open again' }),
    note: noteSchema.optional().meta({ title: 'what others should know' }),
    tick: itemNumbers.describe('checklist items, from 1'),
    untick: itemNumbers.meta({ title: 'checklist items that are open again' }),
    epoch: epochSchema.optional().describe('of your hold, to be sure'),
    fence: taskFenceSchema,
    ...changedPlanShape,
  })
  .refine(
    ({ id: _id, revision: _revision, epoch: _epoch, fence: _fence, ...rest }) =>
      Object.values(rest).some(isGiven),
    {
      message: 'say what to change: a field, status, tick, untick or note',
    },
  )
  .refine(({ status, reason }) => reason === undefined || isReasoned(status), {
    message: 'a reason belongs to status blocked, cancelled or todo; otherwise write a note',
  });

const isGiven = (value: unknown): boolean => value !== undefined;

const isReasoned = (status: string | undefined): boolean =>
  status === 'blocked' || status === 'cancelled' || status === 'todo';

const is = entryGuard<TasksEvent>();

export const taskUpdate = defineOperation({
  name: 'task_update',
  journal: 'workspace',
  category: 'tasks',
  summary: 'Change, tick, note, block, cancel or reopen a task.',
  description:
    'Report on a task that you hold (status, checklist), note something on any, or change its plan: fields of task_add; lists replace the old ones, null clears. All or nothing.',
  short: {
    omits: [...Object.keys(changedPlanShape), 'untick', 'epoch', 'fence'],
    adds: 'Also takes untick, epoch, fence.',
  },
  positional: 'id',
  role: 'worker',
  rate: 'task',
  errors: [
    'not_found',
    'session_required',
    'forbidden',
    'revision_required',
    'stale_revision',
    'stale_epoch',
    'not_holder',
    'held',
    'invalid_state',
    'cycle',
    'limit_exceeded',
  ],
  destructive: true,
  idempotent: false,
  examples: [
    { title: 'Leave a note', input: { id: 'T-1', note: 'The redirect is built in src/login/next.ts.' } },
    { title: 'Report progress', input: { id: 'T-1', tick: [1], status: 'in_review' } },
    { title: 'Change the plan', input: { id: 'shop/search-box', revision: 1, priority: 2, labels: ['ui'] } },
    {
      title: 'Say that it cannot go on',
      input: { id: 'shop/search-box', revision: 2, status: 'blocked', reason: 'The design is not decided.' },
    },
  ],
  input: inputSchema,
  output: z.strictObject({
    ...outcomeShape,
    flagged: z.array(z.string()).optional().describe('open tasks that depend on what was cancelled'),
  }),
  toCommand: ({ id, revision, epoch, fence, status, reason, tick, untick, note, ...plan }) =>
    tasksIntent({
      type: 'update',
      id,
      revision,
      epoch,
      fence,
      status,
      reason,
      tick,
      untick,
      note,
      plan: planOf(plan),
    }),
  answer: ({ entries }, { tasks: slice }, facts) => {
    const task = present(slice.tasks.get(facts.input.id), 'an updated task exists');
    const flagged = entries.flatMap((entry) =>
      is(entry, 'tasks.cancelled') ? (entry.data.flags ?? []) : [],
    );
    return ok({ ...outcomeOf(entries, task, facts), ...(flagged.length > 0 && { flagged }) });
  },
});

/** Only the members that were given: what is left out stays. */
const planOf = ({ depends_on, due, ...rest }: z.infer<typeof planSchema>): PlanChange => ({
  ...rest,
  ...(depends_on !== undefined && { dependsOn: depends_on }),
  ...(due !== undefined && { due: due === null ? null : instantOf(due) }),
});
