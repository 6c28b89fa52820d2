import { intents } from '../../../kernel/area.ts';
import { never } from '../../../kernel/assert.ts';
import type { TasksEvent } from '../model/events.ts';
import { add } from './add.ts';
import { claim } from './claim.ts';
import type { Board, DecideTasks, TasksCommand } from './commands.ts';
import { done, expire, release } from './finish.ts';
import { update } from './update.ts';

export const decide: DecideTasks = (slice, command, context) => {
  const board: Board = { tasks: slice, agents: context.world.agents, context };
  switch (command.type) {
    case 'add':
      return add(board, command);
    case 'claim':
      return claim(board, command);
    case 'update':
      return update(board, command);
    case 'done':
      return done(board, command);
    case 'release':
      return release(board, command);
    case 'expire':
      return expire(board, command);
    default:
      return never(command);
  }
};

export const tasksIntent = intents<'tasks', 'agents', TasksCommand, TasksEvent>('tasks', decide);

export type { ClaimCommand, NewTask, PlanChange } from './commands.ts';
