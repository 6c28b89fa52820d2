import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { unknownWorkspace } from '../areas/workspaces/decide.ts';
import { findWorkspace } from '../areas/workspaces/model.ts';
import type { Log } from '../engine/log.ts';
import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import type { Settings } from './configuration/settings.ts';
import { openJournals } from './open-hub.ts';
import { lookUpWorkspace } from './workspace-resolution/settle.ts';
import { wantedWorkspace } from './workspace-resolution/wanted.ts';
import { journalPath } from './workspaces.ts';

export interface WantedJournal {
  readonly workspace: string;
  readonly path: string;
}

/**
 * The journal of the workspace that a command is about. Its file keeps the first name of the workspace, so the list of
 * workspaces has to say which it is.
 */
export const wantedJournal = async (settings: Settings, log: Log): Promise<Outcome<WantedJournal>> => {
  const { dataDir } = settings;
  if (!existsSync(join(dataDir, 'hub.journal')))
    return refuse(
      'workspace_unknown',
      `There is no workspace in ${dataDir} yet, so there is nothing to verify. Name another data directory with --data-dir.`,
      { dataDir },
    );
  const wanted = await wantedWorkspace(settings, log);
  if (!wanted.ok) return wanted;
  const workspaces = await openJournals(settings, { log, ticksFirst: false, brief: true });
  if (!workspaces.ok) return workspaces;
  // None is made by looking at it.
  const meant = await lookUpWorkspace(wanted.value, workspaces.value);
  const found = meant.ok
    ? findWorkspace(workspaces.value.hub.engine.slices.workspaces, meant.value.name)
    : undefined;
  await workspaces.value.close();
  if (!meant.ok) return meant;
  return found === undefined
    ? unknownWorkspace(meant.value.name)
    : ok({ workspace: found.name, path: journalPath(dataDir, found.file) });
};
