-- What personal text of a journal is sealed under. A key that was destroyed leaves its id. Programs that know nothing of
-- them would delete those of a journal with the entries that another one takes the place of.
create table subject_keys (
  journal integer not null references journals on delete cascade,
  id text collate "C" not null,
  principal text collate "C",
  agent text collate "C",
  secret bytea,
  retired boolean not null,
  primary key (journal, id)
);

-- A subject has one key that is used for writing.
create unique index subject_keys_writing on subject_keys (journal, principal, coalesce(agent, '')) where not retired;
