import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { z } from 'zod';
import { rowIn } from '../../../journal/archives/format.ts';
import { fileRefusal } from '../../../journal/file-faults.ts';
import type { Head } from '../../../journal/head.ts';
import { damageOf } from '../../../journal/refusals.ts';
import { beginningOf } from '../../../journal/rows.ts';
import { StoreFailure, type StoredRow } from '../../../journal/store.ts';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import {
  type BackupBeginning,
  type BackupJournal,
  backupFormat,
  beginningSchema,
  damagedBackup,
  endSchema,
  sectionSchema,
} from './format.ts';

/** What is said in a backup, in its order. The rows have been checked against the chain. */
export type BackupPart =
  | { readonly kind: 'beginning'; readonly beginning: BackupBeginning }
  | { readonly kind: 'journal'; readonly journal: BackupJournal }
  | { readonly kind: 'rows'; readonly journal: BackupJournal; readonly rows: readonly StoredRow[] }
  | { readonly kind: 'end'; readonly journals: readonly BackupJournal[]; readonly sha256: string };

export interface CheckedBackup {
  readonly path: string;
  readonly beginning: BackupBeginning;
  readonly journals: readonly BackupJournal[];
  readonly sha256: string;
}

const pageRows = 1_000;
const pageCharacters = 2_000_000;

/** Reads a backup from its first byte to its last, and says what is in it. */
export const checkBackup = async (path: string): Promise<Outcome<CheckedBackup>> => {
  let beginning: BackupBeginning | undefined;
  try {
    for await (const part of backupParts(path)) {
      if (part.kind === 'beginning') ({ beginning } = part);
      if (part.kind !== 'end' || beginning === undefined) continue;
      const { journals, sha256 } = part;
      return ok({ path, beginning, journals, sha256 });
    }
    return damagedBackup(path, 'its end is missing');
  } catch (thrown) {
    return fileRefusal(path, thrown, `The backup ${path} cannot be read`);
  }
};

/** Throws `StoreFailure` at what is damaged, and what the system says. */
export async function* backupParts(path: string): AsyncGenerator<BackupPart> {
  const damaged = (what: string): StoreFailure => new StoreFailure(damagedBackup(path, what));
  const sum = createHash('sha256');
  const journals: BackupJournal[] = [];
  let journal: BackupJournal | undefined;
  let head: Head = { seq: 0, chain: '' };
  let page: StoredRow[] = [];
  let characters = 0;
  let began = false;
  const demandEnd = (): void => {
    if (journal !== undefined && (head.seq !== journal.entries || head.chain !== journal.chain))
      throw damaged(`${journal.name} ends at entry ${head.seq}, not at entry ${journal.entries}`);
  };
  for await (const line of linesOf(path)) {
    if (!began) {
      yield { kind: 'beginning', beginning: beginningIn(path, line) };
      began = true;
    } else if (journal !== undefined && head.seq < journal.entries) {
      const row = rowIn(line);
      if (row === undefined || damageOf(row, head) !== undefined)
        throw damaged(`entry ${head.seq + 1} of ${journal.name} is not what was written`);
      head = row;
      page.push(row);
      characters += row.text.length;
      if (page.length >= pageRows || characters >= pageCharacters || head.seq === journal.entries) {
        yield { kind: 'rows', journal, rows: page };
        page = [];
        characters = 0;
      }
    } else {
      demandEnd();
      const section = lineAs(sectionSchema, line);
      if (section === undefined) {
        const end = lineAs(endSchema, line);
        if (end === undefined) throw damaged('a line in it is not what was written');
        if (end.sha256 !== sum.digest('hex')) throw damaged('its checksum is another');
        if (JSON.stringify(end.journals) !== JSON.stringify(journals))
          throw damaged('its list of journals is another');
        yield { kind: 'end', ...end };
        return;
      }
      ({ journal } = section);
      journals.push(journal);
      head = beginningOf(journal);
      yield { kind: 'journal', journal };
    }
    sum.update(`${line}\n`);
  }
  throw damaged('its end is missing');
}

const beginningIn = (path: string, line: string): BackupBeginning => {
  const beginning = lineAs(beginningSchema, line);
  if (beginning === undefined)
    throw new StoreFailure(
      refuse('invalid_input', `${path} is no backup of Signalbox. Nothing was changed. Name one.`, { path }),
    );
  if (beginning.format > backupFormat)
    throw new StoreFailure(
      refuse(
        'upgrade_required',
        `The backup ${path} was written by a newer version of Signalbox (${beginning.version}). Nothing was changed. Install that or a newer one and try again.`,
        { path },
      ),
    );
  return beginning;
};

const lineAs = <T>(schema: z.ZodType<T>, line: string): T | undefined => {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
};

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const text = createGunzip();
  file.on('error', (fault) => text.destroy(fault));
  try {
    let rest = '';
    for await (const part of file.pipe(text).setEncoding('utf8')) {
      const lines = (rest + String(part)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest !== '') throw new StoreFailure(damagedBackup(path, 'its end is missing'));
  } catch (thrown) {
    if (!isOfGzip(thrown)) throw thrown;
    throw new StoreFailure(damagedBackup(path, `it cannot be decompressed (${thrown.message})`));
  } finally {
    file.destroy();
  }
}

const isOfGzip = (thrown: unknown): thrown is Error =>
  thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('Z_');
