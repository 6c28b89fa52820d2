import { isRecord } from '../kernel/json.ts';
import { type Outcome, type Refusal, refuse } from '../kernel/errors.ts';
import type { Caller } from '../kernel/operation.ts';
import type { RateClass } from '../kernel/rate.ts';
import type { EventReader, EventsAsked } from './hub-events.ts';

/** What a surface needs of the program behind it: this process itself, or a hub somewhere else. */
export interface Hub {
  /** Id of the journal that lists the workspaces, by which one hub is told from another; absent while it is not known. */
  readonly id?: string | undefined;
  readonly version: string;
  readonly call: (call: HubCall) => Promise<Outcome<HubReply>>;
  /** Why this caller may know nothing of a workspace, whatever it asks; absent where a hub elsewhere decides it. */
  readonly refuses?: (caller: Caller, workspace: string | undefined, way: WayIn) => Refusal | undefined;
  /** The connection that `caller` names is over; a session that it opened ends. */
  readonly disconnect: (caller: Caller, workspace: string | undefined) => Promise<void>;
  /** With a caller, of the workspaces that it may know. */
  readonly health: (caller?: Caller) => Promise<HubHealth>;
  /** Known at once, also while everything else waits for the journals to be open; absent means open. */
  readonly phase?: () => 'opening' | 'open' | 'stopping';
  /**
   * Tells `listener` under which keys (those of `Area.concerns`, of the workspace's journal and the hub's) something
   * has changed, until the returned function is called. Changes may be told together, and late, but none is left out;
   * after a gap that cannot be filled, the key is `everything`. Asked for whom `refuses` does not keep out.
   */
  readonly changes: (
    workspace: string | undefined,
    listener: (keys: ReadonlySet<string>) => void,
  ) => Promise<Outcome<() => void>>;
  /**
   * Counts what is no call of an operation like one of this class, for whom `refuses` does not keep out; the refusal
   * where that is one too many (AC42). Absent where a hub elsewhere counts.
   */
  readonly count?: (caller: Caller, rate: RateClass) => Promise<Refusal | undefined>;
  /** Opens a journal for reading while it grows, which counts as reading. Only a hub that has the journals in its own process offers it. */
  readonly events?: (asked: EventsAsked) => Promise<Outcome<EventReader>>;
  /** What this process measures of its own work, for whom that is. Only a hub with the journals in its own process offers it. */
  readonly metrics?: (caller: Caller) => Promise<Outcome<MetricsPage>>;
  readonly serviceLevels?: (caller: Caller) => Promise<Outcome<ServiceLevels>>;
}

/** In the text format of Prometheus. */
export interface MetricsPage {
  readonly type: string;
  readonly text: string;
}

/** Something that a hub promises of its service. */
export interface ServiceLevel {
  readonly name: string;
  readonly unit: 's' | 'part';
  /** What was measured; null where there was nothing to measure. */
  readonly value: number | null;
  /** The most that it may be. */
  readonly target: number;
  readonly holds: boolean;
  /** Of how many calls it is. */
  readonly calls?: number;
}

export interface ServiceLevels {
  /** Whether all of them hold, and nothing is amiss. */
  readonly holds: boolean;
  /** Over about how long they were taken. */
  readonly window_s: number;
  readonly levels: readonly ServiceLevel[];
  /** What is amiss with workspaces now, in words. A hub of an older version does not say it. */
  readonly faults?: readonly string[] | undefined;
}

/** What a hub answers to whoever asks for what it does not measure. */
export const unmeasured: Refusal = refuse(
  'route_unknown',
  'This process measures nothing of its work. Ask a hub that was started with signalbox serve.',
);

/** By what, besides the call of an operation, somebody comes to a workspace. */
export type WayIn = 'mcp' | 'changes' | 'disconnect';

/** Told instead of keys when it is not known which. */
export const everything = '*';

/** What the hub with this id answers to what another one is asked. */
export const otherHub = (id: string | undefined): Refusal =>
  refuse(
    'other_hub',
    'This was asked of another hub than the one that has this address now. Nothing was stored. Look for yours, or call this one without naming one.',
    { hub: id },
  );

export interface HubCall {
  /** Id of the hub that is meant, when the caller knows it; another one refuses. */
  readonly hub?: string | undefined;
  readonly operation: string;
  /** As it came; the operation's schema checks it. */
  readonly input: unknown;
  readonly caller: Caller;
  /** Name of the workspace; the default one when absent. */
  readonly workspace: string | undefined;
  readonly requestId: string | undefined;
  /** Of the call and its answer. Read where it matters only, so that a surface may make it when it is first read. */
  readonly signal: AbortSignal | undefined;
  /** Aborted when the answer has not reached whoever asked, which may become known long after it was given. */
  readonly gone?: AbortSignal | undefined;
  /** The request ids of earlier calls whose answers are known to have reached nobody; up to `lostCallsMax`. */
  readonly lost?: readonly string[] | undefined;
  /** A program looks at what there is, which is no proof that the agent gets it: nothing is delivered by the answer. */
  readonly peek?: boolean | undefined;
  /**
   * The caller says itself, by the receipts of answers, which of them have arrived. Without it, what an answer carries
   * counts as arrived with the next call of its session that is no repeat.
   */
  readonly receipts?: boolean | undefined;
  /** The receipt of an answer that has arrived where it was to go, given to the same agent. */
  readonly received?: string | undefined;
  /** The trace that the caller is in (W3C Trace Context), as it came. */
  readonly traceparent?: string | undefined;
}

export const lostCallsMax = 20;

export interface HubReply {
  readonly value: unknown;
  /** Done before, under the same request id; the answer was made again. */
  readonly replayed: boolean;
  /** One line of ASCII, when something waits for the agent that called: what, how many, and what to call. */
  readonly waiting: string | undefined;
  /** When the caller wants receipts, and the answer carries something that is to be told once. */
  readonly receipt?: string | undefined;
  /** How the caller stands with its limit, when less than half of it is left. */
  readonly rate?: RateStanding | undefined;
}

/** What is left of a limit within a minute. */
export interface RateStanding {
  readonly rate: RateClass;
  readonly limit: number;
  readonly remaining: number;
  /** After how many seconds without another call nothing counts any more. */
  readonly clearInS: number;
}

/** A repeat says that it is one; and whoever has something to hear is told with whatever it calls. */
export const markedValue = ({ value, replayed, waiting }: HubReply): unknown =>
  isRecord(value)
    ? {
        ...value,
        ...(replayed && { replayed }),
        ...(waiting !== undefined && !Object.hasOwn(value, 'waiting') && { waiting }),
      }
    : value;

export interface WorkspaceHealth {
  readonly name: string;
  /** Whether a change could be stored now. */
  readonly writable: boolean;
  /** Why not, in words; or what is amiss although it could, such as an archive that is not found. */
  readonly reason: string | null;
  /** Sequence number of the last entry folded. */
  readonly seq: number;
}

export interface HubHealth {
  /** `degraded`: something is amiss with a workspace. `stopping`: this process will not answer much longer. */
  readonly status: 'ok' | 'degraded' | 'stopping';
  /** Whether a change could be stored now in each workspace that is open. A hub of an older version does not say it. */
  readonly writable?: boolean | undefined;
  /** As of the hub itself. */
  readonly id?: string | undefined;
  readonly version: string;
  readonly store: string;
  /** What may be lost of that which was acknowledged; absent where that is nothing. */
  readonly loss_window?: string | undefined;
  /** What is not as it should be on the way to the store, though it works; absent where that is nothing. */
  readonly store_warning?: string | undefined;
  readonly workspaces: readonly WorkspaceHealth[];
}
