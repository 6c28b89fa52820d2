/* A hub in this process over journals in memory, whose time passes only when it is told to. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operations } from '../../src/areas/operations.ts';
import { Catalogue } from '../../src/catalogue/catalogue.ts';
import { LocalHub } from '../../src/host/local-hub.ts';
import { Workspaces } from '../../src/host/workspaces.ts';
import { memoryStorage } from '../../src/stores/memory/storage.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { valueIn } from '../surfaces/serving.ts';

export interface FuzzedHub {
  readonly hub: LocalHub;
  readonly catalogue: Catalogue;
  readonly clock: ManualClock;
  readonly log: CollectedLog;
  readonly close: () => Promise<void>;
}

export const openFuzzedHub = async (): Promise<FuzzedHub> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-fuzz-'));
  const clock = new ManualClock();
  const log = new CollectedLog();
  const workspaces = valueIn(
    await Workspaces.open({
      cacheDir: dataDir,
      storage: memoryStorage(),
      clock,
      log,
      ticksFirst: false,
      // Nothing goes on beside the calls, so that one seed is one history.
      brief: true,
    }),
  );
  for (const name of ['main', 'shop']) valueIn(await workspaces.ensure(name));
  const catalogue = new Catalogue(operations);
  const hub = new LocalHub({
    workspaces,
    find: catalogue.find,
    defaultWorkspace: 'main',
    version: '0.0.0-fuzz',
    store: 'memory',
  });
  return {
    hub,
    catalogue,
    clock,
    log,
    close: async () => {
      await hub.close();
      await rm(dataDir, { recursive: true });
    },
  };
};
