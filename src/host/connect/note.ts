import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection, Secret } from '../../integrations/connection.ts';
import { makeFolder } from '../../journal/folders.ts';
import { isRecord, isTexts } from '../../kernel/json.ts';
import { prepareDataDirectory } from '../data-directory.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';

/**
 * What `connect` has put into a file, noted in the data directory, so that `--undo` takes away just that and leaves the
 * file as it was. Without the note it looks for what it would put there now.
 */
export interface Note extends Connection {
  /** Whether there was no file before. */
  readonly madeFile: boolean;
  /** Public id of the token that was made for it; of the token itself, only what it is shown as is in the text. */
  readonly token?: string | undefined;
}

const pathOf = (dataDir: string, file: string): string => {
  const name = createHash('sha256').update(file).digest('hex').slice(0, digestCharacters);
  return join(dataDir, 'connections', `${name}.json`);
};

const digestCharacters = 32;

/** Before the file is written: a note of what is not there does no harm. */
export const writeNote = async (dataDir: string, file: string, note: Note): Promise<Outcome<true>> => {
  const prepared = await prepareDataDirectory(dataDir);
  if (!prepared.ok) return prepared;
  await makeFolder(join(dataDir, 'connections'));
  await writeFile(pathOf(dataDir, file), `${JSON.stringify({ file, ...note })}\n`, { mode: 0o600 });
  return ok(true);
};

export const removeNote = (dataDir: string, file: string): Promise<void> =>
  rm(pathOf(dataDir, file), { force: true });

/** Undefined where there is none, or one that was cut off. */
export const readNote = async (dataDir: string, file: string): Promise<Note | undefined> => {
  try {
    return noteIn(JSON.parse(await readFile(pathOf(dataDir, file), 'utf8')));
  } catch {
    return undefined;
  }
};

const noteIn = (value: unknown): Note | undefined => {
  if (!isRecord(value) || !isRecord(value['program'])) return undefined;
  const { text, madeList, madeFile, program, token } = value;
  const { command, args, secret } = program;
  return typeof text === 'string' && typeof command === 'string' && isTexts(args)
    ? {
        text,
        program: { command, args, secret: secretIn(secret) },
        madeList: madeList === true,
        madeFile: madeFile === true,
        ...(typeof token === 'string' && { token }),
      }
    : undefined;
};

const secretIn = (value: unknown): Secret | undefined => {
  if (!isRecord(value) || typeof value['variable'] !== 'string') return undefined;
  const { variable, text } = value;
  return { variable, text: typeof text === 'string' ? text : undefined };
};
