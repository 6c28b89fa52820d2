import { readFileSync } from 'node:fs';
import { StoreFailure } from '../../journal/store.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { noJournals } from '../../journal/refusals.ts';
import { refusalOf } from './failures.ts';
import type { Ask, Database } from './database.ts';
import { lockNumber } from './names.ts';

interface Migration {
  readonly number: number;
  /** Programs that do not know it would do harm. */
  readonly breaking: boolean;
  readonly file: URL;
}

/** Every step that the tables have come by, in order. One that was published is never changed. */
const migrations: readonly Migration[] = [
  { number: 1, breaking: true, file: new URL('./migrations/0001-journals.sql', import.meta.url) },
  { number: 2, breaking: true, file: new URL('./migrations/0002-subject-keys.sql', import.meta.url) },
];

/** The steps that were done in a schema; undefined where there are no tables of ours. */
type Done = readonly { readonly number: number; readonly breaking: boolean }[] | undefined;

/**
 * Brings the tables of a cluster up to what this version knows. Tables that are newer are used as they are unless a step
 * says that older programs would do harm.
 */
export const migrate = async (
  database: Database,
  { mayPrepare = true }: { readonly mayPrepare?: boolean },
): Promise<Outcome<true>> => {
  try {
    const done = await database.patiently(() => doneIn(database));
    const refused = tooNew(database, done);
    if (refused !== undefined) return refused;
    if (done === undefined && !mayPrepare) return noJournals(placeIn(database));
    if (migrations.every(({ number }) => done?.some((step) => step.number === number))) return ok(true);
    return await database.patiently(() => apply(database));
  } catch (thrown) {
    return refusalOf(database.address, thrown);
  }
};

/** For people. */
export const placeIn = ({ address, schema }: Pick<Database, 'address' | 'schema'>): string =>
  `${address.place} (schema ${schema})`;

const doneIn = (database: Database): Promise<Done> => database.transaction((ask) => read(database, ask));

const read = async (database: Database, ask: Ask): Promise<Done> => {
  const { schema } = database;
  const [found] = await ask(looking, [schema, columnNames]);
  if (found?.[0] !== columnNames.length) {
    if (found?.[1] === true) throw new StoreFailure(strange(database));
    return undefined;
  }
  const rows = await ask({ text: `select number, breaking from ${schema}.migrations` });
  return rows.map(([number, breaking]) => ({ number: Number(number), breaking: breaking === true }));
};

const columnNames = ['number', 'breaking', 'applied'];

/** How many of our columns the list of steps has, and whether the schema has any table: both at one moment. */
const looking = {
  text: `with tables as (
      select class.oid, relname from pg_class class join pg_namespace schema on schema.oid = relnamespace
      where '"' || nspname || '"' = $1 and relkind in ('r', 'p')
    )
    select (select count(*) from tables join pg_attribute on attrelid = oid
        where relname = 'migrations' and attname = any ($2) and not attisdropped)::integer,
      exists (select from tables)`,
};

const strange = ({ address: { place }, schema }: Database): Refusal =>
  refuse(
    'exists',
    `The schema ${schema} of ${place} has tables of another program. Nothing was changed. Name another cluster (SIGNALBOX_CLUSTER), which is the schema that Signalbox uses.`,
    { place },
  );

const tooNew = ({ address, schema }: Database, done: Done) => {
  const known = Math.max(...migrations.map(({ number }) => number));
  const newer = done?.find(({ number, breaking }) => breaking && number > known);
  return (
    newer &&
    refuse(
      'upgrade_required',
      `The tables in the schema ${schema} of ${address.place} were brought to version ${newer.number} by a newer Signalbox, and this one knows them up to ${known}. Nothing was changed. Install that version or a later one and start again.`,
      { place: address.place, version: newer.number, known },
    )
  );
};

/** One process at a time; the others find it done. */
const apply = (database: Database): Promise<Outcome<true>> =>
  database.transaction(async (ask) => {
    const { schema } = database;
    await ask({ text: 'select pg_advisory_xact_lock($1)' }, [lockNumber(`migrations ${schema}`)]);
    // Asked of the table, for what the server keeps of names in this process may be older than the wait.
    const isThere = `select exists (select from pg_namespace where '"' || nspname || '"' = $1)`;
    const [there] = await ask({ text: isThere }, [schema]);
    if (there?.[0] !== true) await ask({ text: `create schema ${schema}` });
    const done = await read(database, ask);
    if (done === undefined) await ask({ text: `create table ${schema}.migrations ${columns}` });
    const refused = tooNew(database, done);
    if (refused !== undefined) return refused;
    await ask({ text: `set local search_path = ${schema}` });
    for (const { number, breaking, file } of migrations) {
      if (done?.some((step) => step.number === number)) continue;
      await ask({ text: readFileSync(file, 'utf8') });
      await ask({ text: 'insert into migrations (number, breaking) values ($1, $2)' }, [number, breaking]);
    }
    return ok(true);
  });

const columns =
  '(number integer primary key, breaking boolean not null, applied timestamptz not null default now())';
