import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalName, Storage } from '../../journal/storage.ts';
import type { Store } from '../../journal/store.ts';
import { replacingContract } from '../../testing/replacing.contract.ts';
import { type CreateStorage, storedKeysContract } from '../../testing/stored-keys.contract.ts';
import { opened } from '../../testing/store-files.ts';
import { sqliteStorage } from './storage.ts';

const create: CreateStorage = async (context) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-'));
  mkdirSync(join(dataDir, 'workspaces'));
  context.after(() => rmSync(dataDir, { recursive: true, force: true }));
  return async () => sqliteStorage({ dataDir });
};

replacingContract('sqlite', create);

storedKeysContract('sqlite', async (context) => {
  const open = await create(context);
  return async () => closing(await open());
});

/** Keys are asked for with the journal closed, as nobody may have it open while it is replaced. */
const closing = (storage: Storage): Storage => ({
  ...storage,
  open: async (name: JournalName) => {
    const outcome = await storage.open(name, 'may');
    const store: Store = opened(outcome);
    await store.close();
    return outcome;
  },
});
