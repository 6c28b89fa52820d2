import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findWorkspace } from '../areas/workspaces/model.ts';
import { unknownWorkspace } from '../areas/workspaces/decide.ts';
import type { Log } from '../engine/log.ts';
import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { writeJson } from '../surfaces/cli/plain.ts';
import type { Given } from './commands/command.ts';
import type { Settings } from './configuration/settings.ts';
import { checkJournal, entriesIn } from './journal-check.ts';
import { openJournals } from './open-hub.ts';
import { lookUpWorkspace } from './workspace-resolution/settle.ts';
import { wantedWorkspace } from './workspace-resolution/wanted.ts';
import { journalPath } from './workspaces.ts';

/** Reads the whole journal of the workspace and says how many entries are good, or which is the first bad one. */
export const verifyWorkspace = async ({ configuration, terminal, log }: Given): Promise<Outcome<true>> => {
  const path = await pathOf(configuration.settings, log);
  if (!path.ok) return path;
  const checked = await checkJournal(path.value);
  if (!checked.ok) return checked;
  const { entries, chain } = checked.value;
  if (terminal.json) writeJson(terminal, { journal: path.value, entries, chain });
  else terminal.out.write(`${path.value}: ${entriesIn(entries)}, all good; the chain ends in ${chain}\n`);
  return ok(true);
};

/** The journal's file keeps the first name of the workspace, so the list of workspaces has to say which it is. */
const pathOf = async (settings: Settings, log: Log): Promise<Outcome<string>> => {
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
  return found === undefined ? unknownWorkspace(meant.value.name) : ok(journalPath(dataDir, found.file));
};
