import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Creation, type JournalName, type Storage, hubJournal } from '../../journal/storage.ts';
import { StoreFailure } from '../../journal/store.ts';
import { type SubjectKeys, joinKeys } from '../../journal/subject-keys.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { faultOf, isNamed, refusalOf } from './failures.ts';
import { keysOf, walOf } from './format.ts';
import { removeJournal, replaceJournal } from './removal.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { SqliteSubjectKeys } from './subject-keys.ts';
import { readWatermark } from './watermark.ts';

const suffix = '.journal';
const folder = 'workspaces';

/** The file of a journal in its data directory. */
export const journalFile = (dataDir: string, name: JournalName): string => join(dataDir, `${name}${suffix}`);

/** Journals as files of a data directory, which has to be there when one is made. */
export const sqliteStorage = ({ dataDir }: { readonly dataDir: string }): Storage =>
  new SqliteStorage(dataDir);

class SqliteStorage implements Storage {
  readonly kind = 'sqlite';
  readonly place: string;

  constructor(dataDir: string) {
    this.place = dataDir;
  }

  readonly placeOf = (name: JournalName): string => this.#path(name);

  readonly open = (name: JournalName, create: Creation): ReturnType<typeof openSqliteStore> =>
    openSqliteStore({ path: this.#path(name), create });

  readonly names = async (): Promise<Outcome<readonly JournalName[]>> => {
    const hub = await this.wasBegun(hubJournal);
    if (!hub.ok) return hub;
    const names: JournalName[] = hub.value ? [hubJournal] : [];
    try {
      for (const file of (await readdir(join(this.place, folder))).toSorted()) {
        if (file.endsWith(suffix)) names.push(`${folder}/${file.slice(0, -suffix.length)}`);
      }
    } catch (error) {
      if (!isNamed(error, 'ENOENT')) return refusalOf(join(this.place, folder), faultOf(error));
    }
    return ok(names);
  };

  /** What lies beside a journal tells of it when the journal itself is gone. */
  readonly wasBegun = async (name: JournalName): Promise<Outcome<boolean>> => {
    const path = this.#path(name);
    try {
      return ok((await bytesIn(path)) !== undefined || readWatermark(path) !== undefined);
    } catch (error) {
      return refusalOf(path, faultOf(error));
    }
  };

  readonly bytesOf = async (name: JournalName): Promise<number> => {
    const path = this.#path(name);
    const [own, log] = await Promise.all([bytesIn(path), bytesIn(walOf(path))]);
    return (own ?? 0) + (log ?? 0);
  };

  readonly remove = async (name: JournalName): Promise<Outcome<true>> => removeJournal(this.#path(name));

  readonly replace = async (to: JournalName, from: JournalName, endsAt?: Seq): Promise<Outcome<true>> => {
    const [old, next] = [this.#path(to), this.#path(from)];
    try {
      // Before the entries that need them are there.
      await joinKeys(new SqliteSubjectKeys(keysOf(old)), new SqliteSubjectKeys(keysOf(next)));
    } catch (failure) {
      if (failure instanceof StoreFailure) return failure.refusal;
      throw failure;
    }
    return replaceJournal({ to: old, from: next, endsAt });
  };

  readonly keysLeft = (name: JournalName): SubjectKeys => new SqliteSubjectKeys(keysOf(this.#path(name)));

  readonly close = async (): Promise<void> => {};

  #path(name: JournalName): string {
    return journalFile(this.place, name);
  }
}

/** What a file takes; undefined when it is not there. */
const bytesIn = async (path: string): Promise<number | undefined> => {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isNamed(error, 'ENOENT') || isNamed(error, 'ENOTDIR')) return undefined;
    throw error;
  }
};
