import type { Effort } from '../../../kernel/glob.ts';
import { type Hold, idleMs } from '../../../kernel/hold.ts';
import type { Instant } from '../../../kernel/instants.ts';
import { type Rank, compareRanks } from '../../../kernel/table.ts';
import type { World } from '../../../kernel/slices.ts';
import type { Agent, AgentsSlice, Session } from '../../agents/model.ts';
import { type HeldFile, fileConflict, fullEffort } from './held-files.ts';
import { holdNow } from './holding.ts';
import { blockersNamedMax, skippedCandidatesMax } from './limits.ts';
import {
  type Task,
  type TasksSlice,
  holdIn,
  rankOf,
  readyPartition,
  tasksHeldIn,
  waitingPartition,
} from './task.ts';

type Boards = World<'tasks' | 'agents'>;

/** Who looks for a task. */
export interface Applicant {
  readonly agent: Pick<Agent, 'name' | 'capabilities'>;
  readonly session: string | undefined;
  /** Only tasks of this project. */
  readonly project: string | undefined;
}

/** A candidate that was passed over because somebody else holds a file that it touches. */
export interface Obstacle {
  readonly candidate: string;
  readonly file: string;
  readonly held: HeldFile;
}

/** What the best-ready search found. */
export type Choice =
  | { readonly kind: 'ready'; readonly task: Task }
  /** Nothing is ready, and this hold is the one that has been contestable for longest. */
  | { readonly kind: 'contestable'; readonly task: Task; readonly hold: Hold }
  | { readonly kind: 'none'; readonly skipped: number; readonly obstacles: readonly Obstacle[] };

/**
 * The best task for an agent: of the lanes that it may work in, the ready task of lowest rank whose files nobody else
 * holds; only when there is none, a hold that has become contestable. Looks at the heads of the lanes, so that the
 * number of tasks does not matter.
 */
export const bestReady = (boards: Boards, applicant: Applicant, now: Instant): Choice => {
  const { tasks } = boards;
  const effort = fullEffort();
  const obstacles: Obstacle[] = [];
  let skipped = 0;
  const lanes = lanesFor(tasks, applicant);
  for (const task of inRankOrder(tasks, { partitions: lanes })) {
    const obstacle = obstacleFor(tasks, { ...applicant, effort }, task);
    if (obstacle === undefined) return { kind: 'ready', task };
    skipped += 1;
    if (
      obstacles.length < blockersNamedMax &&
      obstacles.every(({ held }) => held.task !== obstacle.held.task)
    ) {
      obstacles.push(obstacle);
    }
    if (skipped === skippedCandidatesMax || effort.left <= 0) return { kind: 'none', skipped, obstacles };
  }
  return contestable(boards, { ...applicant, effort }, now) ?? { kind: 'none', skipped, obstacles };
};

const fits = (one: Pick<Task, 'project' | 'requires'>, { agent, project }: Applicant): boolean =>
  (project === undefined || one.project === project) &&
  one.requires.every((capability) => agent.capabilities.includes(capability));

const lanesFor = (slice: TasksSlice, applicant: Applicant): string[] => {
  const lanes: string[] = [];
  for (const lane of slice.lanes.values()) if (fits(lane, applicant)) lanes.push(readyPartition(lane.key));
  return lanes;
};

/** An applicant in the course of a search. */
interface Searching extends Applicant {
  readonly effort: Effort;
}

const obstacleFor = (slice: TasksSlice, { agent, effort }: Searching, task: Task): Obstacle | undefined => {
  if (task.files.length === 0 || slice.heldFiles === undefined) return undefined;
  const conflict = fileConflict(
    slice.heldFiles,
    { agent: agent.name, task: task.id, files: task.files },
    effort,
  );
  return conflict === undefined ? undefined : { candidate: task.id, ...conflict };
};

interface Sequence {
  readonly partitions: readonly string[];
  /** Begins behind this rank. */
  readonly after?: Rank | undefined;
}

