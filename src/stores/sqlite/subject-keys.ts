import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { StoreFailure } from '../../journal/store.ts';
import type { Erasable, FreshKey, Subject, SubjectKey, SubjectKeys } from '../../journal/subject-keys.ts';
import { assert } from '../../kernel/assert.ts';
import { type ErrorCode, refuse } from '../../kernel/errors.ts';
import { closeQuietly, connect } from './connection.ts';
import { faultOf } from './failures.ts';
import { makeFile } from './office.ts';

const busyMs = 5_000;

/** What may be over when it is tried again; anything else is no reason to give up the journal. */
const passing: readonly ErrorCode[] = ['storage_busy', 'storage_full', 'storage_read_only'];

const all = 'select id, principal, agent, secret, retired from keys';
const row = 'keys (id, principal, agent, secret, retired) values (?, ?, ?, ?, ?)';

/** What is deleted is overwritten, and no log keeps it: the journal of a change goes with the change. */
const settings = 'pragma journal_mode = delete; pragma synchronous = extra; pragma secure_delete = on;';

const schema = `
  create table if not exists keys (
    id text primary key,
    principal text,
    agent text,
    secret blob,
    retired integer not null
  ) strict;
`;

/**
 * Keys in a small SQLite file beside the journal, made with the first of them. They are asked for seldom, so nothing
 * stays open. A destroyed key leaves its id.
 */
export class SqliteSubjectKeys implements SubjectKeys {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  readonly load = async (): Promise<readonly SubjectKey[]> =>
    existsSync(this.#path) ? this.#read((database) => database.prepare(all).all().map(keyOf)) : [];

  readonly ensure = async (fresh: readonly FreshKey[]): Promise<readonly SubjectKey[]> => {
    const there = existsSync(this.#path) ? this.#read((database) => current(database, fresh)) : [];
    const known = there.filter((key) => key !== undefined);
    if (known.length === fresh.length) return known;
    return this.#within((database) => {
      const add = database.prepare(`insert into ${row}`);
      const now = current(database, fresh);
      return fresh.map(({ id, subject, secret }, i) => {
        const { principal, agent = null } = subject;
        const key = now[i];
        if (key !== undefined) return key;
        add.run(id, principal, agent, secret, 0);
        return { id, subject, secret, retired: false };
      });
    });
  };

  readonly retire = async (of: Erasable): Promise<readonly string[]> => {
    if (!existsSync(this.#path)) return [];
    const [column, name] = 'principal' in of ? ['principal', of.principal] : ['agent', of.agent];
    return this.#within((database) => {
      const living = `${column} = ? and secret is not null`;
      const ids = database
        .prepare(`${all} where ${living}`)
        .all(name)
        .map((one) => keyOf(one).id);
      database.prepare(`update keys set retired = 1 where ${living}`).run(name);
      return ids;
    });
  };

  readonly destroy = async (ids: readonly string[]): Promise<void> => {
    if (ids.length === 0) return;
    const destroyed = new Set(
      (await this.load()).flatMap(({ id, secret }) => (secret === undefined ? [id] : [])),
    );
    const living = ids.filter((id) => !destroyed.has(id));
    if (living.length === 0) return;
    this.#within((database) => {
      const destroy = database.prepare(
        `insert into keys (id, retired) values (?, 1)
         on conflict (id) do update set secret = null, retired = 1`,
      );
      for (const id of living) destroy.run(id);
    });
  };

  readonly adopt = async (keys: readonly SubjectKey[]): Promise<void> => {
    if (keys.length === 0) return;
    this.#within((database) => {
      const add = database.prepare(`insert or ignore into ${row}`);
      for (const { id, subject, secret, retired } of keys)
        add.run(id, subject?.principal ?? null, subject?.agent ?? null, secret ?? null, Number(retired));
    });
  };

  /** A file that was just begun, or in which a change was broken off, has to be mended before it can be read. */
  #read<T>(action: (database: DatabaseSync) => T): T {
    let database: DatabaseSync | undefined;
    try {
      database = connect(this.#path, { purpose: 'read', busyMs });
      return action(database);
    } catch {
      return this.#within(action);
    } finally {
      closeQuietly(database);
    }
  }

  #within<T>(action: (database: DatabaseSync) => T): T {
    let database: DatabaseSync | undefined;
    try {
      makeFile(this.#path);
      database = connect(this.#path, { purpose: 'write', busyMs });
      database.exec(`${settings} begin immediate; ${schema}`);
      const result = action(database);
      database.exec('commit');
      return result;
    } catch (thrown) {
      const { code, reason } = faultOf(thrown);
      throw new StoreFailure(
        refuse(
          passing.includes(code) ? code : 'storage_failed',
          `The keys of personal text in ${this.#path} cannot be reached. Nothing was stored. ${reason}`,
          { path: this.#path },
        ),
      );
    } finally {
      closeQuietly(database);
    }
  }
}

const current = (database: DatabaseSync, wanted: readonly FreshKey[]): (SubjectKey | undefined)[] => {
  const find = database.prepare(`${all} where principal = ? and agent is ? and retired = 0`);
  return wanted.map(({ subject: { principal, agent = null } }) => {
    const found = find.get(principal, agent);
    return found && keyOf(found);
  });
};

const keyOf = ({ id, principal, agent, secret, retired }: Readonly<Record<string, unknown>>): SubjectKey => {
  assert(typeof id === 'string', 'a key has an id');
  assert(secret === null || secret instanceof Uint8Array, 'a key is bytes, or was destroyed');
  return { id, subject: subjectIn(principal, agent), secret: secret ?? undefined, retired: retired !== 0 };
};

const subjectIn = (principal: unknown, agent: unknown): Subject | undefined => {
  if (typeof principal !== 'string') return undefined;
  return typeof agent === 'string' ? { principal, agent } : { principal };
};
