import type { Seq } from '../../kernel/entry.ts';
import type { Database } from './database.ts';
import { rest } from './session.ts';

/** What was appended, by whom. */
export interface Appended {
  /** The number of the journal. */
  readonly key: number;
  readonly seq: Seq;
  readonly sender: string;
}

/**
 * After it has told something, it gathers this long what to tell next. Those who write themselves are to know it soon, or they
 * decide on what has passed; for the others, telling takes less from those who write here when it is done less often.
 */
const gatherMs = { forWriters: 5, forReaders: 10 };

/**
 * Tells the other processes of the cluster what was appended, right after it was: not in the append itself, since
 * PostgreSQL lets only one transaction at a time commit a NOTIFY, in all its databases, and so every journal would wait for the
 * disk alone. Should a word be lost, the feeds find the entries when they look by themselves.
 */
export class Announcer {
  readonly #database: Database;
  readonly #channel: string;
  readonly #othersWrite: () => boolean;
  /** The last to be told, by journal and sender. */
  readonly #news = new Map<string, Appended>();
  readonly #closing = new AbortController();
  #telling: Promise<void> | undefined;

  /** `othersWrite`: whether other processes have written of late, as far as it is known here. */
  constructor(database: Database, channel: string, othersWrite: () => boolean) {
    this.#database = database;
    this.#channel = channel;
    this.#othersWrite = othersWrite;
  }

  /** While others write as well, it is on its way when this has resolved: they wait for it more than who called does. */
  async tell(appended: Appended): Promise<void> {
    this.#news.set(`${appended.key} ${appended.sender}`, appended);
    if (this.#telling !== undefined) return;
    this.#telling = this.#tell();
    if (this.#othersWrite()) await turn();
  }

  /** When all is told. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#telling;
  }

  async #tell(): Promise<void> {
    // Whoever called is answered first.
    if (!this.#othersWrite()) await turn();
    while (this.#news.size > 0) {
      const news = [...this.#news.values()].map(newsOf);
      this.#news.clear();
      try {
        await this.#database.once(this.#database.statements.announce, [this.#channel, news]);
      } catch {
        // Whoever reads or appends hears what is wrong, and the feeds look by themselves.
      }
      const { forWriters, forReaders } = gatherMs;
      await rest(this.#othersWrite() ? forWriters : forReaders, this.#closing.signal);
    }
    this.#telling = undefined;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const newsOf = ({ key, seq, sender }: Appended): string => `${key} ${seq} ${sender}`;

/** What is told, or undefined if it is nothing of ours. */
export const readNews = (news: string): Appended | undefined => {
  const [key, seq, sender] = news.split(' ');
  if (sender === undefined) return undefined;
  return { key: Number(key), seq: Number(seq), sender };
};
