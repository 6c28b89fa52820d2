import type { Clock } from '../../engine/clock.ts';
import type { Refusal } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';
import { type Hub, otherHub } from '../hub.ts';
import { noEvents } from '../hub-events.ts';
import { OpenStreams } from '../open-streams.ts';
import { EventFeed } from './event-feed.ts';
import { type EventsRequest, readEventsRequest } from './events-request.ts';
import type { Exchange } from './exchange.ts';
import { eventStreamsMax, eventStreamsPerPrincipalMax } from './limits.ts';
import { refusedRateHeaders } from './rate-headers.ts';
import { streamHeaders } from './sse.ts';
import { isOver, noLongerGood, over, stopping } from './streaming.ts';

interface EventsRouteOptions {
  readonly hub: Hub;
  readonly clock: Clock;
}

/** `GET /v1/events`: the journal of a workspace as server-sent events, one for each entry that the caller may see. */
export class EventsRoute {
  readonly #options: EventsRouteOptions;
  readonly #streams = new OpenStreams(
    { streamsMax: eventStreamsMax, streamsPerPrincipalMax: eventStreamsPerPrincipalMax },
    'Close one that nobody reads, or ask again later.',
  );

  constructor(options: EventsRouteOptions) {
    this.#options = options;
  }

  /** @param caller - who asks when the headers say nothing more. */
  async answer(exchange: Exchange, caller: Caller): Promise<void> {
    const asked = readEventsRequest(exchange.request, caller);
    if (!asked.ok) return exchange.refuse(asked);
    const admitted = this.#streams.admit(asked.value.caller.principal);
    if (!admitted.ok) return exchange.refuse(admitted);
    try {
      const refusal = await this.#stream(exchange, asked.value);
      if (refusal !== undefined) exchange.refuse(refusal, refusedRateHeaders(refusal));
    } finally {
      admitted.value();
    }
  }

  /** Resolves once the stream has ended, or with the reason why it did not begin. */
  async #stream(exchange: Exchange, asked: EventsRequest): Promise<Refusal | undefined> {
    const { response, signal } = exchange;
    const { hub, clock } = this.#options;
    const opened = await (hub.events?.(asked) ?? noEvents);
    if (!opened.ok) return opened;
    // A hub that is being opened learns its id only now.
    if (asked.hub !== undefined && hub.id !== undefined && asked.hub !== hub.id) return otherHub(hub.id);
    if (signal.aborted) return stopping;
    const { caller } = asked;
    if (isOver(caller)) return noLongerGood;
    response.writeHead(200, { ...streamHeaders, Connection: 'close' });
    const feed = new EventFeed({ reader: opened.value, output: response, clock });
    void over(exchange, caller).then(() => {
      if (isOver(caller)) feed.end(noLongerGood.code, noLongerGood.message);
      else if (exchange.closing)
        feed.end(stopping.code, 'This hub is stopping. Open the stream again in a moment.');
      else feed.leave();
    });
    await feed.run();
    return undefined;
  }
}
