import { z } from 'zod';
import { lineSchema } from '../../../kernel/ids.ts';
import { ok, refuse } from '../../../kernel/errors.ts';
import { markOf } from '../../../kernel/json.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { agentNameSchema, capabilitySchema } from '../../agents/model.ts';
import { cursorCharactersMax, listDefault, listMax, titleCharactersMax } from '../model/limits.ts';
import { openStatuses, statuses } from '../model/task.ts';
import { itemOutput, viewItem } from '../view.ts';
import {
  labelSchema,
  projectSchema,
  sprintSchema,
  statusSchema,
  taskIdBeginningSchema,
  taskIdSchema,
} from './fields.ts';
import { type Sort, pageOf, sorts } from './page.ts';

export const taskList = defineOperation({
  name: 'task_list',
  journal: 'workspace',
  category: 'tasks',
  summary: 'The tasks on the board, filtered and sorted.',
  description: 'See the board: open tasks by rank (priority and waiting time). All filters must fit.',
  leavesOut: {
    unless: ['status'],
    remark: 'Tasks that are done or cancelled are not listed; --status done,cancelled lists them.',
  },
  short: {
    omits: ['sort', 'label', 'sprint', 'requires', 'parent', 'flagged', 'id'],
    adds: 'Also takes sort, label, sprint, requires, parent, flagged, id.',
  },
  role: 'reader',
  rate: 'read',
  errors: ['history_changed'],
  destructive: false,
  idempotent: true,
  examples: [
    { title: 'What is open', input: {} },
    { title: 'What could be claimed in a project', input: { project: 'shop', ready: true } },
    { title: 'What was finished last', input: { status: 'done', sort: 'updated', limit: 5 } },
  ],
  input: z.strictObject({
    status: z
      .union([statusSchema, z.array(statusSchema).min(1)], {
        error: `one or a list of ${statuses.join(', ')}`,
      })
      .optional()
      .meta({ title: 'only with this status; default: all but done and cancelled' }),
    ready: z.boolean().optional().describe('claimable'),
    flagged: z.boolean().optional().describe('a dependency was cancelled'),
    project: projectSchema.optional().meta({ title: 'only of this project' }),
    sprint: sprintSchema.optional().meta({ title: 'only of this sprint' }),
    label: labelSchema.optional().meta({ title: 'only with this label' }),
    holder: agentNameSchema.optional().meta({ title: 'only what this agent holds' }),
    requires: capabilitySchema.optional().meta({ title: 'only what requires this capability' }),
    parent: taskIdSchema.optional().meta({ title: 'only the parts of this task' }),
    id: taskIdBeginningSchema.optional().describe('begins with'),
    text: lineSchema('A text', titleCharactersMax).optional().describe('in the title'),
    sort: z.enum(sorts).optional().describe('default rank; created, updated: newest first'),
    limit: z.int().min(1).max(listMax).default(listDefault).meta({ title: 'how many to show' }),
    cursor: z.string().max(cursorCharactersMax).optional().describe('next_cursor; same filters'),
  }),
  output: z.strictObject({
    items: z.array(itemOutput),
    total: z.number(),
    next_cursor: z.string().nullable(),
  }),
  query: (slices, { status, sort, limit, cursor, ...filter }, { history }) => {
    const wanted = new Set(
      status === undefined ? openStatuses : typeof status === 'string' ? [status] : status,
    );
    const filters = markOf({ ...filter, statuses: statuses.filter((one) => wanted.has(one)) });
    const begin = startOf(cursor, { sort, history, filters });
    if (!begin.ok) return begin;
    const page = pageOf(slices.tasks, { ...filter, statuses: wanted }, { ...begin.value, limit });
    const { last } = page;
    return ok({
      items: page.tasks.map((task) => viewItem(slices, task)),
      total: page.total,
      next_cursor: last === undefined ? null : [history, begin.value.sort, filters, ...last].join(' '),
    });
  },
});

interface Asked {
  readonly sort: Sort | undefined;
  readonly history: string;
  /** The mark of the filters. */
  readonly filters: string;
}

/** TA54: a cursor names its history, the sort, the filters, and the place of the last task shown. */
const startOf = (cursor: string | undefined, { sort, history, filters }: Asked) => {
  if (cursor === undefined) return ok({ sort: sort ?? ('rank' as const), after: undefined });
  const [of, sorted, filtered, at, tie, ...more] = cursor.split(' ');
  const after = [Number(at), Number(tie)] as const;
  const known = sorts.find((one) => one === sorted);
  if (known === undefined || more.length > 0 || tie === undefined || after.some(Number.isNaN)) {
    return refuse(
      'invalid_input',
      'This is no cursor of task_list. Pass next_cursor on as it came, or list without a cursor.',
    );
  }
  if (of !== history) {
    return refuse(
      'history_changed',
      'This cursor belongs to another history of the workspace. List again without a cursor.',
    );
  }
  if (sort !== undefined && sort !== known) {
    return refuse(
      'invalid_input',
      `This cursor sorts by ${known}, and the call asks for ${sort}. Leave sort out, or list without a cursor.`,
    );
  }
  return filtered === filters
    ? ok({ sort: known, after })
    : refuse(
        'invalid_input',
        'This cursor goes on with a list that had other filters. Give the same filters with it, or list again without a cursor.',
      );
};
