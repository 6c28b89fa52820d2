import type { IncomingMessage } from 'node:http';
import { nearestName } from '../../catalogue/nearest.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { quoted, repeatable } from '../../kernel/text.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { EventsAsked } from '../hub-events.ts';
import { readCallHeaders, workspaceAt } from './call-headers.ts';

/** What is asked of `GET /v1/events`. */
export interface EventsRequest extends EventsAsked {
  /** Id of the hub that is meant. */
  readonly hub: string | undefined;
}

/** What may stand in the address. Those that are lists may be repeated, and hold names with commas between them. */
const lists = ['area', 'agent', 'kind'] as const;
const parameters: readonly string[] = [...lists, 'since', 'workspace'];

const parameterCharactersMax = 40;

/** Reads a request for events. `base` is who asks when its headers say nothing more. */
export const readEventsRequest = (
  { url = '', headers }: IncomingMessage,
  base: Caller,
): Outcome<EventsRequest> => {
  const call = readCallHeaders(headers, base);
  if (!call.ok) return call;
  const query = new URLSearchParams(/\?(.*)$/s.exec(url)?.[1] ?? '');
  const strange = faultIn(query);
  if (strange !== undefined) return strange;
  const workspace = workspaceAt(url, call.value.workspace);
  if (!workspace.ok) return workspace;
  const [areas = [], agents = [], kinds = []] = lists.map((name) =>
    query.getAll(name).flatMap((value) => value.split(',')),
  );
  // Whoever comes back by itself asks at the address that it began with, and tells in the header where it is now.
  const last = headers['last-event-id'];
  const since = typeof last === 'string' && last !== '' ? last : (query.get('since') ?? undefined);
  const { caller, hub } = call.value;
  return ok({ caller, hub, workspace: workspace.value, areas, agents, kinds, since });
};

const faultIn = (query: URLSearchParams): Refusal | undefined => {
  for (const name of new Set(query.keys())) {
    if (!parameters.includes(name)) {
      const nearest = nearestName(name, parameters);
      const next = nearest === undefined ? `There are ${parameters.join(', ')}.` : `Did you mean ${nearest}?`;
      const shown = quoted(repeatable(name, parameterCharactersMax));
      return refuse(
        'invalid_input',
        `The address has a parameter ${shown}, which means nothing here. ${next}`,
      );
    }
    const single = name === 'since' || name === 'workspace';
    if (single && query.getAll(name).length > 1)
      return refuse('invalid_input', `The address says ${name} more than once. Say it once.`);
  }
  return undefined;
};
