import { writtenDescription } from '../catalogue/written-description.ts';
import { join } from 'node:path';
import { type Outcome, ok } from '../kernel/errors.ts';
import { answerText } from '../surfaces/cli/answer.ts';
import { writeJson } from '../surfaces/cli/plain.ts';
import type { Given } from './commands/command.ts';
import type { Origin } from './configuration/configuration.ts';
import { type ShownWorkspace, calledSo, workspacesOf } from './far-workspaces.ts';
import { type OpenedOnce, askFor, openOnce } from './open-once.ts';
import { mcpAddress } from './mcp-address.ts';
import type { Wanted } from './workspace-resolution/resolve.ts';
import { thisProcess, wantedWorkspace } from './workspace-resolution/wanted.ts';

/** Says which workspace calls from here go to. That of a repository is made and remembered, as by any other command. */
export const showWorkspace = async ({ configuration, terminal, log }: Given): Promise<Outcome<true>> => {
  const { settings, origins } = configuration;
  const wanted = await wantedWorkspace(settings, log);
  if (!wanted.ok) return wanted;
  const opened = await openOnce(settings, { catalogue: writtenDescription(), log });
  if (!opened.ok) return opened;
  const found = await workspaceThere(opened.value);
  await opened.value.close();
  if (!found.ok) return found;
  const { name, origin, root_commit, former_names, journal } = found.value;
  const { url } = opened.value;
  const here = settings.url === undefined && journal !== undefined;
  const value = {
    workspace: name,
    by: byOf(wanted.value, origins.get('workspace')),
    because: becauseOf(wanted.value, origins.get('workspace')),
    origin,
    root_commit,
    former_names: former_names.length === 0 ? undefined : former_names,
    journal: here ? join(settings.dataDir, journal) : journal,
    hub: url,
    mcp: url?.startsWith('http:') ? mcpAddress(url, name) : undefined,
  };
  if (terminal.json) writeJson(terminal, value);
  else terminal.out.write(await answerText(value, terminal));
  return ok(true);
};

/** The workspace of calls that name none, which this makes sure of. */
export const workspaceThere = async ({ hub, workspace }: OpenedOnce): Promise<Outcome<ShownWorkspace>> => {
  const ask = askFor(hub);
  // Any question about the workspace will do.
  const asked = await ask('mode_get', {}, workspace);
  if (!asked.ok) return asked;
  const items = await workspacesOf(ask);
  if (!items.ok) return items;
  return ok(calledSo(items.value, workspace) ?? { name: workspace, former_names: [] });
};

const byOf = ({ by }: Wanted, origin: Origin | undefined): string =>
  by === 'configuration' ? (origin?.kind ?? by) : by;

const becauseOf = (wanted: Wanted, origin: Origin | undefined): string => {
  switch (wanted.by) {
    case 'configuration':
      return saidBy(origin);
    case 'git config':
      return `the git config of the repository around ${wanted.repository.folder} says so`;
    case 'repository':
      return `it is that of the repository around ${wanted.repository.folder}, and noted in its git config now`;
    case 'default':
      return wanted.because ?? `${thisProcess().cwd} is in no git repository`;
  }
};

const saidBy = (origin: Origin | undefined): string => {
  switch (origin?.kind) {
    case 'flag':
      return `the flag ${origin.flag} says so`;
    case 'environment':
      return `the variable ${origin.variable} says so`;
    case 'file':
      return `line ${origin.line} of ${origin.path} says so`;
    case 'default':
    case undefined:
      return 'the configuration says so';
  }
};
