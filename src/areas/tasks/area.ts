import { defineArea } from '../../kernel/area.ts';
import { account } from './account.ts';
import { attention, news } from './attention.ts';
import { concerns } from './concerns.ts';
import { decide } from './decide/index.ts';
import type { TasksCommand } from './decide/commands.ts';
import { evolve } from './evolve.ts';
import { wipLimit } from './guards.ts';
import { type TasksEvent, taskEvents } from './model/events.ts';
import { type HeldFiles, holdFiles, noHeldFiles } from './model/held-files.ts';
import { type TasksSlice, holdIn, tasksHeldIn } from './model/task.ts';
import { releaseExpired } from './policies.ts';
import { load, save } from './saved.ts';

const bulk = (slice: TasksSlice): TasksSlice => ({
  ...slice,
  tasks: slice.tasks.bulk(),
  lanes: slice.lanes.bulk(),
  losses: slice.losses.bulk(),
  heldFiles: undefined,
});

const settle = (slice: TasksSlice): TasksSlice => {
  const tasks = slice.tasks.settle();
  return {
    ...slice,
    tasks,
    lanes: slice.lanes.settle(),
    losses: slice.losses.settle(),
    heldFiles: slice.heldFiles ?? heldFilesOf(tasks),
  };
};

const heldFilesOf = (tasks: TasksSlice['tasks']): HeldFiles => {
  let index = noHeldFiles;
  for (const status of ['in_progress', 'in_review']) {
    for (const task of tasks.scan('board', status)) {
      const holder = holdIn(task.state)?.holder;
      if (holder !== undefined) index = holdFiles(index, task, holder);
    }
  }
  return index;
};

export const tasksArea = defineArea<'tasks', 'agents', TasksCommand, TasksEvent>({
  name: 'tasks',
  stateVersion: 2,
  reads: ['agents'],
  events: taskEvents,
  decide,
  evolve,
  guards: [wipLimit],
  policies: [releaseExpired],
  attention,
  news,
  holds: (slice, agent, session) => tasksHeldIn(slice, agent, session).length > 0,
  concerns,
  account,
  findable: (entry) => (entry.type === 'tasks.expired' ? undefined : { ref: entry.data.id }),
  bulk,
  settle,
  save,
  load,
});
