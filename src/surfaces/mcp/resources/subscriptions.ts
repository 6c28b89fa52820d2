import type { Server } from '@modelcontextprotocol/server';
import { type Outcome, refuse } from '../../../kernel/errors.ts';
import type { Following } from './followers.ts';
import { subscriptionsMax } from './limits.ts';
import type { Sink } from './updates.ts';
import type { Connected } from './watch.ts';

/** What the client of one connection has subscribed to. It ends with the connection of the server. */
export class Subscriptions {
  readonly #watch: Connected;
  readonly #sink: Sink;
  readonly #following = new Map<string, Following>();
  #tools: Following | undefined;

  constructor(server: Server, watch: Connected) {
    const { oninitialized, onclose } = server;
    // The promise of a notification that finds nobody any more.
    const report = (thrown: unknown): void => {
      server.onerror?.(thrown instanceof Error ? thrown : new Error(String(thrown)));
    };
    this.#watch = watch;
    this.#sink = {
      resourceUpdated: (uri) => void server.sendResourceUpdated({ uri }).catch(report),
      toolsChanged: () => void server.sendToolListChanged().catch(report),
    };
    server.oninitialized = () => {
      oninitialized?.();
      this.#followTools(report);
    };
    server.onclose = () => {
      onclose?.();
      this.#end();
    };
  }

  /** Resolves when everything from now on is told. */
  async add(uri: string): Promise<Outcome<unknown>> {
    const already = this.#following.get(uri);
    if (already !== undefined) return already.ready;
    if (this.#following.size >= subscriptionsMax) {
      return refuse(
        'limit_exceeded',
        `This connection is subscribed to ${subscriptionsMax} resources, which is the limit. Unsubscribe from one, or subscribe to signalbox://board, which changes with every task.`,
        { subscriptionsMax },
      );
    }
    const { updates, workspace } = this.#watch;
    const following = updates.follow(workspace, { uris: [uri], tools: false }, this.#sink);
    this.#following.set(uri, following);
    const ready = await following.ready;
    if (!ready.ok && this.#following.get(uri) === following) this.#following.delete(uri);
    return ready;
  }

  remove(uri: string): void {
    this.#following.get(uri)?.end();
    this.#following.delete(uri);
  }

  /** In these revisions a client is told of new tools without having asked. */
  #followTools(report: (thrown: unknown) => void): void {
    const { updates, workspace, toolsMayChange } = this.#watch;
    if (!toolsMayChange || this.#tools !== undefined) return;
    this.#tools = updates.follow(workspace, { uris: [], tools: true }, this.#sink);
    void this.#tools.ready.then((ready) => {
      if (!ready.ok) report(new Error(`changes of the tools are not told: ${ready.message}`));
    });
  }

  #end(): void {
    this.#tools?.end();
    for (const following of this.#following.values()) following.end();
    this.#following.clear();
  }
}
