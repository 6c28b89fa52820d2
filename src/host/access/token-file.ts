import { constants } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { hashOfToken, newTokenText } from './token-text.ts';

/** Where the first start of a hub leaves the token of its owner. */
export const tokenFileIn = (dataDir: string): string => join(dataDir, 'token');

const ownerOnly = 0o600;
const othersMask = 0o077;
const fileCharactersMax = 1_000;

/** The owner's token in the data directory, if it was left there. Refused when others could have read it. */
export const readTokenFile = async (dataDir: string): Promise<Outcome<string | undefined>> => {
  const path = tokenFileIn(dataDir);
  let text: string;
  try {
    const { mode, size } = await stat(path);
    // On Windows the mode says nothing of who may read.
    if (process.platform !== 'win32' && (mode & othersMask) !== 0) {
      return refuse(
        'forbidden',
        `${path} holds the owner's token and can be read by others. Run chmod 600 ${shellWord(path)}, and signalbox token refresh if others use this machine.`,
        { path },
      );
    }
    text = size > fileCharactersMax ? '' : (await readFile(path, 'utf8')).trim();
  } catch (thrown) {
    const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
    if (reason === 'ENOENT' || reason === 'ENOTDIR') return ok(undefined);
    return refuse('storage_failed', `${path}, which holds the owner's token, cannot be read (${reason}).`, {
      path,
    });
  }
  return hashOfToken(text) === undefined
    ? refuse(
        'invalid_input',
        `${path} does not hold a token. Remove it, and the next start of the hub makes another one.`,
        { path },
      )
    : ok(text);
};

/** Leaves a new token there, unless one has been left meanwhile; the one that is there then. */
export const makeTokenFile = async (dataDir: string): Promise<Outcome<string>> => {
  const path = tokenFileIn(dataDir);
  const text = newTokenText();
  try {
    const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, ownerOnly);
    try {
      await handle.writeFile(`${text}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
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
