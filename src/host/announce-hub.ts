import type { Log } from '../engine/log.ts';
import type { Office } from '../journal/store.ts';
import { connectFound } from './found-hub.ts';
import { electIn } from './machine-office.ts';
import { type HubFile, readHubFile, removeHubFile, writeHubFile } from './hub-file.ts';

const notFound = 'agents will not find this hub by themselves; give them its address';

export interface AnnounceOptions {
  readonly dataDir: string;
  readonly log: Log;
}

/**
 * Lets processes of the data directory find this hub, unless they find another one there; gives the way to take that
 * back. A hub that cannot be found still serves whoever knows its address, so what fails here is only a warning.
 */
export const announceHub = async (
  { dataDir, log }: AnnounceOptions,
  file: HubFile,
): Promise<() => Promise<void>> => {
  // The name that a lock of the journal's file had, so that hubs of both kinds keep out of each other's way.
  const office = await electIn(dataDir, 'hub.journal')('hub');
  if (office === undefined) {
    log.warn(await whyNot(dataDir));
    return async () => {};
  }
  try {
    await writeHubFile(dataDir, file);
  } catch (thrown) {
    log.warn(`hub.json cannot be written (${reasonOf(thrown)}): ${notFound}`);
  }
  return () => withdraw({ dataDir, log, office }, file);
};

/** The office is refused as well where nothing can be written, so the other hub has to answer to be believed in. */
const whyNot = async (dataDir: string): Promise<string> => {
  const other = await readHubFile(dataDir);
  const hub = other === undefined ? undefined : await connectFound(other, undefined);
  hub?.close();
  return other === undefined || hub === undefined
    ? `this hub may not write hub.json, or another one is about to: ${notFound}`
    : `a hub with URL ${other.url} already serves this data directory (version ${hub.version}, process ${other.pid}): ${notFound}`;
};

const withdraw = async (
  { dataDir, log, office }: Pick<AnnounceOptions, 'dataDir' | 'log'> & { readonly office: Office },
  { pid }: HubFile,
): Promise<void> => {
  try {
    await removeHubFile(dataDir, pid);
  } catch (thrown) {
    log.warn(`hub.json cannot be removed (${reasonOf(thrown)})`);
  }
  await office.resign();
};

const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
