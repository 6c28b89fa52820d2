import type { Outcome } from '../../kernel/errors.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type Connection, pause } from './connection.ts';
import { askState, itemsOf, type JournalState, stateOf } from './replies.ts';
import type { JournalKeys } from './keys.ts';
import type { Server } from './server.ts';

/** A store whose journal is watched. */
export interface Watcher {
  readonly keys: JournalKeys;
  /** Up to where nobody has to be told any more. */
  readonly told: () => Seq;
  /** Is shown the journal after something happened, and now and then; undefined when it is not there. */
  readonly look: (state: JournalState | undefined) => void;
}

/**
 * How long the server waits for news before it says that there are none. Then every watched journal is looked at, for a
 * journal that was emptied or exchanged makes no news.
 */
const waitMs = 1_000;
/** After news: what is appended meanwhile is one piece of news, however many write and however fast. */
const restMs = 4;
/** After a failure. Who may not wait for news, or cannot, looks as often as who waits in vain. */
const retryMs = 100;

/**
 * One blocking read for all journals that are watched in this process, on a connection of its own. It goes on from what
 * is known, so that nothing is missed that was appended while there was no connection.
 */
export class ChangeFeed {
  readonly #server: Server;
  readonly #watchers = new Set<Watcher>();
  readonly #closing = new AbortController();
  #connection: Connection | undefined;
  #following = false;
  /** How often it has changed what is watched. */
  #changes = 0;
  /** What the server calls the connection that waits. */
  #waiting: string | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    this.#interrupt();
    if (!this.#following) void this.#follow();
    return () => {
      if (this.#watchers.delete(watcher)) this.#interrupt();
    };
  }

  close(): void {
    this.#closing.abort();
    this.#watchers.clear();
    this.#connection?.close();
  }

  /**
   * Lets the read that waits begin anew, with the journals that are watched now. Should this user not be permitted to do
   * so, it ends within a second by itself.
   */
  #interrupt(): void {
    this.#changes += 1;
    if (this.#waiting !== undefined) void this.#server.run(['CLIENT', 'UNBLOCK', this.#waiting]);
  }

  async #follow(): Promise<void> {
    this.#following = true;
    const { signal } = this.#closing;
    let pauseMs = retryMs;
    while (this.#watchers.size > 0 && !signal.aborted) {
      const news = await this.#wait();
      if (signal.aborted) break;
      await this.#show(news.ok ? logsIn(news.value) : []);
      await pause(news.ok ? restMs : pauseMs, { signal, keepsAlive: false });
      pauseMs = news.ok ? retryMs : waitMs;
    }
    this.#following = false;
  }

  async #wait(): Promise<Outcome<unknown>> {
    const connection = this.#connected();
    const changes = this.#changes;
    const logs = new Map<string, Seq>();
    for (const { keys, told } of this.#watchers) {
      logs.set(keys.log, Math.min(told(), logs.get(keys.log) ?? Number.MAX_SAFE_INTEGER));
    }
    const identified = connection.run(['CLIENT', 'ID']);
    const read = connection.run(
      [
        'XREAD',
        'COUNT',
        '1',
        'BLOCK',
        String(waitMs),
        'STREAMS',
        ...logs.keys(),
        ...[...logs.values()].map((seq) => `0-${seq}`),
      ],
      waitMs + this.#server.answerMs,
    );
    const id = await identified;
    this.#waiting = id.ok ? String(id.value) : undefined;
    // Something else is watched than when the read was sent.
    if (changes !== this.#changes) this.#interrupt();
    const news = await read;
    this.#waiting = undefined;
    return news;
  }

  #connected(): Connection {
    if (this.#connection === undefined) {
      this.#connection = this.#server.another();
      this.#connection.begin();
    }
    return this.#connection;
  }

  /** Those of which there was news; where there was none of any, all. */
  async #show(logs: readonly string[]): Promise<void> {
    const watchers = [...this.#watchers].filter(({ keys }) => logs.length === 0 || logs.includes(keys.log));
    const states = await Promise.all(watchers.map(({ keys }) => this.#server.read(askState(keys.journal))));
    for (const [index, watcher] of watchers.entries()) {
      const state = states[index];
      if (state?.ok === true && this.#watchers.has(watcher)) watcher.look(stateOf(state.value));
    }
  }
}

/** The keys in what such a read brings. */
const logsIn = (news: unknown): readonly string[] =>
  itemsOf(news).flatMap((one) => {
    const [log] = itemsOf(one);
    return typeof log === 'string' ? [log] : [];
  });
