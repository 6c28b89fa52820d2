import type { Instant } from './instants.ts';

/** The position of an entry in its journal, from 1 up without gaps. Numbers of two workspaces do not compare. */
export type Seq = number;

export type Role = 'reader' | 'worker' | 'approver' | 'admin';

const roleOrder: readonly Role[] = ['reader', 'worker', 'approver', 'admin'];

export const roleAtLeast = (role: Role, needed: Role): boolean =>
  roleOrder.indexOf(role) >= roleOrder.indexOf(needed);

/** In what capacity somebody acts. What needs a person is refused to the others, whatever their role. */
export type Kind = 'person' | 'agent' | 'service';

/** Part of what its principal may do. */
export interface Scope {
  /** Names of workspaces, or `everything` alone. */
  readonly workspaces: readonly string[];
  /** Categories of operations, or `everything` alone. */
  readonly categories: readonly string[];
  /** The only agent that it may speak for. */
  readonly agent?: string | undefined;
}

/** AC18: whether who is held so may know what is of this category. What an area holds is of the category of its name. */
export const mayKnow = (scope: Scope | undefined, category: string): boolean =>
  scope === undefined || scope.categories.includes('*') || scope.categories.includes(category);

/** Who speaks: `principal` comes from the connection, `agent` is one of the principal's agents. */
export interface Actor {
  readonly principal: string;
  readonly agent: string | undefined;
  readonly session: string | undefined;
  readonly role: Role;
  readonly kind: Kind;
  /** Public id of the token that the call came with. */
  readonly token?: string | undefined;
  /** When what the call came with ends, where that is no token of the hub. */
  readonly until?: Instant | undefined;
  /** What it is held to; absent = to nothing but its role. */
  readonly scope?: Scope | undefined;
}

/** The actor of everything that happens because time has passed. */
export const systemActor: Actor = {
  principal: 'system',
  agent: undefined,
  session: undefined,
  role: 'admin',
  kind: 'service',
};

/** Whether somebody acts as a person: one who speaks for an agent, or may speak for one alone, acts as that. */
export const actsAsPerson = ({
  kind,
  agent,
  session,
  scope,
}: Pick<Actor, 'kind' | 'agent' | 'session' | 'scope'>): boolean =>
  kind === 'person' && agent === undefined && session === undefined && scope?.agent === undefined;

/** What an entry says of its author. */
export interface Author {
  readonly principal: string;
  /** Said where neither the principal nor the agent tells that it was none of its persons. */
  readonly kind?: 'agent';
  readonly agent?: string;
  readonly session?: string;
  readonly token?: string;
}

/** Makes a call repeatable: `digest` covers operation and input. */
export interface RequestMark {
  readonly id: string;
  readonly digest: string;
}

/**
 * Why an entry is there. `unit` is the sequence number of the first entry of its unit, `by` the operation or policy
 * that decided it. The first entry of a unit also tells how many entries it has, and of which request it is.
 */
interface Cause {
  readonly unit: Seq;
  readonly by: string;
  readonly size?: number;
  readonly request?: RequestMark;
}

/** What an area decides and folds: a type in the past tense and its data. */
export interface EventShape {
  readonly type: string;
  readonly data: unknown;
}

/** One line of the journal. `version` is that of the event's data. */
export interface Entry<Type extends string = string, Data = unknown> {
  readonly seq: Seq;
  readonly time: Instant;
  readonly actor: Author;
  readonly type: Type;
  readonly version: number;
  readonly data: Data;
  readonly cause: Cause;
}

/** The entries that a union of events becomes. */
export type EntryOf<E extends EventShape> = E extends {
  readonly type: infer T extends string;
  readonly data: infer D;
}
  ? Entry<T, D>
  : never;

/**
 * Narrows an entry to one event of an area. The data itself is not checked again: it was written by `decide` and its
 * bytes are covered by the hash chain.
 */
export const entryGuard =
  <E extends EventShape>() =>
  <T extends E['type']>(entry: Entry, type: T): entry is EntryOf<Extract<E, { readonly type: T }>> =>
    entry.type === type;
