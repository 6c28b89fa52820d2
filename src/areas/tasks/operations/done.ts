import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { entryGuard } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { textSchema } from '../../../kernel/ids.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { tasksIntent } from '../decide/index.ts';
import type { TasksEvent } from '../model/events.ts';
import { resultCharactersMax } from '../model/limits.ts';
import { epochSchema, reasonSchema, taskFenceSchema, taskIdSchema } from './fields.ts';
import { outcomeOf, outcomeShape } from './outcome.ts';

const is = entryGuard<TasksEvent>();

export const taskDone = defineOperation({
  name: 'task_done',
  journal: 'workspace',
  category: 'tasks',
  summary: 'Finish a task.',
  description:
    'Call when the work is finished, with a result that others can build on. Open checklist items must be ticked first, or explained. Claims a ready task that nobody holds.',
  short: { omits: ['epoch', 'fence'], adds: 'Also takes epoch, fence.' },
  positional: 'id',
  role: 'worker',
  rate: 'task',
  errors: [
    'session_required',
    'not_found',
    'not_holder',
    'stale_epoch',
    'checklist_open',
    'held',
    'not_ready',
    'not_capable',
    'invalid_state',
  ],
  destructive: false,
  idempotent: false,
  examples: [
    {
      title: 'With a result',
      input: { id: 'shop/search-api', result: 'GET /search?q= answers up to 50 products.' },
    },
    {
      title: 'With an item left open',
      input: { id: 'T-1', open_items_reason: 'The test needs the new browser runner; see the note.' },
    },
  ],
  input: z.strictObject({
    id: taskIdSchema,
    result: textSchema('A result', resultCharactersMax).optional().meta({ title: 'what came of it' }),
    open_items_reason: reasonSchema.optional().meta({ title: 'why checklist items stay open' }),
    epoch: epochSchema.optional().describe('of your hold, to be sure'),
    fence: taskFenceSchema,
  }),
  output: z.strictObject({
    ...outcomeShape,
    now_ready: z.array(z.string()).optional().describe('tasks that waited only for this one'),
  }),
  toCommand: ({ id, epoch, fence, result, open_items_reason }) =>
    tasksIntent({ type: 'done', id, epoch, fence, result, openItemsReason: open_items_reason }),
  answer: ({ entries }, { tasks: slice }, facts) => {
    const task = present(slice.tasks.get(facts.input.id), 'a finished task exists');
    const freed = entries.flatMap((entry) => (is(entry, 'tasks.finished') ? (entry.data.frees ?? []) : []));
    return ok({ ...outcomeOf(entries, task, facts), ...(freed.length > 0 && { now_ready: freed }) });
  },
});
