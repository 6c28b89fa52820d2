import { secondMs } from '../kernel/instants.ts';
import { type RemoteHub, connectHub } from '../surfaces/http/client.ts';
import { type HubFile, isAlive } from './hub-file.ts';

/** A hub on this machine answers at once, and who started this process waits. */
const foundTimeoutMs = secondMs;

/**
 * The hub that the file speaks of; undefined when it is gone, also when another one answers at its address by now.
 * `token`: who calls it, when that is not whoever can read the file. It outlasts the hub, so it is shown only as long as
 * the process lives that wrote the file: everybody can say the id of a hub.
 */
export const connectFound = async (
  { url, id, pid, token: ofFile, certificate }: HubFile,
  token: string | undefined,
): Promise<RemoteHub | undefined> => {
  const isThere = token === undefined ? undefined : () => isAlive(pid);
  if (isThere?.() === false) return undefined;
  const hub = await connectHub(url, {
    timeoutMs: foundTimeoutMs,
    token: token ?? ofFile,
    isThere,
    certificate,
  });
  if (!hub.ok) return undefined;
  if (hub.value.id === id) return hub.value;
  hub.value.close();
  return undefined;
};
