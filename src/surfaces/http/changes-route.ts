import { systemClock } from '../../engine/clock.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';
import { type Hub, otherHub } from '../hub.ts';
import { type CallHeaders, readCallHeaders } from './call-headers.ts';
import { ChangeFeed } from './change-feed.ts';
import type { Exchange } from './exchange.ts';
import { changeStreamsMax } from './limits.ts';

interface ChangesRouteOptions {
  readonly hub: Hub;
  /** Who asks when the headers say nothing more. */
  readonly caller: Caller;
}

const streamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // A proxy that gathers text into larger pieces would keep every event to itself.
  'X-Accel-Buffering': 'no',
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

  async answer(exchange: Exchange): Promise<void> {
    const call = readCallHeaders(exchange.request.headers, this.#options.caller);
    if (!call.ok) return exchange.refuse(call);
    if (this.#open >= changeStreamsMax) return exchange.refuse(tooMany);
    this.#open += 1;
    try {
      const refusal = await this.#stream(exchange, call.value);
      if (refusal !== undefined) exchange.refuse(refusal);
    } finally {
      this.#open -= 1;
    }
  }

  /** Resolves once the stream has ended, or with the reason why it did not begin. */
  async #stream(exchange: Exchange, { workspace, hub: meant }: CallHeaders): Promise<Refusal | undefined> {
    const { response, signal } = exchange;
    const { hub } = this.#options;
    const feed = new ChangeFeed(response, systemClock);
    const listening = await hub.changes(workspace, (keys) => feed.add(keys));
    if (!listening.ok) return listening;
    // A hub that is being opened learns its id only now.
    const strange = meant !== undefined && hub.id !== undefined && meant !== hub.id;
    if (strange || signal.aborted) {
      listening.value();
      return strange ? otherHub(hub.id) : stopping;
    }
    response.writeHead(200, streamHeaders);
    feed.begin();
    await over(exchange);
    listening.value();
    feed.end();
    return undefined;
  }
}

/** Resolves when the reader has gone, or this process closes. */
const over = async ({ response, signal }: Exchange): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => resolve();
  signal.addEventListener('abort', end, { once: true });
  response.once('close', end);
  await promise;
  signal.removeEventListener('abort', end);
};

const stopping = refuse('stopping', 'This hub is stopping. Nothing was stored. Ask again in a moment.');

const tooMany = refuse(
  'overloaded',
  `There are ${changeStreamsMax} streams of changes, which is the limit. Nothing was stored. Close one that nobody reads, or ask again later.`,
  { streamsMax: changeStreamsMax },
);
