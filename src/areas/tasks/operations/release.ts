import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { tasksIntent } from '../decide/index.ts';
import { epochSchema, noteSchema, taskFenceSchema, taskIdSchema } from './fields.ts';
import { outcomeOf, outcomeOutput } from './outcome.ts';

export const taskRelease = defineOperation({
  name: 'task_release',
  journal: 'workspace',
  category: 'tasks',
  summary: 'Give a task back.',
  description:
    'Call when you stop without finishing: gives the task back to its place in the queue, with a note for whoever takes it next.',
  short: { omits: ['epoch', 'fence'], adds: 'Also takes epoch, fence.' },
  positional: 'id',
  role: 'worker',
  rate: 'task',
  errors: ['session_required', 'not_found', 'not_holder', 'stale_epoch'],
  destructive: false,
  idempotent: false,
  examples: [{ title: 'With a word for the next', input: { id: 'T-1', note: 'Half done on branch login.' } }],
  input: z.strictObject({
    id: taskIdSchema,
    note: noteSchema.optional().meta({ title: 'what others should know' }),
    epoch: epochSchema.optional().describe('of your hold, to be sure'),
    fence: taskFenceSchema,
  }),
  output: outcomeOutput,
  toCommand: ({ id, epoch, fence, note }) => tasksIntent({ type: 'release', id, epoch, fence, note }),
  answer: ({ entries }, { tasks: slice }, facts) =>
    ok(outcomeOf(entries, present(slice.tasks.get(facts.input.id), 'a released task exists'), facts)),
});
