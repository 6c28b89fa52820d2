import { type Outcome, type Refusal, ok } from '../kernel/errors.ts';
import { type RemoteHub, connectHub } from '../surfaces/http/client.ts';
import type { Settings } from './configuration/settings.ts';
import { connectFound } from './found-hub.ts';
import { readHubFile } from './hub-file.ts';
import { textOfSecret } from './secrets/secret.ts';
import { tokenFor } from './token-for.ts';

export type HubWanted = Pick<Settings, 'dataDir' | 'url' | 'token'>;

/** The hub that calls from here go to, for what only a hub can answer; `missing` where none runs. */
export const servingHub = async (
  { url, token, dataDir }: HubWanted,
  missing: Refusal,
): Promise<Outcome<RemoteHub>> => {
  const shown = await (url === undefined ? textOfSecret(token) : tokenFor(url, { token, dataDir }));
  if (!shown.ok) return shown;
  if (url !== undefined) return connectHub(url, { token: shown.value });
  const file = await readHubFile(dataDir);
  const hub = file && (await connectFound(file, shown.value));
  return hub === undefined ? missing : ok(hub);
};
