import type { Seq } from '../../../kernel/entry.ts';
import type { SessionHold } from '../../../kernel/hold.ts';
import { type Instant, dayMs } from '../../../kernel/instants.ts';
import { type Rank, type Table, table } from '../../../kernel/table.ts';
import type { Trail } from '../../../kernel/trail.ts';
import { type HeldFiles, noHeldFiles } from './held-files.ts';

declare module '../../../kernel/slices.ts' {
  interface Slices {
    readonly tasks: TasksSlice;
  }
}

/** Rings when something may have become claimable. */
export const readyKey = 'tasks.ready';

export const statuses = ['todo', 'in_progress', 'in_review', 'blocked', 'done', 'cancelled'] as const;

export type Status = (typeof statuses)[number];

export const openStatuses = [
  'todo',
  'in_progress',
  'in_review',
  'blocked',
] as const satisfies readonly Status[];

/** Somebody works on it. In review it is still theirs. */
export type HeldState =
  | { readonly status: 'in_progress'; readonly hold: SessionHold; readonly claimedAt: Instant }
  | {
      readonly status: 'in_review';
      readonly hold: SessionHold;
      readonly claimedAt: Instant;
      readonly submittedAt: Instant;
    };

/** `by` is the agent, or the principal when no agent spoke. */
export type TaskState =
  | { readonly status: 'todo' }
  | HeldState
  | { readonly status: 'blocked'; readonly reason: string; readonly by: string; readonly since: Instant }
  | { readonly status: 'done'; readonly by: string; readonly at: Instant }
  | { readonly status: 'cancelled'; readonly reason: string; readonly by: string; readonly at: Instant };

export interface ChecklistItem {
  readonly text: string;
  readonly done: boolean;
  readonly by?: string;
}

/** What the board knows of a task without asking the journal. Texts are fetched by the sequence numbers kept here. */
export interface Task {
  readonly id: string;
  /** Order of adding; breaks ties. */
  readonly number: number;
  readonly title: string;
  readonly state: TaskState;
  /** 1 = most urgent, 5 = least. */
  readonly priority: number;
  readonly labels: readonly string[];
  readonly project: string | undefined;
  readonly sprint: string | undefined;
  readonly parent: string | undefined;
  readonly dependsOn: readonly string[];
  /** The tasks that depend on this one: `dependsOn` read backwards. */
  readonly dependents: readonly string[];
  /** How many of `dependsOn` are not done. */
  readonly unmet: number;
  /** Capabilities, sorted. */
  readonly requires: readonly string[];
  readonly files: readonly string[];
  readonly acceptance: readonly ChecklistItem[];
  readonly due: Instant | undefined;
  /** Rises by one with each change of plan fields, status or hold. */
  readonly revision: number;
  /** Since when nothing has been in its way; `undefined` while it waits for a dependency. Kept over claim and release. */
  readonly readySince: Instant | undefined;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  /** A short one itself, which saves a reading for each answer; for a long one the entry that holds it. */
  readonly body: string | Seq | undefined;
  readonly linksSeq: Seq | undefined;
  readonly resultSeq: Seq | undefined;
  readonly notes: Trail;
  /** All entries about this task, notes included. */
  readonly trail: Trail;
}

/** The open tasks of one project that require the same capabilities. */
export interface Lane {
  readonly key: string;
  readonly project: string | undefined;
  readonly requires: readonly string[];
  readonly open: number;
}

/** A task that an agent held and no longer holds, without having given it back. */
export interface Loss {
  readonly task: string;
  readonly seq: Seq;
  readonly at: Instant;
  readonly why: 'taken_over' | 'expired' | 'cancelled';
  /** Who took or cancelled it; nobody when it expired. */
  readonly by: string | undefined;
  readonly reason: string | undefined;
}

export interface AgentLosses {
  readonly agent: string;
  /** Oldest first. */
  readonly losses: readonly Loss[];
}

type TaskOrder = 'board' | 'holder' | 'parent';

export interface TasksSlice {
  readonly tasks: Table<Task, TaskOrder>;
  readonly lanes: Table<Lane, never>;
  readonly losses: Table<AgentLosses, never>;
  /** The files of held tasks. Like an order it is not kept during replay, and found anew at its end. */
  readonly heldFiles: HeldFiles | undefined;
  /** How many tasks have been added so far. */
  readonly counted: number;
}

export const isHeld = (state: TaskState): state is HeldState =>
  state.status === 'in_progress' || state.status === 'in_review';

