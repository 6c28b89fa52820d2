import type { Seq } from '../kernel/entry.ts';
import { type Outcome, refuse } from '../kernel/errors.ts';
import type { Caller } from '../kernel/operation.ts';

/** Who wants to see what of a workspace. An empty list stands for all there are. */
export interface EventsAsked {
  readonly caller: Caller;
  readonly workspace: string | undefined;
  readonly areas: readonly string[];
  /** Only what these agents did, or what concerns them. */
  readonly agents: readonly string[];
  /** Types of entries. */
  readonly kinds: readonly string[];
  /**
   * The id of the last event that the caller has, `<history>.<number>`, or the number alone. Without it reading begins
   * at the end of the journal, with a snapshot.
   */
  readonly since: string | undefined;
}

/** An entry of the journal, as whoever may read it is told of it. */
export interface HubEvent {
  readonly seq: Seq;
  /** ISO 8601. */
  readonly time: string;
  readonly type: string;
  readonly area: string;
  readonly actor: { readonly principal: string; readonly agent?: string };
  /** As it was written, without handles of sessions. */
  readonly data: unknown;
  /** The operation or policy that decided it. */
  readonly cause: { readonly by: string };
}

export interface EventPage {
  /** What of these entries the caller asked for and may see. */
  readonly events: readonly HubEvent[];
  /** The last entry looked at: the next page begins behind it. */
  readonly upTo: Seq;
}

/** Reads a journal in the name of one caller. It has no position of its own and keeps nothing. */
export interface EventReader {
  /** `<journal id>.<generation>`, with which the ids of events begin. */
  readonly history: string;
  /** The entry behind which to begin. */
  readonly from: Seq;
  /** How the workspace stood at that entry, as `status` answers; undefined for a caller that goes on from where it was. */
  readonly status: unknown;
  /** The last entry that there is. */
  readonly head: () => Seq;
  /** The next entries behind `after`, so many at most. */
  readonly read: (after: Seq, limit: number) => Promise<Outcome<EventPage>>;
  /** Calls `listener` whenever there is more to read, until the returned function is called. */
  readonly follow: (listener: () => void) => () => void;
}

/** What a hub without journals of its own says. */
export const noEvents = refuse(
  'route_unknown',
  'This process has no journal of its own, so that it can tell no events. Ask the hub that it calls.',
);
