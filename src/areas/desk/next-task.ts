import type { Instant } from '../../kernel/instants.ts';
import type { Slices } from '../../kernel/slices.ts';
import type { Agent } from '../agents/model.ts';
import { type Task, bestReady, tasksHeldBy } from '../tasks/model/index.ts';

/** DE4: the ready task that a claim of this session would take, unless its agent has as many as it may have. */
export const nextTask = (
  slices: Slices,
  { agent, session }: { readonly agent: Agent; readonly session: string },
  now: Instant,
): Task | undefined => {
  if (tasksHeldBy(slices.tasks, agent.name).length >= agent.wipLimit) return undefined;
  const choice = bestReady(slices, { agent, session, project: undefined }, now);
  return choice.kind === 'ready' ? choice.task : undefined;
};
