export { type TasksEvent, taskEvents } from './events.ts';
export { type SessionTier, holdNow, sessionTier } from './holding.ts';
export { type Applicant, type Choice, bestReady } from './ready.ts';
export {
  type Lane,
  type Loss,
  type Status,
  type Task,
  type TaskState,
  type TasksSlice,
  cancelledDependencies,
  holdIn,
  initialTasks,
  isHeld,
  isOpen,
  isReady,
  lossesSince,
  openStatuses,
  rankOf,
  statuses,
  tasksHeldBy,
  unmetOf,
} from './task.ts';
