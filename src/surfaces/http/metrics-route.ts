import type { Caller } from '../../kernel/operation.ts';
import { type Hub, unmeasured } from '../hub.ts';
import type { Exchange } from './exchange.ts';
import { refusedRateHeaders } from './rate-headers.ts';

/** `GET /metrics` and `GET /v1/service-levels`: what a hub measures of its own work, for whom that is. */
export class MetricsRoute {
  readonly #hub: Hub;

  constructor({ hub }: { readonly hub: Hub }) {
    this.#hub = hub;
  }

  async metrics(exchange: Exchange, caller: Caller): Promise<void> {
    const page = await (this.#hub.metrics?.(caller) ?? unmeasured);
    if (page.ok) exchange.text(200, page.value.text, page.value.type);
    else exchange.refuse(page, refusedRateHeaders(page));
  }

  async serviceLevels(exchange: Exchange, caller: Caller): Promise<void> {
    const levels = await (this.#hub.serviceLevels?.(caller) ?? unmeasured);
    if (levels.ok) exchange.json(200, JSON.stringify(levels.value));
    else exchange.refuse(levels, refusedRateHeaders(levels));
  }
}
