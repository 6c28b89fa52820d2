import type { StatementSync } from 'node:sqlite';
import type { Head } from '../../journal/head.ts';
import { isDamage, NotWhole } from './damage.ts';
import { close, inodeOf, type OpenFile, openFile, openMemory, removeFiles, replaceFile } from './file.ts';
import {
  type Addition,
  type IndexSettings,
  type IndexState,
  type IndexWork,
  type Looked,
  type Lookup,
  isSame,
} from './messages.ts';
import { wordsOf } from './words.ts';

/**
 * FTS5 keeps no copy of the texts (`content = ''`): they stand in the journal, and excerpts are made from there.
 *
 * Measured over a million entries of 5 to 55 words, a search for a word that four fifths of them have: ranking all
 * takes 450 ms, ranking the newest 20,000 takes 30 ms, counting all 40 ms. Filters as words of a second column cost up
 * to 100 ms there; a join with a table of areas and agents would look at each entry that has the word. An index of the
 * beginnings of words (`prefix`) makes building three times slower.
 */
const statements = {
  standing: 'select seq, chain from standing',
  advance: 'insert or replace into standing (id, seq, chain) values (1, ?, ?)',
  insert: 'insert into words (rowid, text, tags) values (?, ?, ?)',
  count: 'select count(*) as total from words where words match ? and rowid > ? and rowid < ?',
  page: `
    select seq, score from (
      select rowid as seq, bm25(words, 1.0, 0.0) as score from words
      where words match ? and rowid > ? and rowid < ? order by rowid desc limit ?
    ) order by score, seq desc limit ? offset ?`,
} as const;

/** Between two texts of an entry: a word to the index, but none that anybody can look for. */
const textBorder = ' ¶ ';

type Prepared = Readonly<Record<keyof typeof statements, StatementSync>>;

interface Open extends OpenFile {
  readonly prepared: Prepared;
}

/** The index of one journal, as the thread that works on it has it. Every call looks at the file anew. */
export class IndexFile {
  readonly #settings: IndexSettings;
  readonly #note: (note: string) => void;
  #open: Open | undefined;

  constructor(settings: IndexSettings, note: (note: string) => void) {
    this.#settings = settings;
    this.#note = note;
  }

  /** What is damaged is made anew, once; the work then finds an empty index. Throws what SQLite throws. */
  do(work: IndexWork): IndexState {
    try {
      return this.#do(work);
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
      const { path, inMemory } = this.#settings;
      const damaged = this.#open?.inode ?? inodeOf(path);
      this.close();
      if (!inMemory) replaceFile(path, damaged);
      this.#note(`the full-text index ${path} was damaged (${String(thrown)}) and is built anew`);
      return this.#do(work);
    }
  }

  close(): void {
    if (this.#open !== undefined) close(this.#open.database);
    this.#open = undefined;
  }

  #do(work: IndexWork): IndexState {
    if (work.kind === 'forget') {
      this.close();
      removeFiles(this.#settings.path);
      return { at: this.#settings.start };
    }
    const open = this.#current();
    switch (work.kind) {
      case 'stand':
        return { at: this.#standing(open) };
      case 'add':
        return { at: this.#within(open, 'immediate', () => this.#add(open, work.addition)) };
      case 'reset':
        return { at: this.#within(open, 'immediate', () => this.#reset(open, work.at)) };
      case 'search':
        return this.#within(open, 'deferred', () => ({
          at: this.#standing(open),
          looked: looked(open, work.lookup),
        }));
    }
  }

  #current(): Open {
    const { path, inMemory } = this.#settings;
    if (this.#open !== undefined && (inMemory || this.#open.inode === inodeOf(path))) return this.#open;
    this.close();
    const file = inMemory ? openMemory(path, this.#note) : openFile(path, this.#note);
    try {
      const prepare = (text: string): StatementSync => file.database.prepare(text);
      this.#open = {
        ...file,
        prepared: {
          standing: prepare(statements.standing),
          advance: prepare(statements.advance),
          insert: prepare(statements.insert),
          count: prepare(statements.count),
          page: prepare(statements.page),
        },
      };
      return this.#open;
    } catch (thrown) {
      close(file.database);
      throw thrown;
    }
  }

  #standing({ prepared }: Open): Head {
    const row = prepared.standing.get();
    if (row === undefined) return this.#settings.start;
    const { seq, chain } = row;
    if (typeof seq !== 'number' || typeof chain !== 'string')
      throw new NotWhole('it does not say where it stands');
    return { seq, chain };
  }

  /** Where the index stands now: behind the addition, or where others have brought it. */
  #add(open: Open, { after, head, documents }: Addition): Head {
    const at = this.#standing(open);
    if (!isSame(at, after)) return at;
    for (const { seq, texts, tags } of documents) {
      open.prepared.insert.run(seq, texts.map((text) => wordsOf(text).join(' ')).join(textBorder), tags);
    }
    open.prepared.advance.run(head.seq, head.chain);
    return head;
  }

  #reset(open: Open, at: Head): Head {
    const now = this.#standing(open);
    if (!isSame(now, at)) return now;
    open.database.exec("insert into words (words) values ('delete-all'); delete from standing");
    return this.#settings.start;
  }

  #within<T>({ database }: Open, mode: 'immediate' | 'deferred', action: () => T): T {
    database.exec(`begin ${mode}`);
    try {
      const result = action();
      database.exec('commit');
      return result;
    } catch (thrown) {
      if (database.isTransaction) database.exec('rollback');
      throw thrown;
    }
  }
}

const looked = ({ prepared }: Open, { match, since, before, limit, offset, rankedMax }: Lookup): Looked => {
  const rows = prepared.page.all(match, since, before, rankedMax, limit, offset);
  return {
    seqs: rows.map(({ seq }) => Number(seq)),
    scores: rows.map(({ score }) => -Number(score)),
    total: Number(prepared.count.get(match, since, before)?.['total']),
  };
};
