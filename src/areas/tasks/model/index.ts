export { type Applicant, bestReady } from './ready.ts';
export { type Task, holdIn, initialTasks, lossesSince, tasksHeldBy } from './task.ts';
