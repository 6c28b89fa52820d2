import { splitJoined } from './stored-text.ts';

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
  readonly subjectKeys: string;
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
    subjectKeys: `${schema}.subject_keys`,
  };
  return {
    ...appending(tables),
    ...reading(tables),
    ...keeping(tables),
    ...counting(tables),
    ...archiving(tables),
    ...sealing(tables),
    ...retiring(tables),
    ...replacing(tables),
  };
};

export type Statements = ReturnType<typeof statementsOf>;

const appending = ({ journals, entries }: Tables) =>
  ({
    /**
     * The whole append: compares the head, moves it, and writes the entries. It writes them when the
     * head was as expected, else none, and nothing was done. Two writers who come at once meet at the row of the
     * head: the second waits, finds it moved, and gets none. So does a writer whose journal has another name by then. By
     * that it is not looked up, whatever the server knows of the table.
     */
    append: {
      name: 'append',
      text: `with moved as (
        update ${journals} set seq = $3, chain = $4, bytes = bytes + $5
        where key = $1 and seq = $2 and (seq = 0 or chain = $6) and name || '' = $10
        returning key
      )
      insert into ${entries} (journal, seq, batch, text, chain)
      select moved.key, $2 + row.ordinal, $7, row.text, row.chain
      from moved, unnest(${splitJoined('$8')}, ${splitJoined('$9')}) with ordinality as row (text, chain, ordinal)`,
    },
    /** The same of one entry, which takes the server less. */
    appendOne: {
      name: 'append_one',
      text: `with moved as (
        update ${journals} set seq = $2 + 1, chain = $3, bytes = bytes + $4
        where key = $1 and seq = $2 and (seq = 0 or chain = $5) and name || '' = $6
        returning key
      )
      insert into ${entries} (journal, seq, batch, text, chain) select key, $2 + 1, $7, $8, $3 from moved`,
    },
    /** Tells who listens. It is not worth a wait for the disk. */
    announce: {
      name: 'announce',
      text: `select set_config('synchronous_commit', 'off', true), pg_notify($1, news) from unnest($2::text[]) news`,
    },
    /** Where the journal ends, and every entry behind a given one; one row without an entry when there are none. */
    missed: {
      name: 'missed',
      text: `select journal.seq, journal.chain, entry.seq, entry.batch, entry.text, entry.chain
        from ${journals} journal
        left join ${entries} entry on entry.journal = journal.key and entry.seq > $2
        where journal.key = $1 and journal.name || '' = $3 order by entry.seq`,
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
      text: `with gone as (delete from ${journals} where name = $1 and key = $2 returning key),
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

const sealing = ({ journals, subjectKeys }: Tables) =>
  ({
    loadKeys: {
      name: 'load_keys',
      text: `select id, principal, agent, secret, retired from ${subjectKeys} where journal = $1`,
    },
    /**
     * Those that are there, and those that are made now. Where somebody else makes one at the same time, his comes back.
     * All go through the subjects in one order, so that no two wait for each other.
     */
    ensureKeys: {
      name: 'ensure_keys',
      text: `with wanted as (
        select * from unnest($2::text[], $3::text[], $4::text[], $5::bytea[]) as fresh (id, principal, agent, secret)
      ), there as (
        select kept.id, kept.principal, kept.agent, kept.secret, kept.retired
        from wanted join ${subjectKeys} kept on kept.journal = $1 and not kept.retired
          and kept.principal = wanted.principal and coalesce(kept.agent, '') = coalesce(wanted.agent, '')
      ), made as (
        insert into ${subjectKeys} (journal, id, principal, agent, secret, retired)
        select journal.key, wanted.id, wanted.principal, wanted.agent, wanted.secret, false
        from wanted join ${journals} journal on journal.key = $1
        where not exists (
          select from there
          where there.principal = wanted.principal and coalesce(there.agent, '') = coalesce(wanted.agent, '')
        )
        order by wanted.principal collate "C", coalesce(wanted.agent, '') collate "C"
        on conflict (journal, principal, coalesce(agent, '')) where not retired do update set retired = false
        returning id, principal, agent, secret, retired
      )
      select * from there union all select * from made`,
    },
  }) as const satisfies Group;

const retiring = ({ journals, subjectKeys }: Tables) =>
  ({
    /** One of $2 and $3 is null. */
    retireKeys: {
      name: 'retire_keys',
      text: `with retired as (
        update ${subjectKeys} set retired = true
        where journal = $1 and (principal = $2 or agent = $3) and not retired
      )
      select id from ${subjectKeys}
      where journal = $1 and (principal = $2 or agent = $3) and secret is not null`,
    },
    destroyKeys: {
      name: 'destroy_keys',
      text: `insert into ${subjectKeys} as kept (journal, id, retired)
        select distinct journal.key, gone.id, true
        from unnest($2::text[]) as gone (id) join ${journals} journal on journal.key = $1
        order by gone.id
        on conflict (journal, id) do update set secret = null, retired = true where kept.secret is not null`,
    },
    /** A subject that has a key to write with keeps that one; the other can be read. */
    adoptKeys: {
      name: 'adopt_keys',
      text: `with moved as (
        select * from unnest($2::text[], $3::text[], $4::text[], $5::bytea[], $6::boolean[])
          with ordinality as given (id, principal, agent, secret, retired, place)
        where not exists (select from ${subjectKeys} kept where kept.journal = $1 and kept.id = given.id)
      )
      insert into ${subjectKeys} (journal, id, principal, agent, secret, retired)
      select journal.key, moved.id, moved.principal, moved.agent, moved.secret, moved.retired
        or row_number() over (
          partition by moved.principal, coalesce(moved.agent, ''), moved.retired order by moved.place
        ) > 1
        or exists (
          select from ${subjectKeys} kept
          where kept.journal = $1 and not kept.retired and kept.principal = moved.principal
            and coalesce(kept.agent, '') = coalesce(moved.agent, '')
        )
      from moved join ${journals} journal on journal.key = $1
      order by moved.id collate "C"
      on conflict (journal, id) do nothing`,
    },
    /** To be said outside of a transaction: what was changed is then nowhere in the table. */
    sweepKeys: { name: 'sweep_keys', text: `vacuum (full) ${subjectKeys}` },
    /** The same as far as that can be had while others read the table. */
    tidyKeys: { name: 'tidy_keys', text: `vacuum ${subjectKeys}` },
  }) as const satisfies Group;

/**
 * The keys of the journal $1 become those of the journal $2, both by name, in whose place it comes: all that live in one of
 * them, but those that were destroyed or retired in either are that.
 */
const replacing = ({ journals, subjectKeys }: Tables) => {
  const both = `from ${journals} old, ${journals} next, ${subjectKeys} theirs
    where old.name = $1 and next.name = $2 and theirs.journal = old.key and kept.journal = next.key`;
  return {
    /** Nobody makes a key for either meanwhile. */
    lockJournals: {
      name: 'lock_journals',
      text: `select name, seq, key from ${journals} where name in ($1, $2) order by key for update`,
    },
    agreeOnKeys: {
      name: 'agree_on_keys',
      text: `update ${subjectKeys} kept
        set retired = true, secret = case when theirs.secret is null then null else kept.secret end
        ${both} and theirs.id = kept.id and theirs.retired`,
    },
    yieldToKeys: {
      name: 'yield_to_keys',
      text: `update ${subjectKeys} kept set retired = true
        ${both} and theirs.id <> kept.id and not theirs.retired and not kept.retired
          and theirs.principal = kept.principal and coalesce(theirs.agent, '') = coalesce(kept.agent, '')`,
    },
    moveKeys: {
      name: 'move_keys',
      text: `update ${subjectKeys} theirs set journal = next.key
        from ${journals} old, ${journals} next
        where old.name = $1 and next.name = $2 and theirs.journal = old.key and not exists (
          select from ${subjectKeys} kept where kept.journal = next.key and kept.id = theirs.id
        )`,
    },
  } as const satisfies Group;
};

/** Makes the other side give up an append whose connection was lost, and says whether it may still be at it. */
export const endBackend: Statement = {
  name: 'end_backend',
  text: `select pg_terminate_backend(pid) from pg_stat_activity
    where pid = $1 and extract(epoch from backend_start)::text = $2`,
};
