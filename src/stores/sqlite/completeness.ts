import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { pageBytes, walOf } from './format.ts';

/** The write-ahead log: a header, then frames of a header and a page each. Source: SQLite's file format, section 4. */
const logHeaderBytes = 32;
const frameHeaderBytes = 24;
/** Two numbers that change when the log begins anew; frames with other numbers are left over from before. */
const logSalt = { from: 16, to: 24 } as const;
const frameSalt = { from: 8, to: 16 } as const;

/**
 * Whether each page of the journal is somewhere, in the file or in the write-ahead log. While a log is there the file
 * may rightly be too short, and SQLite takes a page that is in neither for a page of zeros: it would find out only on
 * reading just that page, perhaps after having written the log into what is left of the file.
 */
export const isComplete = (path: string, database: DatabaseSync): boolean => {
  // While this transaction lasts nobody can begin the log anew.
  database.exec('begin');
  try {
    const count = database.prepare('pragma page_count').get()?.['page_count'];
    const pages = typeof count === 'number' ? count : 0;
    const missing = new Set<number>();
    for (let page = pagesIn(path) + 1; page <= pages; page += 1) missing.add(page);
    if (missing.size === 0) return true;
    takeOutLogged(path, missing);
    // In the meantime others may have moved pages from the log into the file.
    const present = pagesIn(path);
    return [...missing].every((page) => page <= present);
  } finally {
    database.exec('rollback');
  }
};

const pagesIn = (path: string): number => Math.floor(statSync(path).size / pageBytes);

const takeOutLogged = (path: string, missing: Set<number>): void => {
  const log = openSync(walOf(path), 'r');
  try {
    const salt = Buffer.alloc(logSalt.to);
    readSync(log, salt, { length: logSalt.to, position: 0 });
    const header = Buffer.alloc(frameHeaderBytes);
    let position = logHeaderBytes;
    while (readSync(log, header, { position }) === frameHeaderBytes && missing.size > 0) {
      const current = header.compare(salt, logSalt.from, logSalt.to, frameSalt.from, frameSalt.to) === 0;
      if (current) missing.delete(header.readUInt32BE(0));
      position += frameHeaderBytes + pageBytes;
    }
  } finally {
    closeSync(log);
  }
};
