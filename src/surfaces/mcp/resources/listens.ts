import {
  type JSONRPCMessage,
  type JSONRPCNotification,
  type RequestId,
  SUBSCRIPTION_ID_META_KEY,
  type Transport,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { isRecord } from '../../../kernel/json.ts';
import type { Following, Updates, Wanted } from './followers.ts';
import { subscriptionsMax } from './limits.ts';
import type { Sink } from './updates.ts';
import { isFollowable } from './uris.ts';

const filterSchema = z.looseObject({
  toolsListChanged: z.boolean().optional(),
  resourceSubscriptions: z.array(z.string()).optional(),
});

type Filter = z.infer<typeof filterSchema>;

const listenSchema = z.looseObject({
  method: z.literal('subscriptions/listen'),
  params: z.looseObject({ notifications: filterSchema }),
});

export interface Listen {
  readonly wanted: Wanted;
  /** The request for no more than will be told, so that what is acknowledged is true. */
  readonly request: unknown;
}

/** What a message asks to be told of, if it is a request to listen; of what cannot be told, nothing. */
export const listenIn = (message: unknown): Listen | undefined => {
  const parsed = listenSchema.safeParse(message);
  if (!parsed.success) return undefined;
  const { params } = parsed.data;
  const notifications = possible(params.notifications, subscriptionsMax);
  return {
    wanted: wantedBy(notifications),
    request: { ...parsed.data, params: { ...params, notifications } },
  };
};

/** Resources that there are, each once, and not more than `urisMax`. */
const possible = ({ resourceSubscriptions, ...others }: Filter, urisMax: number): Filter => {
  const uris = [...new Set(resourceSubscriptions?.filter(isFollowable))].slice(0, urisMax);
  return { ...others, ...(uris.length > 0 && { resourceSubscriptions: uris }) };
};

const wantedBy = ({ toolsListChanged = false, resourceSubscriptions = [] }: Filter): Wanted => ({
  uris: resourceSubscriptions,
  tools: toolsListChanged,
});

export interface ListensOptions {
  readonly updates: Updates;
  readonly workspace: string | undefined;
}

/**
 * A pipe on which `subscriptions/listen` is kept. The SDK acknowledges such a request before a server sees it, and then
 * waits for somebody to send what was asked for: that is done here, from the acknowledgement until it is cancelled or
 * the pipe closes. Every other message passes as it is.
 */
export class ListeningTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: NonNullable<Transport['onmessage']>;
  readonly #wire: Transport;
  readonly #options: ListensOptions;
  readonly #listens = new Map<RequestId, { readonly uris: number; readonly following: Following }>();

  constructor(wire: Transport, options: ListensOptions) {
    this.#wire = wire;
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#wire.onmessage = (message, extra) => {
      const cancelled = cancelledIn(message);
      if (cancelled !== undefined) this.#end(cancelled);
      this.onmessage?.(message, extra);
    };
    this.#wire.onerror = (error) => this.onerror?.(error);
    this.#wire.onclose = () => {
      this.#endAll();
      this.onclose?.();
    };
    await this.#wire.start();
  }

  async send(message: JSONRPCMessage, options?: Parameters<Transport['send']>[1]): Promise<void> {
    const acknowledged = acknowledgedIn(message);
    if (acknowledged !== undefined) return this.#acknowledge(acknowledged);
    // The result of a request to listen says that it has ended.
    if ('id' in message && !('method' in message) && message.id !== undefined) this.#end(message.id);
    return this.#wire.send(message, options);
  }

  async close(): Promise<void> {
    this.#endAll();
    await this.#wire.close();
  }

  /** Acknowledges what will be told, and not before it would be. */
  async #acknowledge({ id, filter }: Acknowledged): Promise<void> {
    this.#end(id);
    const taken = [...this.#listens.values()].reduce((sum, { uris }) => sum + uris, 0);
    const notifications = possible(filter, subscriptionsMax - taken);
    const wanted = wantedBy(notifications);
    const nothing = wanted.uris.length === 0 && !wanted.tools;
    if (!nothing) {
      const following = this.#options.updates.follow(this.#options.workspace, wanted, this.#sinkOf(id));
      const listen = { uris: wanted.uris.length, following };
      this.#listens.set(id, listen);
      const ready = await following.ready;
      if (this.#listens.get(id) !== listen) return;
      if (!ready.ok) {
        this.#listens.delete(id);
        this.onerror?.(new Error(`changes are not told: ${ready.message}`));
        return this.#notify(id, acknowledgement, { notifications: {} });
      }
    }
    return this.#notify(id, acknowledgement, { notifications });
  }

  #sinkOf(id: RequestId): Sink {
    const tell = (method: string, params: Readonly<Record<string, unknown>>): void => {
      this.#notify(id, method, params).catch((thrown: unknown) => {
        this.onerror?.(thrown instanceof Error ? thrown : new Error(String(thrown)));
      });
    };
    return {
      resourceUpdated: (uri) => tell('notifications/resources/updated', { uri }),
      toolsChanged: () => tell('notifications/tools/list_changed', {}),
    };
  }

  #notify(id: RequestId, method: string, params: Readonly<Record<string, unknown>>): Promise<void> {
    const stamped = { ...params, _meta: { [SUBSCRIPTION_ID_META_KEY]: id } };
    return this.#wire.send({ jsonrpc: '2.0', method, params: stamped });
  }

  #end(id: RequestId): void {
    this.#listens.get(id)?.following.end();
    this.#listens.delete(id);
  }

  #endAll(): void {
    for (const id of this.#listens.keys()) this.#end(id);
  }
}

const acknowledgement = 'notifications/subscriptions/acknowledged';

interface Acknowledged {
  readonly id: RequestId;
  readonly filter: Filter;
}

const acknowledgedIn = (message: JSONRPCMessage): Acknowledged | undefined => {
  if (!isNotification(message, acknowledgement)) return undefined;
  const { _meta: meta, notifications } = message.params ?? {};
  const id = isRecord(meta) ? requestIdIn(meta[SUBSCRIPTION_ID_META_KEY]) : undefined;
  const filter = filterSchema.safeParse(notifications);
  return id !== undefined && filter.success ? { id, filter: filter.data } : undefined;
};

const cancelledIn = (message: JSONRPCMessage): RequestId | undefined =>
  isNotification(message, 'notifications/cancelled') ? requestIdIn(message.params?.['requestId']) : undefined;

const isNotification = (message: JSONRPCMessage, method: string): message is JSONRPCNotification =>
  'method' in message && !('id' in message) && message.method === method;

const requestIdIn = (value: unknown): RequestId | undefined =>
  typeof value === 'string' || typeof value === 'number' ? value : undefined;
