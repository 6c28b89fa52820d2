import { z } from 'zod';
import { entryGuard } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { tasksIntent } from '../decide/index.ts';
import type { TasksEvent } from '../model/events.ts';
import { tasksPerAddMax } from '../model/limits.ts';
import { isReady, unmetOf } from '../model/task.ts';
import { manyTasksSchema, newTaskOf, oneTaskShape } from './fields.ts';

const inputSchema = z
  .strictObject({
    ...oneTaskShape,
    tasks: manyTasksSchema.optional().describe('many, each with these fields'),
  })
  .refine((input) => (input.title === undefined) !== (input.tasks === undefined), {
    message: 'give either the fields of one task, title among them, or tasks',
  })
  .refine((input) => input.tasks === undefined || Object.values(input).filter(isGiven).length === 1, {
    message: 'with tasks, put all fields inside it',
  });

const isGiven = (value: unknown): boolean => value !== undefined;

const is = entryGuard<TasksEvent>();

export const taskAdd = defineOperation({
  name: 'task_add',
  journal: 'workspace',
  category: 'tasks',
  summary: 'Put one task or many on the board.',
  description: `Plan work: add one task (title, ...), or up to ${tasksPerAddMax} with tasks, all or nothing. Its id is T-<n>, or its slug, in a project project/slug.`,
  short: {
    omits: ['requires', 'labels', 'sprint', 'parent', 'due', 'links'],
    adds: 'Also takes requires, labels, sprint, parent, due, links.',
  },
  positional: 'title',
  role: 'worker',
  rate: 'task',
  errors: ['exists', 'not_found', 'cycle', 'limit_exceeded'],
  destructive: false,
  idempotent: false,
  examples: [
    {
      title: 'One task',
      input: {
        title: 'Fix the login redirect',
        priority: 2,
        files: ['src/login/**'],
        acceptance: ['redirects to the page asked for', 'has a test'],
      },
    },
    {
      title: 'A plan whose parts wait for each other',
      input: {
        tasks: [
          { title: 'Search endpoint', slug: 'search-api', project: 'shop' },
          { title: 'Search box', slug: 'search-box', project: 'shop', depends_on: ['search-api'] },
        ],
      },
    },
  ],
  input: inputSchema,
  output: z.strictObject({
    tasks: z.array(
      z.strictObject({
        id: z.string(),
        ready: z.boolean(),
        waits_for: z.array(z.string()).optional(),
        revision: z.number(),
      }),
    ),
  }),
  toCommand: ({ tasks, title, ...rest }) =>
    tasksIntent({
      type: 'add',
      tasks: tasks?.map(newTaskOf) ?? (title === undefined ? [] : [newTaskOf({ ...rest, title })]),
    }),
  answer: ({ entries }, { tasks: slice }) => {
    const added = entries.flatMap((entry) => (is(entry, 'tasks.added') ? [entry.data] : []));
    const tasks = added
      .toSorted((a, b) => a.number - b.number)
      .map(({ id }) => {
        const task = slice.tasks.get(id);
        const waitsFor = task === undefined ? [] : unmetOf(slice, task);
        return {
          id,
          ready: task !== undefined && isReady(task),
          ...(waitsFor.length > 0 && { waits_for: [...waitsFor] }),
          revision: 1,
        };
      });
    return ok({ tasks });
  },
});
