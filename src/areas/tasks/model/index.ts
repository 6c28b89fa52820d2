export { type Applicant, bestReady } from './ready.ts';
export {
  type Task,
  countOf,
  holdIn,
  initialTasks,
  lossesSince,
  readyCount,
  tasksHeldBy,
} from './task.ts';
