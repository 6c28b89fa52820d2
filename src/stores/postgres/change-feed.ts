import type { Seq } from '../../kernel/entry.ts';
import { readNews } from './announcer.ts';
import type { Database, Session } from './database.ts';
import { backoffMs, rest } from './session.ts';
import { seqOf } from './rows.ts';

/** A store whose listeners want to hear what others append. */
export interface Watcher {
  /** The number of its journal. */
  readonly key: number;
  /** What its own appends are signed with. */
  readonly sender: string;
  /** The last entry that it had looked at when it began to watch. */
  readonly since: Seq;
  /** The last entry that it has written itself. */
  readonly own: () => Seq;
  readonly ring: () => void;
}

interface Watched {
  readonly watcher: Watcher;
  /** The last entry that it was woken for. */
  rung: Seq;
}

/** Others whose entries were told this recently are at work. */
const recentMs = 1_000;
/** How often the heads are looked at, in case the word of an append was lost; that also finds a dead connection. */
const lookMs = 1_000;

/**
 * Hears over one connection what is appended to any journal of the cluster, and wakes who watches it. Whenever the
 * connection was made anew, and once a second, the heads are compared as well, so that nothing is missed for long.
 */
export class ChangeFeed {
  readonly #database: Database;
  readonly #channel: string;
  readonly #watched = new Set<Watched>();
  readonly #closing = new AbortController();
  #running = false;
  /** When somebody else was last heard to have written. */
  #heardAt = Number.NEGATIVE_INFINITY;
  #session: Session | undefined;
  /** Ends the rest before the next look. */
  #hurry = new AbortController();

  constructor(database: Database, channel: string) {
    this.#database = database;
    this.#channel = channel;
  }

  /** Wakes the watcher from now on; gives the way to end that. */
  add(watcher: Watcher): () => void {
    const watched = { watcher, rung: watcher.since };
    this.#watched.add(watched);
    if (!this.#running) void this.#run();
    // What came between its last look and now has not been told to it.
    this.#hurry.abort();
    return () => void this.#watched.delete(watched);
  }

  /** Whether others have written of late to a journal that is watched here. */
  get hearsOthers(): boolean {
    return performance.now() - this.#heardAt < recentMs;
  }

  close(): void {
    this.#watched.clear();
    this.#closing.abort();
    this.#hurry.abort();
    this.#session?.close();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let attempts = 0; !this.#closing.signal.aborted; attempts += 1) {
      try {
        const session = await this.#database.session();
        this.#session = session;
        try {
          await this.#follow(session, () => {
            attempts = 0;
          });
        } finally {
          session.close();
        }
      } catch {
        // Whoever reads or appends hears what is wrong; here it only matters to come back.
      }
      await rest(backoffMs(attempts), this.#closing.signal);
    }
  }

  /** Until the connection ends. */
  async #follow(session: Session, begun: () => void): Promise<void> {
    session.client.on('notification', ({ payload }) => this.#hear(payload ?? ''));
    await session.ask({ text: `listen "${this.#channel}"` });
    let over = false;
    void session.ended.then(() => {
      over = true;
      this.#hurry.abort();
    });
    begun();
    while (!over && !this.#closing.signal.aborted) {
      this.#hurry = new AbortController();
      await this.#look(session);
      await rest(lookMs, this.#hurry.signal);
    }
  }

  #hear(news: string): void {
    const told = readNews(news);
    for (const watched of this.#watched) {
      const { key, sender } = watched.watcher;
      if (key === told?.key && sender !== told.sender) this.#hearOf(watched, told.seq);
    }
  }

  async #look(session: Session): Promise<void> {
    if (this.#watched.size === 0) return;
    const keys = [...new Set([...this.#watched].map(({ watcher }) => watcher.key))];
    const rows = await session.ask(this.#database.statements.heads, [keys]);
    const heads = new Map(rows.map(([key, seq]) => [key, seqOf(seq)]));
    for (const watched of this.#watched) {
      const head = heads.get(watched.watcher.key) ?? 0;
      if (head > watched.watcher.own()) wake(watched, head);
    }
  }

  #hearOf(watched: Watched, seq: Seq): void {
    this.#heardAt = performance.now();
    wake(watched, seq);
  }
}

const wake = (watched: Watched, seq: Seq): void => {
  if (seq <= watched.rung) return;
  watched.rung = seq;
  watched.watcher.ring();
};
