import type { Clock } from '../../../engine/clock.ts';
import { type Outcome, ok } from '../../../kernel/errors.ts';
import { type Hub, everything } from '../../hub.ts';
import { notifyEveryMs } from './limits.ts';
import { Throttle } from './throttle.ts';
import { agentsUri, boardUri, inboxUri, isLock, statusUri, taskUris, waitingUri } from './uris.ts';

/** Who is told. Neither may throw. */
export interface Sink {
  readonly resourceUpdated: (uri: string) => void;
  readonly toolsChanged: () => void;
}

export interface FilteredSink extends Sink {
  /** The URIs that somebody wants to hear of, as they are at the moment; of others nothing is told. */
  readonly subscribed: Pick<ReadonlyMap<string, unknown>, 'has' | 'keys'>;
}

export interface Watching {
  readonly hub: Pick<Hub, 'changes'>;
  readonly workspace: string | undefined;
  readonly clock: Clock;
}

/** No URI is called so. */
const tools = 'tools';

/**
 * Tells `sink` which resources of a workspace have changed, each at most once in a second, until the returned function
 * is called. Refused when the hub cannot tell what changes, or has no such workspace.
 */
export const watchUpdates = async (
  { hub, workspace, clock }: Watching,
  sink: FilteredSink,
): Promise<Outcome<() => void>> => {
  const throttle = new Throttle(clock, notifyEveryMs, (key) => {
    if (key === tools) sink.toolsChanged();
    // Whoever subscribed may have left while this was held back.
    else if (sink.subscribed.has(key)) sink.resourceUpdated(key);
  });
  const touch = (uri: string): void => {
    if (sink.subscribed.has(uri)) throttle.touch(uri);
  };
  const watched = await hub.changes(workspace, (keys) => {
    if (keys.has(everything)) for (const uri of sink.subscribed.keys()) throttle.touch(uri);
    else {
      for (const uri of urisOf(keys)) touch(uri);
      if (keys.has('locks')) for (const uri of sink.subscribed.keys()) if (isLock(uri)) throttle.touch(uri);
    }
    if (keys.has(everything) || keys.has('workspaces.modes')) throttle.touch(tools);
  });
  if (!watched.ok) return watched;
  return ok(() => {
    watched.value();
    throttle.end();
  });
};

const taskKey = 'task:';
const agentKey = 'agent:';

/**
 * The resources that what has changed is part of, but for locks. What concerns one agent is told to all who follow what waits for them:
 * whose the streams are is not known here, because the SDK does not tell them apart.
 */
const urisOf = function* (keys: ReadonlySet<string>): Iterable<string> {
  yield statusUri;
  if (keys.has('agents')) yield agentsUri;
  let board = false;
  let personal = keys.has('mailboxes');
  for (const key of keys) {
    personal ||= key.startsWith(agentKey);
    if (!key.startsWith(taskKey)) continue;
    board = true;
    yield* taskUris(key.slice(taskKey.length));
  }
  if (board) yield boardUri;
  if (personal) yield* [inboxUri, waitingUri];
};
