import type { Attention, News } from '../../kernel/area.ts';
import type { Seq } from '../../kernel/entry.ts';
import type { SessionHold } from '../../kernel/hold.ts';
import { quoted } from '../../kernel/text.ts';
import { type Instant, spoken } from '../../kernel/instants.ts';
import type { World } from '../../kernel/slices.ts';
import { newest } from '../../kernel/trail.ts';
import { type AgentsSlice, sessionTier, sessionsOf } from '../agents/model.ts';
import {
  type Loss,
  type Task,
  cancelledDependencies,
  holdIn,
  isHeld,
  lossesSince,
  tasksHeldBy,
} from './model/task.ts';

/** TA50, TA51: what an agent lost, and which of its tasks want something of it. */
export const attention = (world: World<'tasks' | 'agents'>, name: string, now: Instant): Attention[] => {
  const agent = world.agents.agents.get(name);
  if (agent === undefined) return [];
  const losses = lostSince(world, name, agent.toldSeq).map((loss): Attention => {
    const text = lossWords(loss, world.tasks.tasks.get(loss.task));
    return { kind: lostKind, ref: loss.task, seq: loss.seq, since: loss.at, text };
  });
  return [...losses, ...tasksHeldBy(world.tasks, name).flatMap((task) => wantsOf(world, task, now))];
};

/** TA59: what was lost since the latest start; the next one will tell. */
export const news = (world: World<'tasks' | 'agents'>, name: string): News[] => {
  const agent = world.agents.agents.get(name);
  const lost = agent === undefined ? [] : lostSince(world, name, agent.startedSeq);
  const seq = lost.at(-1)?.seq;
  return seq === undefined ? [] : [{ kind: lostKind, count: lost.length, seq, call: 'start' }];
};

const lostKind = 'task_lost';

/** What an agent lost behind entry `seq` and does not hold again. */
const lostSince = (world: World<'tasks'>, name: string, seq: Seq): readonly Loss[] =>
  lossesSince(world.tasks, name, seq).filter((loss) => {
    const task = world.tasks.tasks.get(loss.task);
    return task === undefined || holdIn(task.state)?.holder !== name;
  });

const lossWords = ({ task, why, by, reason }: Loss, now: Task | undefined): string => {
  const because = reason === undefined ? '' : `: ${quoted(reason)}`;
  switch (why) {
    case 'taken_over':
      return `${by ?? 'somebody'} took over your task ${task}${because}. Do not go on with it.`;
    case 'cancelled':
      return `${by ?? 'somebody'} cancelled your task ${task}${because}. Do not go on with it.`;
    case 'expired':
      return `Your session expired, and ${task} ${sinceThen(now)}`;
  }
};

/** What became of a task after a session that held it had expired. */
const sinceThen = (task: Task | undefined): string => {
  if (task === undefined || task.state.status === 'todo')
    return 'is free again. Claim it again if you go on with it.';
  const holder = holdIn(task.state)?.holder;
  return `is ${holder === undefined ? task.state.status : `now held by ${holder}`}. Do not go on with it.`;
};

/** Whether the holder has spoken in another session since the one that holds was last seen. */
const hasLaterSession = (agents: AgentsSlice, { holder, session }: SessionHold): boolean => {
  const lastSeen = agents.sessions.get(session)?.lastSeen ?? 0;
  return sessionsOf(agents, holder).some(
    (one) => one.id !== session && one.endedAt === undefined && one.lastSeen > lastSeen,
  );
};

/** The latest entry about a task. */
const latestOf = ({ trail }: Task): Seq => newest(trail, 1)[0] ?? 0;

const wantsOf = (world: World<'tasks' | 'agents'>, task: Task, now: Instant): Attention[] => {
  const { id, state } = task;
  if (!isHeld(state)) return [];
  const wants: Attention[] = [];
  const tier = sessionTier(world.agents, state.hold.session, now);
  if (tier !== 'active' && hasLaterSession(world.agents, state.hold)) {
    wants.push({
      kind: 'task_held_elsewhere',
      ref: id,
      seq: state.hold.epoch,
      since: state.claimedAt,
      text: `Your other session, which holds ${id}, is ${tier}. Bring the task to this one with task_claim.`,
    });
  }
  if (state.status === 'in_review') {
    wants.push({
      kind: 'task_in_review',
      ref: id,
      seq: latestOf(task),
      since: state.submittedAt,
      text: `${id} has been in review for ${spoken(now - state.submittedAt)}; it is still yours.`,
    });
  }
  const cancelled = cancelledDependencies(world.tasks, task);
  if (cancelled.length > 0) {
    wants.push({
      kind: 'task_flagged',
      ref: id,
      seq: Math.max(...cancelled.map((one) => latestOf(world.tasks.tasks.get(one) ?? task))),
      since: task.updatedAt,
      text: `${id} depends on ${cancelled.join(', ')}, which was cancelled. Take the dependency away with task_update, or ask for it again.`,
    });
  }
  return wants;
};
