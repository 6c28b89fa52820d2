import { type KeyObject, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { errorCodeIn } from '../data-directory.ts';
import { writeWholeUnlessThere } from '../whole-file.ts';

const pathIn = (dataDir: string): string => join(dataDir, 'signing-key');

const othersMask = 0o077;

/** The key that signs checkpoints of this data directory: Ed25519, in PEM, for its owner alone; made when first needed. */
export const signingKey = async (dataDir: string): Promise<Outcome<KeyObject>> => {
  const found = await findSigningKey(dataDir);
  if (!found.ok) return found;
  if (found.value !== undefined) return ok(found.value);
  const failed = await makeKey(pathIn(dataDir));
  if (failed !== undefined) return failed;
  const made = await findSigningKey(dataDir);
  if (!made.ok) return made;
  return made.value === undefined ? unreadable(pathIn(dataDir), 'ENOENT') : ok(made.value);
};

/** The same, undefined where none was made yet. */
export const findSigningKey = async (dataDir: string): Promise<Outcome<KeyObject | undefined>> => {
  const path = pathIn(dataDir);
  try {
    const { mode } = await stat(path);
    if (process.platform !== 'win32' && (mode & othersMask) !== 0) return openToOthers(path);
    return keyIn(path, await readFile(path, 'utf8'));
  } catch (thrown) {
    const code = errorCodeIn(thrown);
    return code === 'ENOENT' ? ok(undefined) : unreadable(path, code);
  }
};

const keyIn = (path: string, text: string): Outcome<KeyObject> => {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === 'ed25519') return ok(key);
  } catch (thrown) {
    return noKey(path, errorCodeIn(thrown));
  }
  return noKey(path, 'it is of another kind');
};

/** Whoever was faster is not overwritten. */
const makeKey = async (path: string): Promise<Refusal | undefined> => {
  try {
    const { privateKey } = generateKeyPairSync('ed25519');
    await writeWholeUnlessThere(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    return undefined;
  } catch (thrown) {
    const code = errorCodeIn(thrown);
    return code === 'EEXIST' ? undefined : unwritable(path, code);
  }
};

const openToOthers = (path: string): Refusal =>
  refuse(
    'invalid_state',
    `Others than its owner can read the signing key ${path}, so what it signs proves nothing. If nobody has read it, run chmod 600 ${shellWord(path)}; otherwise move it aside, and the next checkpoint makes a new one.`,
    { path },
  );

const noKey = (path: string, reason: string): Refusal =>
  refuse(
    'invalid_state',
    `${path} is no key that can sign (${reason}). Put the key back; or move it aside, and the next checkpoint makes a new one.`,
    { path },
  );

const unreadable = (path: string, reason: string): Refusal =>
  refuse(
    'storage_failed',
    `The signing key ${path} cannot be read: the system says ${reason}. Make it readable for this user and try again.`,
    { path, reason },
  );

const unwritable = (path: string, reason: string): Refusal =>
  refuse(
    reason === 'ENOSPC' || reason === 'EDQUOT' ? 'storage_full' : 'storage_read_only',
    `The signing key ${path} cannot be made: the system says ${reason}. Make the data directory writable for this user and try again.`,
    { path, reason },
  );
