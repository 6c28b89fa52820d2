import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { writeWholeUnlessThere } from '../whole-file.ts';
import { hashOfToken, newTokenText } from './token-text.ts';

/** Where the first start of a hub leaves the token of its owner. */
export const tokenFileIn = (dataDir: string): string => join(dataDir, 'token');

const othersMask = 0o077;
const fileCharactersMax = 1_000;

/** A link is not followed, and what is no file does not keep waiting whoever opens it. Windows knows neither. */
const readOnly = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The owner's token in the data directory, if it was left there. Refused when others could have read or left it. */
export const readTokenFile = async (dataDir: string): Promise<Outcome<string | undefined>> => {
  const path = tokenFileIn(dataDir);
  let text: Outcome<string>;
  try {
    const handle = await open(path, readOnly);
    try {
      text = await textIn(handle, path);
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
    if (reason === 'ENOENT' || reason === 'ENOTDIR') return ok(undefined);
    return reason === 'ELOOP'
      ? notOwn(path, 'is a link, so that others may say what it leads to')
      : refuse('storage_failed', `${path}, which holds the owner's token, cannot be read (${reason}).`, {
          path,
        });
  }
  if (!text.ok) return text;
  return hashOfToken(text.value) === undefined
    ? refuse(
        'invalid_input',
        `${path} does not hold a token. Remove it, and the next start of the hub makes another one.`,
        { path },
      )
    : text;
};

/** AC52: what the very file holds whose rights and owner were looked at. */
const textIn = async (handle: FileHandle, path: string): Promise<Outcome<string>> => {
  const found = await handle.stat();
  if (!found.isFile()) return notOwn(path, 'is no file');
  // On Windows modes and owners are not looked at: there they say nothing of who may read.
  if (process.platform !== 'win32') {
    if (found.uid !== process.getuid?.()) return notOwn(path, `belongs to another user (uid ${found.uid})`);
    if ((found.mode & othersMask) !== 0) {
      return refuse(
        'forbidden',
        `${path} holds the owner's token and can be read by others. Run chmod 600 ${shellWord(path)}, and signalbox token refresh if others use this machine.`,
        { path },
      );
    }
  }
  return ok(found.size > fileCharactersMax ? '' : (await handle.readFile('utf8')).trim());
};

const notOwn = (path: string, what: string): Refusal =>
  refuse(
    'invalid_input',
    `${path}, which should hold the owner's token, ${what}. Remove it, and the next start of the hub makes another one; a token that is somewhere else is named by SIGNALBOX_TOKEN=file:PATH.`,
    { path },
  );

/** Leaves a new token there, unless one has been left meanwhile; the one that is there then. */
export const makeTokenFile = async (dataDir: string): Promise<Outcome<string>> => {
  const path = tokenFileIn(dataDir);
  const text = newTokenText();
  try {
    await writeWholeUnlessThere(path, `${text}\n`);
    return ok(text);
  } catch (thrown) {
    const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
    const there = reason === 'EEXIST' ? await readTokenFile(dataDir) : undefined;
    if (there?.ok === false) return there;
    return there?.value === undefined
      ? refuse(
          'storage_failed',
          `The owner's token cannot be written to ${path} (${reason}). Make room or permit it, or give a token in SIGNALBOX_TOKEN, which is then written nowhere.`,
          { path },
        )
      : ok(there.value);
  }
};
