import type { IncomingMessage } from 'node:http';
import { type Outcome, ok } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { EventsAsked } from '../hub-events.ts';
import { readCallHeaders, workspaceAt } from './call-headers.ts';
import { readQuery } from './query.ts';

/** What is asked of `GET /v1/events`. */
export interface EventsRequest extends EventsAsked {
  /** Id of the hub that is meant. */
  readonly hub: string | undefined;
}

/** What may stand in the address. Those that are lists may be repeated, and hold names with commas between them. */
const lists = ['area', 'agent', 'kind'] as const;
const once = ['since', 'workspace'] as const;

/** Reads a request for events. `base` is who asks when its headers say nothing more. */
export const readEventsRequest = (
  { url = '', headers }: IncomingMessage,
  base: Caller,
): Outcome<EventsRequest> => {
  const call = readCallHeaders(headers, base);
  if (!call.ok) return call;
  const query = readQuery(url, { once, lists });
  if (!query.ok) return query;
  const workspace = workspaceAt(url, call.value.workspace);
  if (!workspace.ok) return workspace;
  const [areas = [], agents = [], kinds = []] = lists.map((name) =>
    query.value.getAll(name).flatMap((value) => value.split(',')),
  );
  // Whoever comes back by itself asks at the address that it began with, and tells in the header where it is now.
  const last = headers['last-event-id'];
  const since = typeof last === 'string' && last !== '' ? last : (query.value.get('since') ?? undefined);
  const { caller, hub } = call.value;
  return ok({ caller, hub, workspace: workspace.value, areas, agents, kinds, since });
};
