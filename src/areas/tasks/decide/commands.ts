import type { AreaDefinition, Context, Decision } from '../../../kernel/area.ts';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import type { Instant } from '../../../kernel/instants.ts';
import { type Agent, type AgentsSlice, sessionRequired } from '../../agents/model.ts';
import type { Fence } from '../../leases/model/index.ts';
import type { TasksEvent } from '../model/events.ts';
import type { Status, TasksSlice } from '../model/task.ts';

export interface NewTask {
  readonly title: string;
  /** The caller's own name for it; without one it is called `T-<number>`. */
  readonly slug?: string | undefined;
  readonly project?: string | undefined;
  readonly body?: string | undefined;
  readonly priority?: number | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly sprint?: string | undefined;
  readonly parent?: string | undefined;
  readonly dependsOn?: readonly string[] | undefined;
  readonly requires?: readonly string[] | undefined;
  readonly files?: readonly string[] | undefined;
  readonly acceptance?: readonly string[] | undefined;
  readonly due?: Instant | undefined;
  readonly links?: readonly string[] | undefined;
}

/** What shall be different about the plan. Null takes a value away; a list replaces the whole list. */
export interface PlanChange {
  readonly title?: string | undefined;
  readonly body?: string | null | undefined;
  readonly priority?: number | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly sprint?: string | null | undefined;
  readonly parent?: string | null | undefined;
  readonly dependsOn?: readonly string[] | undefined;
  readonly requires?: readonly string[] | undefined;
  readonly files?: readonly string[] | undefined;
  readonly acceptance?: readonly string[] | undefined;
  readonly due?: Instant | null | undefined;
  readonly links?: readonly string[] | undefined;
}

export interface AddCommand {
  readonly type: 'add';
  readonly tasks: readonly NewTask[];
}

export interface ClaimCommand {
  readonly type: 'claim';
  /** Without one: the best ready task. */
  readonly id?: string | undefined;
  readonly project?: string | undefined;
  readonly reason?: string | undefined;
}

export interface UpdateCommand {
  readonly type: 'update';
  readonly id: string;
  readonly revision?: number | undefined;
  readonly epoch?: number | undefined;
  /** For a guard to check. */
  readonly fence?: Fence | undefined;
  readonly plan: PlanChange;
  readonly status?: Exclude<Status, 'done'> | undefined;
  readonly reason?: string | undefined;
  /** Checklist items, numbered from 1. */
  readonly tick?: readonly number[] | undefined;
  readonly untick?: readonly number[] | undefined;
  readonly note?: string | undefined;
}

export interface DoneCommand {
  readonly type: 'done';
  readonly id: string;
  readonly epoch?: number | undefined;
  readonly fence?: Fence | undefined;
  readonly result?: string | undefined;
  readonly openItemsReason?: string | undefined;
}

export interface ReleaseCommand {
  readonly type: 'release';
  readonly id: string;
  readonly epoch?: number | undefined;
  readonly fence?: Fence | undefined;
  readonly note?: string | undefined;
}

/** A session has expired; comes from a policy. */
export interface ExpireCommand {
  readonly type: 'expire';
  readonly agent: string;
  readonly session: string;
}

export type TasksCommand =
  | AddCommand
  | ClaimCommand
  | UpdateCommand
  | DoneCommand
  | ReleaseCommand
  | ExpireCommand;

type TasksContext = Context<'agents'>;
export type TasksDecision = Decision<TasksEvent>;
export type DecideTasks = AreaDefinition<'tasks', 'agents', TasksCommand, TasksEvent>['decide'];

/** What a command is decided on. */
export interface Board {
  readonly tasks: TasksSlice;
  readonly agents: AgentsSlice;
  readonly context: TasksContext;
}

/** An agent in a session: who can hold something. */
export interface Speaker {
  readonly agent: Agent;
  readonly session: string;
}

export const speakerOf = ({ agents, context }: Board): Outcome<Speaker> => {
  const { agent: name, session } = context.actor;
  if (name === undefined || session === undefined) return sessionRequired;
  const agent = agents.agents.get(name);
  return agent === undefined
    ? refuse('agent_unknown', `No agent is called "${name}" here. Call start to join.`, { agent: name })
    : ok({ agent, session });
};
