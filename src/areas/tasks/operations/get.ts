import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { isoTime } from '../../../kernel/instants.ts';
import { type Answer, defineOperation, withEntries } from '../../../kernel/operation.ts';
import { newest } from '../../../kernel/trail.ts';
import { unknownTask } from '../decide/refusals.ts';
import { authorName } from '../evolve.ts';
import { historyDefault, listMax, notesDefault, notesMax } from '../model/limits.ts';
import type { Task } from '../model/task.ts';
import { cardOutput, standingOutput, viewCard, viewStanding } from '../view.ts';
import { taskIdSchema } from './fields.ts';
import { historyLine } from './history.ts';
import { followedBy } from './follow.ts';

const historyOutput = z.strictObject({
  items: z.array(z.strictObject({ seq: z.number(), at: z.string(), by: z.string(), what: z.string() })),
  total: z.number(),
  next_before: z.number().nullable(),
});

const output = z.strictObject({
  id: z.string(),
  revision: z.number(),
  ...standingOutput.shape,
  ...cardOutput.shape,
  history: historyOutput.optional().describe('newest first'),
});

export const taskGet = defineOperation({
  name: 'task_get',
  journal: 'workspace',
  category: 'tasks',
  summary: 'One task with all its texts.',
  description:
    'Read all of a task before you work on it or change it: texts, checklist, hold, dependencies, revision.',
  short: {
    omits: ['notes', 'history', 'limit', 'before'],
    adds: 'Also takes notes (how many), history (true), limit, before.',
  },
  positional: 'id',
  role: 'reader',
  rate: 'read',
  errors: ['not_found'],
  destructive: false,
  idempotent: true,
  examples: [
    { title: 'A task', input: { id: 'T-1' } },
    { title: 'And what happened to it', input: { id: 'shop/search-api', history: true } },
  ],
  input: z
    .strictObject({
      id: taskIdSchema,
      notes: z
        .int()
        .min(0)
        .max(notesMax)
        .optional()
        .describe(`how many of the latest; default ${notesDefault}`),
      history: z.boolean().optional().describe('also what happened to it'),
      limit: z.int().min(1).max(listMax).optional().describe(`of history; default ${historyDefault}`),
      before: z.int().min(1).optional().describe('next_before of the page before'),
    })
    .refine((input) => input.history === true || (input.limit === undefined && input.before === undefined), {
      message: 'limit and before page the history; give them with history',
    }),
  output,
  query: (slices, input, facts) => {
    const task = slices.tasks.tasks.get(input.id);
    if (task === undefined) return unknownTask(input.id, slices.tasks);
    const head = { id: task.id, revision: task.revision, ...viewStanding(slices, task, facts) };
    const card = viewCard(slices, { task, notes: input.notes ?? notesDefault, head });
    return input.history === true
      ? followedBy(card, (texts) =>
          followedBy(historyOf(task, input), (history) => ok({ ...texts, history })),
        )
      : card;
  },
});

interface Page {
  readonly limit?: number | undefined;
  readonly before?: number | undefined;
}

const historyOf = (
  task: Task,
  { limit = historyDefault, before = Number.MAX_SAFE_INTEGER }: Page,
): Answer<z.infer<typeof historyOutput>> => {
  const older = newest(task.trail, task.trail.size).filter((seq) => seq < before);
  const seqs = older.slice(0, limit);
  return withEntries(seqs, (entries) =>
    ok({
      items: entries.map((entry) => ({
        seq: entry.seq,
        at: isoTime(entry.time),
        by: authorName(entry.actor),
        what: historyLine(entry, task.id),
      })),
      total: task.trail.size,
      next_before: older.length > limit ? (seqs.at(-1) ?? null) : null,
    }),
  );
};
