import { type Stats, unwatchFile, watchFile } from 'node:fs';
import type { Log } from '../../engine/log.ts';
import { type EncryptionKey, Keyring } from '../../journal/cipher.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { secondMs } from '../../kernel/instants.ts';
import type { Secret } from '../secrets/secret.ts';
import { readKeys } from './keys-text.ts';

/** How often it is looked whether a key file has changed. */
const lookEveryMs = secondMs;

/** A key that was not found is not looked for again so soon: to look may mean to run a program that asks somebody. */
const patienceMs = 10 * secondMs;

/** The keys of this process. */
export interface OpenKeyring {
  readonly ring: Keyring;
  /** Ends looking for changes. */
  readonly close: () => void;
}

/**
 * The keys that the configuration names, if it does. What is added to a key file is taken up while the process runs; any other
 * source is asked once more when a key is missing.
 */
export const openKeyring = async (
  secret: Secret | undefined,
  log: Log,
): Promise<Outcome<OpenKeyring | undefined>> => {
  if (secret === undefined) return ok(undefined);
  const keys = await keysOf(secret, secret.text);
  if (!keys.ok) return keys;
  const lookAgain = async (): Promise<readonly EncryptionKey[]> => {
    const found = await keysOf(secret, secret.again);
    if (found.ok) return found.value;
    log.warn(`The keys for encryption were looked up once more: ${found.message}`);
    return [];
  };
  const askedAt = new Map<string, number>();
  const looking = new Map<string, ReturnType<typeof lookAgain>>();
  const ring = new Keyring(keys.value, async (missing) => {
    // Several journals may miss the same key at once: all of them wait for the one look.
    const pending = looking.get(missing);
    if (pending !== undefined) return pending;
    const now = performance.now();
    if (now - (askedAt.get(missing) ?? Number.NEGATIVE_INFINITY) < patienceMs) return [];
    askedAt.set(missing, now);
    const found = lookAgain().finally(() => looking.delete(missing));
    looking.set(missing, found);
    return found;
  });
  const { file } = secret;
  if (file === undefined) return ok({ ring, close: () => undefined });
  const changed = async (): Promise<void> => {
    const before = ring.active;
    ring.update(await lookAgain());
    if (ring.active !== before) log.info('the active key for encryption has changed', { key: ring.active });
  };
  // It is also heard of that the file was read.
  const hear = (now: Stats, before: Stats): void => {
    if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino) void changed();
  };
  watchFile(file, { interval: lookEveryMs, persistent: false }, hear);
  return ok({ ring, close: () => unwatchFile(file, hear) });
};

const keysOf = async (
  { place }: Secret,
  look: Secret['text'],
): Promise<Outcome<readonly EncryptionKey[]>> => {
  const text = await look();
  return text.ok ? readKeys(text.value, place) : text;
};
