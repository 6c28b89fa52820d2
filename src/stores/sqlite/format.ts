/** What a journal looks like on disk. */

/** "Sgbx": tells a journal from the SQLite databases of other programs. */
export const applicationId = 0x53_67_62_78;

/**
 * Kept in `user_version`; raised only when an older Signalbox could no longer read or write the file correctly. Older
 * ones know nothing of archives, so that a journal has the second version from its first truncation on.
 */
export const formatVersion = 1;
export const truncatedVersion = 2;

/**
 * The batch of the row that stands for all entries up to it, which lie in an archive: it has their last link, and no
 * text. An entry's own batch is never empty.
 */
export const archivedBatch = '';

export const pageBytes = 4096;

/** Only their owner may read a journal or list its directory. */
export const fileMode = 0o600;
export const directoryMode = 0o700;

export const schema = `
  create table journal (
    id text not null,
    generation integer not null,
    format integer not null
  ) strict;
  create table entries (
    seq integer primary key,
    batch text not null,
    text text not null,
    chain text not null
  ) strict;
`;

/** SQLite's own side files. */
export const walOf = (path: string): string => `${path}-wal`;
export const shmOf = (path: string): string => `${path}-shm`;

/** Written after each commit, watched by all others; says how far the journal reached. */
export const bellOf = (path: string): string => `${path}.bell`;

/** What counts for a minute or so, in a database of its own. It may be deleted while nobody has it open. */
export const countersOf = (path: string): string => `${path}.counters`;

/**
 * The keys that personal text is sealed under, in a database of its own. Whoever copies a journal and means its text to
 * be erasable leaves this out of the copy; whoever loses it loses that text.
 */
export const keysOf = (path: string): string => `${path}.keys`;

/** Locked by whoever holds the office. */
export const officeOf = (path: string, name: string): string => `${path}.${name}.office`;
