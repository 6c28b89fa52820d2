/* Journals changed with SQL, as somebody with a shell could. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Place } from '../cli/program.ts';

/** A copy of the whole data directory, in which one journal is changed. */
export const damagedCopy = (
  { home, dataDir }: Place,
  journal: string,
  change: (database: DatabaseSync) => void,
): string => {
  let number = 1;
  while (existsSync(join(home, `copy-${number}`))) number += 1;
  const copy = join(home, `copy-${number}`);
  cpSync(dataDir, copy, { recursive: true });
  const path = join(copy, journal);
  const database = new DatabaseSync(path);
  change(database);
  database.exec('pragma wal_checkpoint(truncate)');
  database.close();
  // Who knows what to change knows also that the bell tells how far the journal came.
  rmSync(`${path}.bell`, { force: true });
  return copy;
};

/** Computes the whole chain anew, as only who knows how it is made would. */
export const chainAnew = (database: DatabaseSync): void => {
  const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
  let link = sha(`signalbox journal ${String(database.prepare('select id from journal').get()?.['id'])}`);
  for (const row of database.prepare('select seq, text from entries order by seq').all()) {
    link = sha(link + String(row['text']));
    database.prepare('update entries set chain = ? where seq = ?').run(link, row['seq'] ?? null);
  }
};
