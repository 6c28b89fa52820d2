import { minuteMs, secondMs } from '../../../kernel/instants.ts';

/** How many tasks the board shows, how many agents the list of agents, and how many holds the locks. */
export const boardTasksMax = 50;
export const agentsShownMax = 50;
export const locksShownMax = 50;

/** How many resources one connection may be told of. */
export const subscriptionsMax = 200;

/** A change of one resource is told at most once in this time. */
export const notifyEveryMs = secondMs;

/** How long a client may go by what it has read, and by the lists of resources, which change only with the version. */
export const readTtlMs = secondMs;
export const listTtlMs = 5 * minuteMs;
