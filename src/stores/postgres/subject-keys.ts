import { DatabaseError } from 'pg';
import { StoreFailure } from '../../journal/store.ts';
import {
  type Erasable,
  type FreshKey,
  type SubjectKey,
  type SubjectKeys,
  subjectName,
} from '../../journal/subject-keys.ts';
import { assert } from '../../kernel/assert.ts';
import type { Database, Session } from './database.ts';
import { missingJournal } from './missing-journal.ts';
import { optionalText } from './rows.ts';
import type { Row } from './session.ts';

/** Others who write keys wait behind the sweeping, which waits itself while somebody reads them: so not for long. */
const sweepPatienceMs = 500;

/** Two subjects got keys of their own at the same moment. */
const takenState = '23505';
const triesMax = 5;

/** Keys in a table beside the journals, each change in one statement. All of it can be done twice. */
export class PostgresSubjectKeys implements SubjectKeys {
  readonly #database: Database;
  readonly #journal: number;

  constructor(database: Database, journal: number) {
    this.#database = database;
    this.#journal = journal;
  }

  readonly load = async (): Promise<readonly SubjectKey[]> => {
    const { loadKeys } = this.#database.statements;
    return (await this.#database.read(loadKeys, [this.#journal])).map(keyOf);
  };

  readonly ensure = async (fresh: readonly FreshKey[]): Promise<readonly SubjectKey[]> => {
    const { ensureKeys } = this.#database.statements;
    const rows = await this.#database.read(ensureKeys, [
      this.#journal,
      fresh.map(({ id }) => id),
      fresh.map(({ subject }) => subject.principal),
      fresh.map(({ subject }) => subject.agent ?? null),
      fresh.map(({ secret }) => Buffer.from(secret)),
    ]);
    const kept = new Map(rows.map(keyOf).map((key) => [key.subject && subjectName(key.subject), key]));
    const keys = fresh.flatMap(({ subject }) => kept.get(subjectName(subject)) ?? []);
    if (keys.length < fresh.length) throw new StoreFailure(await missingJournal(this.#database));
    return keys;
  };

  readonly retire = async (of: Erasable): Promise<readonly string[]> => {
    const { retireKeys } = this.#database.statements;
    const names = 'principal' in of ? [of.principal, null] : [null, of.agent];
    const rows = await this.#database.read(retireKeys, [this.#journal, ...names]);
    return rows.map(([id]) => String(id));
  };

  readonly destroy = async (ids: readonly string[]): Promise<void> => {
    if (ids.length === 0) return;
    await this.#database.read(this.#database.statements.destroyKeys, [this.#journal, ids]);
    await this.#sweep();
  };

  readonly adopt = async (keys: readonly SubjectKey[]): Promise<void> => {
    if (keys.length === 0) return;
    const { adoptKeys } = this.#database.statements;
    const values = [
      this.#journal,
      keys.map(({ id }) => id),
      keys.map(({ subject }) => subject?.principal ?? null),
      keys.map(({ subject }) => subject?.agent ?? null),
      keys.map(({ secret }) => secret && Buffer.from(secret)),
      keys.map(({ retired }) => retired),
    ];
    await this.#database.patiently(async () => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await this.#database.once(adoptKeys, values);
        } catch (thrown) {
          const isTaken = thrown instanceof DatabaseError && thrown.code === takenState;
          if (!isTaken || tries === triesMax) throw thrown;
        }
      }
    });
  };

  /**
   * An update leaves what was there before in the table, for as long as the server likes. They are destroyed as far as
   * anybody can ask, so what stands in the way of this (permission, a reader) is no failure.
   */
  async #sweep(): Promise<void> {
    const { sweepKeys, tidyKeys } = this.#database.statements;
    let session: Session | undefined;
    try {
      session = await this.#database.session();
      await session.ask({ text: `set lock_timeout = ${sweepPatienceMs}` });
      const { ask } = session;
      await ask({ text: sweepKeys.text }).catch(() => ask({ text: tidyKeys.text }));
    } catch {
      // The server does it by itself sooner or later.
    } finally {
      session?.close();
    }
  }
}

const keyOf = ([id, principal, agent, secret, retired]: Row): SubjectKey => {
  assert(secret === null || secret instanceof Uint8Array, 'a key is bytes, or was destroyed');
  const [whose, by] = [optionalText(principal), optionalText(agent)];
  return {
    id: String(id),
    subject: whose === undefined ? undefined : { principal: whose, ...(by !== undefined && { agent: by }) },
    secret: secret ?? undefined,
    retired: retired === true,
  };
};
