import { randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type EncryptionKey, keyBytes, keyOf } from '../../journal/cipher.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { makeFolder } from '../../journal/folders.ts';
import { isoTime } from '../../kernel/instants.ts';
import { errorCodeIn } from '../data-directory.ts';
import { readSecretFile } from '../secrets/secret-file.ts';
import { keyLine, readKeys } from './keys-text.ts';

/** A key that has just been drawn, and its line. It is named after the day, so that people can tell how old one is. */
export interface NewKey {
  readonly key: EncryptionKey;
  readonly line: string;
}

export const newKey = (): NewKey => {
  const bytes = randomBytes(keyBytes);
  const name = isoTime(Date.now()).slice(0, dayCharacters).replaceAll('-', '');
  return { key: keyOf(bytes, name), line: keyLine(name, bytes) };
};

const dayCharacters = 'yyyy-mm-dd'.length;
const ownerOnly = 0o600;

/** Writes a file that is not there yet, for its owner alone. */
export const writeNewFile = async (path: string, text: string): Promise<Outcome<true>> => {
  let file: FileHandle;
  try {
    await makeFolder(dirname(path));
  } catch (thrown) {
    const reason = errorCodeIn(thrown);
    return notWritten(path, reason === 'EEXIST' ? 'ENOTDIR' : reason);
  }
  try {
    file = await open(path, 'wx', ownerOnly);
  } catch (thrown) {
    return errorCodeIn(thrown) === 'EEXIST'
      ? refuse('exists', `${path} is there already, and keys are never written over. Name another file.`, {
          path,
        })
      : notWritten(path, errorCodeIn(thrown));
  }
  try {
    await file.writeFile(text);
    await file.sync();
    return ok(true);
  } catch (thrown) {
    await rm(path, { force: true });
    return notWritten(path, errorCodeIn(thrown));
  } finally {
    await file.close();
  }
};

const notWritten = (path: string, reason: string): Refusal =>
  refuse(
    reason === 'ENOSPC' || reason === 'EDQUOT' ? 'storage_full' : 'storage_read_only',
    `${path} cannot be written: the system says ${reason}. Name another file.`,
    { path, reason },
  );

/**
 * Puts a new key in front of those of a file. The file is replaced as a whole, so that whoever reads it meanwhile finds either the
 * old keys or all; what is written beside it keeps a second rotation out.
 */
export const addKey = async (named: string, { line }: NewKey): Promise<Outcome<true>> => {
  const bytes = await readSecretFile(named);
  if (!bytes.ok) return refuse(bytes.code, `The key file: ${bytes.message}.`, bytes.details);
  const before = bytes.value === 'too long' ? '' : Buffer.from(bytes.value).toString('utf8');
  const known = readKeys(before, named);
  if (!known.ok) return known;
  const path = await realpath(named);
  const draft = `${path}.new`;
  const written = await writeNewFile(draft, `${line}${before}`);
  if (!written.ok)
    return written.code === 'exists'
      ? refuse(
          'exists',
          `${draft} is there: keys are being rotated, or that was interrupted. Nothing was changed. If nobody does, remove that file and call again.`,
          { path: draft },
        )
      : written;
  try {
    await rename(draft, path);
    await syncFolder(dirname(path));
    return ok(true);
  } catch (thrown) {
    await rm(draft, { force: true });
    return notWritten(path, errorCodeIn(thrown));
  }
};

const syncFolder = async (path: string): Promise<void> => {
  // Windows opens no folders, and has no need to.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
