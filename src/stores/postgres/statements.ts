/** A prepared statement: each connection parses it once, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

type Group = Readonly<Record<string, Statement>>;

interface Tables {
  readonly journals: string;
  readonly entries: string;
  readonly counters: string;
}

/**
 * The statements of one cluster, whose schema is written out in each: whatever a connection takes for its search path,
 * nothing of another cluster is met.
 */
export const statementsOf = (schema: string) => {
  const tables = {
    journals: `${schema}.journals`,
    entries: `${schema}.entries`,
    counters: `${schema}.counters`,
  };
  return {
    ...appending(tables),
    ...reading(tables),
    ...keeping(tables),
    ...counting(tables),
    ...archiving(tables),
  };
};

export type Statements = ReturnType<typeof statementsOf>;

const appending = ({ journals, entries }: Tables) =>
  ({
    /**
     * The whole append: compares the head, moves it, writes the entries, and tells who listens. One row comes back when
     * the head was as expected, else none, and nothing was done. Two writers who come at once meet at the row of the
     * head: the second waits, finds it moved, and gets none.
     */
    append: {
      name: 'append',
      text: `with moved as (
        update ${journals} set seq = $3, chain = $4, bytes = bytes + $5
        where key = $1 and seq = $2 and (seq = 0 or chain = $6)
        returning key
      ), stored as (
        insert into ${entries} (journal, seq, batch, text, chain)
        select moved.key, $2 + row.ordinal, $7, row.text, row.chain
        from moved, unnest($8::text[], $9::text[]) with ordinality as row (text, chain, ordinal)
      )
      select pg_notify($10, $11) from moved`,
    },
    /** Where the journal ends, and every entry behind a given one; one row without an entry when there are none. */
    missed: {
      name: 'missed',
      text: `select journal.seq, journal.chain, entry.seq, entry.batch, entry.text, entry.chain
        from ${journals} journal
        left join ${entries} entry on entry.journal = journal.key and entry.seq > $2
        where journal.key = $1 order by entry.seq`,
    },
    writable: {
      name: 'writable',
      text: `select pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
          has_table_privilege('${entries}', 'insert'), (select true from ${journals} where key = $1)`,
    },
    /** Writes more than any page has room for, in a transaction that is then taken back. */
    rehearse: {
      name: 'rehearse',
      text: `insert into ${entries} (journal, seq, batch, text, chain)
        select 0, -number - (random() * 1e15)::bigint, 'rehearsal', string_agg(md5(random()::text), ''), ''
        from generate_series(1, 4) number, generate_series(1, 500) group by number`,
    },
  }) as const satisfies Group;

const reading = ({ journals, entries }: Tables) =>
  ({
    head: { name: 'head', text: `select seq from ${journals} where key = $1` },
    heads: { name: 'heads', text: `select key, seq from ${journals} where key = any ($1::integer[])` },
    read: {
      name: 'read',
      text: `select seq, batch, text, chain from ${entries} where journal = $1 and seq > $2 order by seq limit $3`,
    },
    readAt: {
      name: 'read_at',
      text: `select entry.seq, entry.batch, entry.text, entry.chain,
          coalesce(earlier.chain, case when journal.base_seq = entry.seq - 1 then journal.base_chain end)
        from ${entries} entry
        join ${journals} journal on journal.key = entry.journal
        left join ${entries} earlier on earlier.journal = entry.journal and earlier.seq = entry.seq - 1
        where entry.journal = $1 and entry.seq = any ($2::bigint[])`,
    },
  }) as const satisfies Group;

const keeping = ({ journals, entries, counters }: Tables) =>
  ({
    find: {
      name: 'find',
      text: `select key, id, generation, (extract(epoch from clock_timestamp()) * 1000)::float8
        from ${journals} where name = $1`,
    },
    create: {
      name: 'create',
      text: `insert into ${journals} (name, id, generation) values ($1, $2, $3) on conflict (name) do nothing`,
    },
    names: { name: 'names', text: `select name from ${journals} order by name` },
    bytes: { name: 'bytes', text: `select bytes from ${journals} where name = $1` },
    dropJournal: {
      name: 'drop_journal',
      text: `with gone as (delete from ${journals} where name = $1 returning key),
        counted as (delete from ${counters} using gone where journal = gone.key)
        delete from ${entries} using gone where journal = gone.key`,
    },
    rename: { name: 'rename', text: `update ${journals} set name = $1 where name = $2` },
  }) as const satisfies Group;

const counting = ({ counters }: Tables) =>
  ({
    readCounter: {
      name: 'read_counter',
      text: `select version, slots from ${counters} where journal = $1 and name = $2`,
    },
    /** Who makes a counter takes away those of which nothing counts any more. */
    makeCounter: {
      name: 'make_counter',
      text: `with old as (delete from ${counters} where journal = $1 and until <= $5)
        insert into ${counters} (journal, name, version, slots, until) values ($1, $2, 1, $3, $4)
        on conflict (journal, name) do nothing returning version`,
    },
    writeCounter: {
      name: 'write_counter',
      text: `update ${counters} set version = version + 1, slots = $4, until = $5
        where journal = $1 and name = $2 and version = $3 returning version`,
    },
  }) as const satisfies Group;

const archiving = ({ journals, entries }: Tables) =>
  ({
    base: { name: 'base', text: `select base_seq, base_chain from ${journals} where key = $1` },
    linkAt: { name: 'link_at', text: `select chain from ${entries} where journal = $1 and seq = $2` },
    dropEntries: { name: 'drop_entries', text: `delete from ${entries} where journal = $1 and seq <= $2` },
    /** An append under way adds to the bytes once more what is counted here, if it comes first; nobody is harmed. */
    moveBase: {
      name: 'move_base',
      text: `update ${journals} set base_seq = $2, base_chain = $3, bytes = (
          select coalesce(sum(octet_length(text)), 0) from ${entries} where journal = $1
        ) where key = $1 and base_seq < $2`,
    },
  }) as const satisfies Group;

/** Makes the other side give up an append whose connection was lost, and says whether it may still be at it. */
export const endBackend: Statement = {
  name: 'end_backend',
  text: `select pg_terminate_backend(pid) from pg_stat_activity
    where pid = $1 and extract(epoch from backend_start)::text = $2`,
};
