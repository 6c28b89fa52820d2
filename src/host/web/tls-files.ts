import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import type { Exposure } from '../../surfaces/http/exposure.ts';
import { tlsVersionMin } from '../../surfaces/http/limits.ts';

type Tls = Exclude<Exposure['tls'], undefined>;

const bytesMax = 1024 * 1024;

const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);

const textOf = async (path: string, what: string): Promise<Outcome<string>> => {
  try {
    const { size } = await stat(path);
    if (size <= bytesMax) return ok(await readFile(path, 'utf8'));
    return refuse('invalid_input', `${path} is too large to be ${what}. Name the right file.`, { path });
  } catch (thrown) {
    const reason = reasonOf(thrown);
    return refuse('invalid_input', `${path}, ${what}, cannot be read (${reason}). Name a file that can.`, {
      path,
      reason,
    });
  }
};

const groupMask = 0o027;
const ownerMask = 0o077;

/** The rule of OpenSSH and PostgreSQL: a key that belongs to root may be read by its group, every other by its owner. */
const faultInMode = async (path: string): Promise<string | undefined> => {
  const { mode, uid } = await stat(path);
  // On Windows the mode says nothing of who may read.
  if (process.platform === 'win32') return undefined;
  const mask = uid === 0 && process.getuid?.() !== 0 ? groupMask : ownerMask;
  return (mode & mask) === 0 ? undefined : (mode & 0o777).toString(8);
};

/** What is in the files, once it is a certificate with its key. */
export const readTlsFiles = async ({ cert, key }: Tls): Promise<Outcome<Tls>> => {
  const certificate = await textOf(cert, 'the certificate of the hub');
  if (!certificate.ok) return certificate;
  const secret = await textOf(key, 'the key of its certificate');
  if (!secret.ok) return secret;
  const mode = await faultInMode(key);
  if (mode !== undefined) {
    return refuse(
      'forbidden',
      `${key} holds the key of the hub's certificate and can be read by others (mode ${mode}). Run chmod 600 on it.`,
      { path: key },
    );
  }
  try {
    createSecureContext({ cert: certificate.value, key: secret.value, minVersion: tlsVersionMin });
  } catch (thrown) {
    return refuse(
      'invalid_input',
      `${cert} and ${key} are not a certificate and its key in PEM, without a passphrase (${reasonOf(thrown)}). Name two files that belong together.`,
      { reason: reasonOf(thrown) },
    );
  }
  return ok({ cert: certificate.value, key: secret.value });
};