/** Where one partition has got to. */
interface Head {
  readonly partition: string;
  task: Task;
  rank: Rank;
  rest: Iterator<Task> | undefined;
}

/** The records of several partitions as one sequence by rank, found lazily. */
export function* inRankOrder({ tasks }: TasksSlice, { partitions, after }: Sequence): Generator<Task> {
  const heads: Head[] = [];
  for (const partition of partitions) {
    const task =
      after === undefined ? tasks.first('board', partition) : firstOf(tasks.scan('board', partition, after));
    if (task !== undefined) heads.push({ partition, task, rank: rankOf(task), rest: undefined });
  }
  for (let head = lowest(heads); head !== undefined; head = lowest(heads)) {
    yield head.task;
    head.rest ??= tasks.scan('board', head.partition, head.rank);
    const next = firstOf(head.rest);
    if (next === undefined) {
      heads.splice(heads.indexOf(head), 1);
    } else {
      head.task = next;
      head.rank = rankOf(next);
    }
  }
}

const lowest = (heads: readonly Head[]): Head | undefined => {
  let best = heads[0];
  for (const head of heads) if (best !== undefined && compareRanks(head.rank, best.rank) < 0) best = head;
  return best;
};

const firstOf = (tasks: Iterator<Task>): Task | undefined => {
  const first = tasks.next();
  return first.done === true ? undefined : first.value;
};

/** Of the holds that may be taken over by now, the one that could be for longest and fits. */
const contestable = (boards: Boards, applicant: Searching, now: Instant): Choice | undefined => {
  const { tasks: slice, agents } = boards;
  for (const session of contestableSessions(agents, now)) {
    if (session.id === applicant.session) continue;
    for (const task of tasksHeldIn(slice, session.agent, session.id)) {
      const held = holdIn(task.state);
      if (held === undefined || !fits(task, applicant) || obstacleFor(slice, applicant, task) !== undefined)
        continue;
      return { kind: 'contestable', task, hold: holdNow(agents, held) };
    }
  }
  return undefined;
};

/** The sessions that have ended or gone stale, those first whose holds could be taken over for longest. */
const contestableSessions = ({ sessions }: AgentsSlice, now: Instant): readonly Session[] => {
  const found = [...sessions.scan('expiry', 'ended')].map((session) => ({
    session,
    since: session.endedAt ?? now,
  }));
  for (const session of sessions.scan('expiry', 'live')) {
    const since = session.lastSeen + idleMs;
    if (since > now) break;
    found.push({ session, since });
  }
  return found
    .toSorted((a, b) => a.since - b.since || a.session.number - b.session.number)
    .map(({ session }) => session);
};

/** What there is besides what an applicant could take. The last three count the whole board. */
export interface Remainder {
  readonly otherCapabilities: number;
  /** What the agent would have to state for some of these. */
  readonly missingCapabilities: readonly string[];
  readonly otherProjects: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly held: number;
}

export const remainderFor = (slice: TasksSlice, applicant: Applicant): Remainder => {
  const { tasks } = slice;
  let otherCapabilities = 0;
  let otherProjects = 0;
  const missing = new Set<string>();
  for (const lane of slice.lanes.values()) {
    const count = tasks.count('board', readyPartition(lane.key));
    if (fits(lane, applicant)) continue;
    if (fits(lane, { ...applicant, project: undefined })) otherProjects += count;
    else {
      otherCapabilities += count;
      if (count > 0) for (const one of lane.requires) missing.add(one);
    }
  }
  for (const stated of applicant.agent.capabilities) missing.delete(stated);
  return {
    otherCapabilities,
    missingCapabilities: [...missing],
    otherProjects,
    waiting: tasks.count('board', waitingPartition),
    blocked: tasks.count('board', 'blocked'),
    held: tasks.count('board', 'in_progress') + tasks.count('board', 'in_review'),
  };
};
