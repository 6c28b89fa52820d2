export { bestReady } from './ready.ts';
export {
  type Task,
  countOf,
  holdIn,
  initialTasks,
  isHeld,
  lossesSince,
  readyKey,
  readyCount,
  tasksHeldBy,
  tasksIn,
} from './task.ts';
