import { writtenDescription } from '../catalogue/written-description.ts';
import { join } from 'node:path';
import { freeName, mainWorkspace } from '../areas/workspaces/names.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import { answerText } from '../surfaces/cli/answer.ts';
import { writeJson } from '../surfaces/cli/plain.ts';
import type { Given } from './commands/command.ts';
import type { Origin } from './configuration/configuration.ts';
import type { Settings } from './configuration/settings.ts';
import { namesOf } from './far-workspaces.ts';
import { type Looked, lookOnce } from './look-once.ts';
import { mcpAddress } from './mcp-address.ts';
import { type Wanted, resolveWorkspace } from './workspace-resolution/resolve.ts';
import { thisProcess } from './workspace-resolution/wanted.ts';

/** Says which workspace calls from here go to. Looking makes none, and notes nothing. */
export const showWorkspace = async ({ configuration, terminal, log }: Given): Promise<Outcome<true>> => {
  const { settings, origins } = configuration;
  // What keeps git from being asked is told with the reason.
  const wanted = await resolveWorkspace({ configured: settings.workspace, ...thisProcess() });
  if (!wanted.ok) return wanted;
  const looked = await lookOnce(settings, wanted.value, { catalogue: writtenDescription(), log });
  if (!looked.ok) return looked;
  const { name, there, noted, shown, all, url } = looked.value;
  const taken = new Set(namesOf(all).map((other) => other.toLowerCase()));
  const value = {
    workspace: there || name === mainWorkspace ? name : freeName(name, (lower) => taken.has(lower)),
    by: noted ? 'git config' : byOf(wanted.value, origins.get('workspace')),
    because: becauseOf(wanted.value, { noted, origin: origins.get('workspace') }),
    ...(there ? thereOf(settings, { shown, url }) : { hub: url, remark: notThere }),
  };
  if (terminal.json) writeJson(terminal, value);
  else terminal.out.write(await answerText(value, terminal));
  return ok(true);
};

const notThere =
  'It is not there yet. The first command that needs it makes it, such as signalbox status; its address for clients of MCP stands here then.';

const thereOf = (settings: Settings, { shown, url }: Pick<Looked, 'shown' | 'url'>) => {
  if (shown === undefined) return { hub: url };
  const { name, origin, root_commit, former_names, journal } = shown;
  const here = settings.url === undefined && settings.store.kind === 'sqlite' && journal !== undefined;
  return {
    origin,
    root_commit,
    former_names: former_names.length === 0 ? undefined : former_names,
    journal: here ? join(settings.dataDir, journal) : journal,
    hub: url,
    mcp: url?.startsWith('http:') ? mcpAddress(url, name) : undefined,
  };
};

const byOf = ({ by }: Wanted, origin: Origin | undefined): string =>
  by === 'configuration' ? (origin?.kind ?? by) : by;

const becauseOf = (
  wanted: Wanted,
  { noted, origin }: { readonly noted: boolean; readonly origin: Origin | undefined },
): string => {
  switch (wanted.by) {
    case 'configuration':
      return saidBy(origin);
    case 'git config':
      return `the git config of the repository around ${wanted.repository.folder} says so`;
    case 'repository': {
      const { folder } = wanted.repository;
      return noted
        ? `the git config of the repository around ${folder} notes it for this hub`
        : `it is that of the repository around ${folder}`;
    }
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
