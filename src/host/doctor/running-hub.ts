import { connectHub } from '../../surfaces/http/client.ts';
import type { Settings } from '../configuration/settings.ts';
import { connectFound } from '../found-hub.ts';
import { isAlive, readHubFile } from '../hub-file.ts';
import { textOfSecret } from '../secrets/secret.ts';

/** The hub that calls from here go to, if it answers. */
export const runningHub = async ({ url, dataDir, token }: Settings): Promise<string | undefined> => {
  const shown = await textOfSecret(token);
  if (!shown.ok) return undefined;
  if (url !== undefined) {
    const named = await connectHub(url, { token: shown.value });
    if (named.ok) named.value.close();
    return named.ok ? url : undefined;
  }
  const file = await readHubFile(dataDir);
  // Tokens of others are looked at there as well.
  const found = file === undefined || !isAlive(file.pid) ? undefined : await connectFound(file, shown.value);
  found?.close();
  return found === undefined ? undefined : file?.url;
};
