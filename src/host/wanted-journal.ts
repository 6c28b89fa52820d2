import { existsSync } from 'node:fs';
import { unknownWorkspace } from '../areas/workspaces/decide.ts';
import { findWorkspace } from '../areas/workspaces/model.ts';
import { hubName } from '../areas/workspaces/names.ts';
import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { readWatermark } from '../stores/sqlite/watermark.ts';
import { seeHelp } from '../surfaces/cli/flags.ts';
import { oneOf } from '../surfaces/cli/input.ts';
import type { Given } from './commands/command.ts';
import { type JournalOwner, journalOwners, ofFlag } from './commands/flags.ts';
import { openJournals } from './open-hub.ts';
import { lookUpWorkspace } from './workspace-resolution/settle.ts';
import { wantedWorkspace } from './workspace-resolution/wanted.ts';
import { hasJournals, hubJournalPath, journalPath } from './workspaces.ts';

export interface WantedJournal {
  /** What the workspace is called now; the hub's own journal has the name that no workspace can have. */
  readonly workspace: string;
  readonly path: string;
  /** Nothing was ever written there, so there is no file yet. */
  readonly empty: boolean;
}

/** Whose journal was asked for; undefined where nothing on the line says it. */
export const ownerAsked = (
  { flags }: Pick<Given, 'flags'>,
  command: string,
): Outcome<JournalOwner | undefined> => {
  const said = flags.get(ofFlag.name);
  const inWorkspace = flags.has('workspace');
  if (typeof said !== 'string') return ok(inWorkspace ? 'workspace' : undefined);
  const owner = oneOf(journalOwners, said, { flag: ofFlag.name, command });
  if (owner.ok && owner.value === 'hub' && inWorkspace)
    return refuse(
      'invalid_input',
      `--of hub is the hub's own journal, and --workspace names a workspace's: leave one of them out.${seeHelp({ command })}`,
    );
  return owner;
};

/** The journal that a command is about. */
export const wantedJournal = async (
  given: Pick<Given, 'configuration' | 'log'>,
  owner: JournalOwner,
): Promise<Outcome<WantedJournal>> => {
  const { dataDir } = given.configuration.settings;
  const path = hubJournalPath(dataDir);
  if (!wasBegun(path) && !(await hasJournals(dataDir)))
    return refuse(
      'workspace_unknown',
      `There is no workspace in ${dataDir} yet, so there is nothing to verify. Name another data directory with --data-dir.`,
      { dataDir },
    );
  return owner === 'hub' ? ok({ workspace: hubName, path, empty: false }) : ofWorkspace(given);
};

/** What lies beside a journal tells of it when the journal itself is gone. */
const wasBegun = (path: string): boolean => existsSync(path) || readWatermark(path) !== undefined;

/** Its file keeps the first name of the workspace, so the list of workspaces has to say which it is. */
const ofWorkspace = async ({
  configuration: { settings },
  log,
}: Pick<Given, 'configuration' | 'log'>): Promise<Outcome<WantedJournal>> => {
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
  if (found === undefined) return unknownWorkspace(meant.value.name);
  const path = journalPath(settings.dataDir, found.file);
  // The list learns the id of a journal before anything is written there.
  const empty = found.journal === undefined && !wasBegun(path);
  return ok({ workspace: found.name, path, empty });
};
