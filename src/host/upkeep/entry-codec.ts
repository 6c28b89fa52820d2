import { areas } from '../../areas/index.ts';
import { Codec } from '../../journal/codec.ts';
import { sealerFor } from '../../journal/sealer.ts';
import type { Store } from '../../journal/store.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import type { Given } from '../commands/command.ts';
import { openKeyring } from '../encryption/open-keyring.ts';

/** The codec of a journal, with the keys that its text is encrypted and sealed under. Throws `StoreFailure`. */
export const codecOf = async (
  { configuration, log }: Pick<Given, 'configuration' | 'log'>,
  store: Store,
): Promise<Outcome<Codec>> => {
  const keys = await openKeyring(configuration.settings.encryptionKey, log);
  if (!keys.ok) return keys;
  // One that is added to the file of keys while a command runs is not waited for.
  keys.value?.close();
  const sealer = sealerFor(store, areas);
  await sealer?.findKeys();
  return ok(new Codec(areas, { cipher: keys.value?.ring.cipher(store.identity.id), sealer }));
};
