import { join } from 'node:path';
import { verify } from '../journal/journal.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import { openSqliteStore } from '../stores/sqlite/sqlite-store.ts';
import type { Terminal } from '../surfaces/cli/terminal.ts';
import { type Settings, workspaceOf } from './configuration/settings.ts';

/** Reads the whole journal of the workspace and says how many entries are good, or which is the first bad one. */
export const verifyWorkspace = async (settings: Settings, terminal: Terminal): Promise<Outcome<unknown>> => {
  const path = join(settings.dataDir, 'workspaces', `${workspaceOf(settings).toLowerCase()}.journal`);
  const store = await openSqliteStore({ path, create: 'must-exist' });
  if (!store.ok) return store;
  const verified = await verify(store.value);
  await store.value.close();
  if (!verified.ok) return verified;
  const { entries, chain } = verified.value;
  return ok(terminal.out.write(`${path}: ${entries} entries, all good; the chain ends in ${chain}\n`));
};
