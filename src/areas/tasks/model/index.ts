export { bestReady } from './ready.ts';
export {
  type Task,
  countOf,
  holdIn,
  initialTasks,
  lossesSince,
  readyKey,
  readyCount,
  tasksHeldBy,
} from './task.ts';
