-- One row for each journal: which it is, and where it ends. An append moves this row and writes its entries in one
-- statement, so that of two writers one finds it moved. Room is left in each page, for the row is rewritten all the time.
create table journals (
  key integer generated always as identity primary key,
  name text collate "C" not null unique,
  id text not null,
  generation integer not null,
  -- The last entry and its link.
  seq bigint not null default 0,
  chain text,
  -- Up to where the entries lie in an archive.
  base_seq bigint not null default 0,
  base_chain text,
  -- What the texts of the entries take.
  bytes bigint not null default 0
) with (fillfactor = 20);

-- No foreign key: it would look up the journal once more for each entry that is written.
create table entries (
  journal integer not null,
  seq bigint not null,
  batch text not null,
  text text collate "C" not null,
  chain text not null,
  primary key (journal, seq)
);

-- Not logged, and so not synced: a server that crashes forgets what was counted, which harms nobody.
create unlogged table counters (
  journal integer not null,
  name text collate "C" not null,
  version bigint not null,
  slots text not null,
  -- Milliseconds since 1970: nothing of it counts any more from then on.
  until bigint not null,
  primary key (journal, name)
);
