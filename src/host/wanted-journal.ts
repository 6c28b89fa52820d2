import { unknownWorkspace } from '../areas/workspaces/decide.ts';
import { findWorkspace } from '../areas/workspaces/model.ts';
import { hubName } from '../areas/workspaces/names.ts';
import { type JournalName, type Storage, hubJournal, workspaceJournal } from '../journal/storage.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import { seeHelp } from '../surfaces/cli/flags.ts';
import { oneOf } from '../surfaces/cli/input.ts';
import type { Given } from './commands/command.ts';
import { type JournalOwner, journalOwners, ofFlag } from './commands/flags.ts';
import { openJournals } from './open-hub.ts';
import { nothingKept } from './upkeep/nothing-kept.ts';
import { lookUpWorkspace } from './workspace-resolution/settle.ts';
import { wantedWorkspace } from './workspace-resolution/wanted.ts';

export interface WantedJournal {
  /** What the workspace is called now; the hub's own journal has the name that no workspace can have. */
  readonly workspace: string;
  readonly journal: JournalName;
  /** Nothing was ever written there, so there is no journal yet. */
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
  storage: Storage,
): Promise<Outcome<WantedJournal>> => {
  const names = await storage.names();
  if (!names.ok) return names;
  if (names.value.length === 0) return nothingKept(storage, 'verify');
  return owner === 'hub'
    ? ok({ workspace: hubName, journal: hubJournal, empty: false })
    : ofWorkspace(given, storage);
};

/** Its file keeps the first name of the workspace, so the list of workspaces has to say which it is. */
const ofWorkspace = async (
  { configuration: { settings }, log }: Pick<Given, 'configuration' | 'log'>,
  storage: Storage,
): Promise<Outcome<WantedJournal>> => {
  const wanted = await wantedWorkspace(settings, log);
  if (!wanted.ok) return wanted;
  const workspaces = await openJournals(settings, { log, ticksFirst: false, brief: true, looks: true });
  if (!workspaces.ok)
    return workspaces.code === 'encryption_key_missing' && 'name' in wanted.value
      ? byFirstName(wanted.value.name, storage, workspaces)
      : workspaces;
  // None is made by looking at it.
  const meant = await lookUpWorkspace(wanted.value, workspaces.value);
  const found = meant.ok
    ? findWorkspace(workspaces.value.hub.engine.slices.workspaces, meant.value.name)
    : undefined;
  await workspaces.value.close();
  if (!meant.ok) return meant;
  if (found === undefined) return unknownWorkspace(meant.value.name);
  const journal = workspaceJournal(found.file);
  const begun = await storage.wasBegun(journal);
  // The list learns the id of a journal before anything is written there.
  return begun.ok
    ? ok({ workspace: found.name, journal, empty: found.journal === undefined && !begun.value })
    : begun;
};

/** Without the key to the list of workspaces, a journal is known by the name that its workspace had first. */
const byFirstName = async (
  name: string,
  storage: Storage,
  unread: Refusal,
): Promise<Outcome<WantedJournal>> => {
  const journal = workspaceJournal(name);
  const begun = await storage.wasBegun(journal);
  if (!begun.ok) return begun;
  return begun.value ? ok({ workspace: name, journal, empty: false }) : unread;
};
