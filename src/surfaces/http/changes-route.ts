import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../engine/clock.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';
import { type Hub, otherHub } from '../hub.ts';
import { type CallHeaders, readCallHeaders, workspaceAt } from './call-headers.ts';
import { ChangeFeed } from './change-feed.ts';
import type { Exchange } from './exchange.ts';
import { changeStreamsMax } from './limits.ts';
import { readQuery } from './query.ts';
import { refusedRateHeaders } from './rate-headers.ts';
import { streamHeaders } from './sse.ts';
import { isOver, noLongerGood, over, stopping } from './streaming.ts';

interface ChangesRouteOptions {
  readonly hub: Hub;
  readonly clock: Clock;
}

type ChangesRequest = Pick<CallHeaders, 'caller' | 'hub' | 'workspace'>;

/** Reads a request for changes. `base` is who asks when its headers say nothing more. */
const readChangesRequest = (
  { url = '', headers }: IncomingMessage,
  base: Caller,
): Outcome<ChangesRequest> => {
  const call = readCallHeaders(headers, base);
  if (!call.ok) return call;
  const query = readQuery(url, { once: ['workspace'], lists: [] });
  if (!query.ok) return query;
  const workspace = workspaceAt(url, call.value.workspace);
  return workspace.ok ? ok({ ...call.value, workspace: workspace.value }) : workspace;
};

/**
 * `GET /v1/changes`: what `Hub.changes` tells of a workspace, as server-sent events. The data of each is a JSON array
 * of keys. The answer begins once the hub listens, so that nothing which happens after it is left out.
 */
export class ChangesRoute {
  readonly #options: ChangesRouteOptions;
  #open = 0;

  constructor(options: ChangesRouteOptions) {
    this.#options = options;
  }

  /** @param caller - who asks when the headers say nothing more. */
  async answer(exchange: Exchange, caller: Caller): Promise<void> {
    const asked = readChangesRequest(exchange.request, caller);
    if (!asked.ok) return exchange.refuse(asked);
    if (this.#open >= changeStreamsMax) return exchange.refuse(tooMany);
    this.#open += 1;
    try {
      const refusal = await this.#stream(exchange, asked.value);
      if (refusal !== undefined) exchange.refuse(refusal, refusedRateHeaders(refusal));
    } finally {
      this.#open -= 1;
    }
  }

  /** Resolves once the stream has ended, or with the reason why it did not begin. */
  async #stream(
    exchange: Exchange,
    { workspace, hub: meant, caller }: ChangesRequest,
  ): Promise<Refusal | undefined> {
    const { response, signal } = exchange;
    const { hub, clock } = this.#options;
    const refused = hub.refuses?.(caller, workspace, 'changes');
    if (refused !== undefined) return refused;
    const beyond = await hub.count?.(caller, 'read');
    if (beyond !== undefined) return beyond;
    const feed = new ChangeFeed(response, clock);
    const listening = await hub.changes(workspace, (keys) => feed.add(keys));
    if (!listening.ok) return listening;
    // A hub that is being opened learns its id only now.
    const strange = meant !== undefined && hub.id !== undefined && meant !== hub.id;
    if (strange || signal.aborted || isOver(caller)) {
      listening.value();
      if (strange) return otherHub(hub.id);
      return signal.aborted ? stopping : noLongerGood;
    }
    response.writeHead(200, streamHeaders);
    feed.begin();
    await over(exchange, caller);
    listening.value();
    feed.end();
    return undefined;
  }
}

const tooMany = refuse(
  'overloaded',
  `There are ${changeStreamsMax} streams of changes, which is the limit. Nothing was stored. Close one that nobody reads, or ask again later.`,
  { streamsMax: changeStreamsMax },
);
