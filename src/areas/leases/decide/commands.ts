import type { AreaDefinition, Context, Decision } from '../../../kernel/area.ts';
import type { Seq } from '../../../kernel/entry.ts';
import { type Outcome, ok } from '../../../kernel/errors.ts';
import { type AgentsSlice, sessionRequired } from '../../agents/model.ts';
import type { LeasesEvent } from '../model/events.ts';
import type { LeasesSlice, Ttl } from '../model/lease.ts';
import type { Mode } from '../model/modes.ts';

/** Names are as the caller gave them, in the canonical form; aliases are resolved when it is decided. */
interface AcquireCommand {
  readonly type: 'acquire';
  readonly names: readonly string[];
  readonly mode: Mode;
  /** As the settings say when absent. */
  readonly ttl: Ttl | undefined;
  readonly delayMs: number;
  readonly waitMs: number;
  readonly purpose?: string | undefined;
}

/** The same, with the ttl that holds. */
export type WantedLocks = AcquireCommand & { readonly ttl: Ttl };

/** Picks up what was granted from the queue. */
export interface TakeCommand {
  readonly type: 'take';
  readonly ticket: Seq;
}

/** Gives a place in the queue up. */
export interface LeaveCommand {
  readonly type: 'leave';
  readonly ticket: Seq;
}

export interface RenewCommand {
  readonly type: 'renew';
  readonly name: string;
  readonly token?: Seq | undefined;
  readonly ttl?: Ttl | undefined;
}

export interface ReleaseCommand {
  readonly type: 'release';
  /** Without names: everything that the session holds. */
  readonly names?: readonly string[] | undefined;
  readonly token?: Seq | undefined;
  /** However often it was acquired. */
  readonly all: boolean;
}

export interface BreakCommand {
  readonly type: 'break';
  readonly name: string;
  /** Only ask the holders to give it up. */
  readonly ask: boolean;
  readonly reason: string;
}

export interface AliasCommand {
  readonly type: 'alias';
  readonly name?: string | undefined;
  /** Null: the name is no alias any more. */
  readonly target?: string | null | undefined;
}

/** Whatever time has ended. */
interface LapseCommand {
  readonly type: 'lapse';
}

/** A session has ended: its requests wait no longer. With `holds`, it is gone for good, and what it held is free. */
export interface EndSessionCommand {
  readonly type: 'end_session';
  readonly agent: string;
  readonly session: string;
  readonly holds: boolean;
}

export type LeasesCommand =
  | AcquireCommand
  | TakeCommand
  | LeaveCommand
  | RenewCommand
  | ReleaseCommand
  | BreakCommand
  | AliasCommand
  | LapseCommand
  | EndSessionCommand;

export type LeasesDecision = Decision<LeasesEvent>;
export type DecideLeases = AreaDefinition<'leases', 'agents', LeasesCommand, LeasesEvent>['decide'];

/** What a command is decided on. */
export interface Yard {
  readonly leases: LeasesSlice;
  readonly agents: AgentsSlice;
  readonly context: Pick<Context<'agents'>, 'now' | 'actor'>;
}

/** An agent in a session: who can hold something. */
export interface Speaker {
  readonly agent: string;
  readonly session: string;
}

export const speakerOf = ({ context }: Yard): Outcome<Speaker> => {
  const { agent, session } = context.actor;
  return agent === undefined || session === undefined ? sessionRequired : ok({ agent, session });
};