export const isOpen = ({ status }: TaskState): boolean => status !== 'done' && status !== 'cancelled';

export const holdIn = (state: TaskState): SessionHold | undefined => (isHeld(state) ? state.hold : undefined);

/** Whether it could be claimed, as far as the task itself is concerned. */
export const isReady = (task: Task): boolean => task.state.status === 'todo' && task.unmet === 0;

/** Which lane a task belongs to. Names hold no spaces, so that no two pairs share a key. */
export const laneKey = ({ project, requires }: Pick<Task, 'project' | 'requires'>): string =>
  requires.length === 0 ? (project ?? '') : `${project ?? ''} ${requires.join(' ')}`;

/** A day of waiting weighs as much as one step of priority. Constant while the task is ready. */
export const rankOf = (task: Task): Rank => [
  (task.readySince ?? task.createdAt) + task.priority * dayMs,
  task.number,
];

/** Where the ready tasks of a lane stand on the board. */
export const readyPartition = (lane: string): string => `ready ${lane}`;

/** Where those tasks stand that wait for a dependency. */
export const waitingPartition = 'waiting';

const boardPartition = (task: Task): string => {
  if (task.state.status !== 'todo') return task.state.status;
  return task.unmet === 0 ? readyPartition(laneKey(task)) : waitingPartition;
};

/** All places on the board where tasks of this status stand. */
export const partitionsOf = ({ lanes }: TasksSlice, status: Status): readonly string[] =>
  status === 'todo'
    ? [waitingPartition, ...[...lanes.values()].map(({ key }) => readyPartition(key))]
    : [status];

/** How many tasks have this status. */
export const countOf = (slice: TasksSlice, status: Status): number =>
  partitionsOf(slice, status).reduce((sum, partition) => sum + slice.tasks.count('board', partition), 0);

/** The first tasks of this status, in the order of the board. */
export const tasksIn = (
  slice: TasksSlice,
  status: Exclude<Status, 'todo'>,
  limit: number,
): readonly Task[] => {
  const tasks: Task[] = [];
  for (const task of slice.tasks.scan('board', status)) if (tasks.push(task) >= limit) break;
  return tasks;
};

/** How many tasks could be claimed, as far as they themselves are concerned. */
export const readyCount = (slice: TasksSlice): number =>
  countOf(slice, 'todo') - slice.tasks.count('board', waitingPartition);

const epochRank = ({ state, number }: Task): Rank => [isHeld(state) ? state.hold.epoch : 0, number];

export const initialTasks: TasksSlice = {
  tasks: table<Task, TaskOrder>({
    key: (task) => task.id,
    numberedBehind: 'T-',
    orders: {
      /** Every task once: what is ready by lane, what waits, and everything else by status. */
      board: { partition: boardPartition, rank: rankOf },
      holder: { partition: (task) => holdIn(task.state)?.holder, rank: epochRank },
      parent: { partition: (task) => task.parent, rank: (task) => [task.number, 0] },
    },
  }),
  lanes: table<Lane, never>({ key: (lane) => lane.key, orders: {} }),
  losses: table<AgentLosses, never>({ key: (losses) => losses.agent, orders: {} }),
  heldFiles: noHeldFiles,
  counted: 0,
};

/** The losses of an agent that were recorded after entry `seq`, oldest first. */
export const lossesSince = (slice: TasksSlice, agent: string, seq: Seq): readonly Loss[] =>
  slice.losses.get(agent)?.losses.filter((loss) => loss.seq > seq) ?? [];

/** The tasks that an agent has in progress or in review, in the order of claiming. */
export const tasksHeldBy = (slice: TasksSlice, agent: string): readonly Task[] => [
  ...slice.tasks.scan('holder', agent),
];

/** Those of them that it holds in this session. */
export const tasksHeldIn = (slice: TasksSlice, agent: string, session: string): readonly Task[] =>
  tasksHeldBy(slice, agent).filter(({ state }) => holdIn(state)?.session === session);

/** The dependencies that are not done yet. */
export const unmetOf = (slice: TasksSlice, task: Task): readonly string[] =>
  task.unmet === 0 ? [] : task.dependsOn.filter((id) => slice.tasks.get(id)?.state.status !== 'done');

/** The dependencies that will never be done, unless somebody reopens them or takes them off the task. */
export const cancelledDependencies = (slice: TasksSlice, task: Task): readonly string[] =>
  task.unmet === 0 ? [] : task.dependsOn.filter((id) => slice.tasks.get(id)?.state.status === 'cancelled');
