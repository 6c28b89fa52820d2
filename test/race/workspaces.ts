import { systemClock } from '../../src/engine/clock.ts';
import { stderrLog } from '../../src/host/log.ts';
import { Workspaces } from '../../src/host/workspaces.ts';
import { sqliteStorage } from '../../src/stores/sqlite/storage.ts';

/** The journals of a data directory as a process without a hub opens them, with the workspace `main`. */
export const openWorkspaces = async (dataDir: string): Promise<Workspaces> => {
  const opened = await Workspaces.open({
    storage: sqliteStorage({ dataDir }),
    cacheDir: `${dataDir}/cache`,
    clock: systemClock,
    log: stderrLog({ logLevel: 'warn', debug: false }),
    ticksFirst: false,
  });
  if (!opened.ok) throw new Error(opened.message);
  const ensured = await opened.value.ensure('main');
  if (!ensured.ok) throw new Error(ensured.message);
  return opened.value;
};
