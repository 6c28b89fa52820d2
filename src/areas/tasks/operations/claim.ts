import { z } from 'zod';
import type { Entry } from '../../../kernel/entry.ts';
import { entryGuard } from '../../../kernel/entry.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { present } from '../../../kernel/assert.ts';
import { tasksIntent } from '../decide/index.ts';
import type { Claimed, TasksEvent } from '../model/events.ts';
import { readyKey } from '../model/task.ts';
import { claimWaitMsMax, notesDefault } from '../model/limits.ts';
import { cardOutput, viewCard } from '../view.ts';
import { projectSchema, reasonSchema, taskIdSchema } from './fields.ts';
import { outcomeOf, outcomeShape } from './outcome.ts';

const is = entryGuard<TasksEvent>();

const claimIn = (entries: readonly Entry[]): Claimed | undefined => {
  for (const entry of entries) if (is(entry, 'tasks.claimed')) return entry.data;
  return undefined;
};

export const taskClaim = defineOperation({
  name: 'task_claim',
  journal: 'workspace',
  category: 'tasks',
  summary: 'Take a task, so that nobody else works on it.',
  description:
    'Call before you begin: takes task id, or without it the best ready one for you, and returns all of it. Yours until task_done, task_release, or a long silence.',
  positional: 'id',
  role: 'worker',
  rate: 'task',
  errors: [
    'session_required',
    'not_found',
    'held',
    'not_ready',
    'not_capable',
    'nothing_free',
    'wip_limit',
    'invalid_state',
  ],
  destructive: false,
  idempotent: false,
  examples: [
    { title: 'A certain task', input: { id: 'T-1' } },
    { title: 'The best one of a project', input: { project: 'shop' } },
  ],
  input: z
    .strictObject({
      id: taskIdSchema.optional(),
      project: projectSchema.optional().describe('only from this'),
      reason: reasonSchema.optional().describe('to take over a stale hold'),
      wait_ms: z
        .int()
        .min(0)
        .max(claimWaitMsMax)
        .optional()
        .describe(`if none is free; up to ${claimWaitMsMax}`),
    })
    .refine(({ id, project }) => id === undefined || project === undefined, {
      message: 'give either id or project',
    }),
  output: z.strictObject({
    ...outcomeShape,
    taken_over_from: z.string().optional().describe('who held it; agree with them'),
    ...cardOutput.shape,
  }),
  toCommand: ({ id, project, reason }) => tasksIntent({ type: 'claim', id, project, reason }),
  until: {
    key: () => readyKey,
    limitMs: ({ wait_ms }) => wait_ms ?? 0,
    codes: ['nothing_free', 'held', 'not_ready'],
  },
  answer: ({ entries }, slices, facts) => {
    const claimed = claimIn(entries);
    // A task that the session held already is no event.
    const id = present(claimed?.id ?? facts.input.id, 'a claim without an entry named its task');
    const task = present(slices.tasks.tasks.get(id), 'a claimed task exists');
    const from = claimed?.from?.agent;
    const outcome = outcomeOf(entries, task, facts);
    const head = from === undefined ? outcome : { ...outcome, taken_over_from: from };
    return viewCard(slices, { task, notes: notesDefault, head });
  },
});
