import { type RemoteHub, connectHub } from '../../surfaces/http/client.ts';
import type { Settings } from '../configuration/settings.ts';
import { connectFound } from '../found-hub.ts';
import { isAlive, readHubFile } from '../hub-file.ts';
import { textOfSecret } from '../secrets/secret.ts';

/** The hub that calls from here go to, if it answers. Where there is nobody to show a token to, none is looked up. */
export const runningHub = async ({ url, dataDir, token }: Settings): Promise<string | undefined> => {
  const file = url === undefined ? await readHubFile(dataDir) : undefined;
  // Tokens of others will be looked at there as well.
  const at = url ?? (file !== undefined && isAlive(file.pid) ? file.url : undefined);
  if (at === undefined) return undefined;
  const shown = await textOfSecret(token);
  if (!shown.ok) return undefined;
  const found = file === undefined ? await namedHub(at, shown.value) : await connectFound(file, shown.value);
  found?.close();
  return found && at;
};

const namedHub = async (url: string, token: string | undefined): Promise<RemoteHub | undefined> => {
  const named = await connectHub(url, { token });
  return named.ok ? named.value : undefined;
};
