import { type Outcome, refuse } from '../../kernel/errors.ts';
import { readHubFile } from '../hub-file.ts';
import { electIn } from '../machine-office.ts';

/**
 * Does what cannot be done beside a hub of the data directory. A hub that is started meanwhile is not announced, so that
 * no agent finds it by itself.
 */
export const withoutHub = async <T>(
  dataDir: string,
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> => {
  const office = await electIn(dataDir, 'hub.journal')('hub');
  if (office === undefined) return atWork(dataDir);
  try {
    return await work();
  } finally {
    await office.resign();
  }
};

/** The same for several data directories. */
export const withoutHubs = <T>(
  dataDirs: readonly string[],
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> => {
  const [first, ...others] = [...new Set(dataDirs)];
  return first === undefined ? work() : withoutHub(first, () => withoutHubs(others, work));
};

const atWork = async (dataDir: string): Promise<Outcome<never>> => {
  const hub = await readHubFile(dataDir);
  return hub === undefined
    ? refuse(
        'storage_busy',
        `Another process has the data directory ${dataDir} for itself, or this user may not write there. Nothing was changed. Wait until it has ended, or look at the permissions, and try again.`,
        { dataDir },
      )
    : refuse(
        'invalid_state',
        `A hub is at work on the data directory ${dataDir} (${hub.url}, process ${hub.pid}). Nothing was changed. Stop it, and run this again.`,
        { dataDir, url: hub.url, pid: hub.pid },
      );
};
