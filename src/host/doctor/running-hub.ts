import { type RemoteHub, connectHub } from '../../surfaces/http/client.ts';
import type { Settings } from '../configuration/settings.ts';
import { connectFound } from '../found-hub.ts';
import { isAlive, readHubFile } from '../hub-file.ts';
import { textOfSecret } from '../secrets/secret.ts';

interface Running {
  readonly at: string;
  readonly hub: RemoteHub;
}

/** The hub that calls from here go to, if it answers. Where there is nobody to show a token to, none is looked up. */
const connected = async ({ url, dataDir, token }: Settings): Promise<Running | undefined> => {
  const file = url === undefined ? await readHubFile(dataDir) : undefined;
  // Tokens of others will be looked at there as well.
  const at = url ?? (file !== undefined && isAlive(file.pid) ? file.url : undefined);
  if (at === undefined) return undefined;
  const shown = await textOfSecret(token);
  if (!shown.ok) return undefined;
  const hub = file === undefined ? await namedHub(at, shown.value) : await connectFound(file, shown.value);
  return hub && { at, hub };
};

/** Its address. */
export const runningHub = async (settings: Settings): Promise<string | undefined> => {
  const running = await connected(settings);
  running?.hub.close();
  return running?.at;
};

/** What it says may be lost of what it acknowledged; undefined where that is nothing, or no hub runs. */
export const acceptedLoss = async (settings: Settings): Promise<string | undefined> => {
  const running = await connected(settings);
  if (running === undefined) return undefined;
  const { loss_window: window } = await running.hub.health();
  running.hub.close();
  return window;
};

const namedHub = async (url: string, token: string | undefined): Promise<RemoteHub | undefined> => {
  const named = await connectHub(url, { token });
  return named.ok ? named.value : undefined;
};
