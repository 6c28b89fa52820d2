import { writtenDescription } from '../catalogue/written-description.ts';
import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { faultInName } from '../kernel/names.ts';
import { quoted, repeatable } from '../kernel/text.ts';
import { writeJson } from '../surfaces/cli/plain.ts';
import type { Given } from './commands/command.ts';
import { lookOnce } from './look-once.ts';
import { repositoryHere } from './workspace-resolution/resolve.ts';
import { thisProcess } from './workspace-resolution/wanted.ts';

const nameCharactersShown = 80;

/** Says a workspace in the git config of the repository, for every hub, where all its worktrees find it. */
export const useWorkspace = async ({
  words,
  configuration,
  terminal,
  log,
}: Given): Promise<Outcome<true>> => {
  const [name, extra] = words;
  if (name === undefined || extra !== undefined)
    return refuse(
      'invalid_input',
      'signalbox workspace use takes one name. Run signalbox workspace list to see all.',
    );
  const fault = faultInName('A workspace name', name);
  if (fault !== undefined)
    return refuse(
      'invalid_input',
      `${quoted(repeatable(name, nameCharactersShown))} is no name of a workspace: ${fault}. Run signalbox workspace list to see all.`,
    );
  const repository = await repositoryHere(thisProcess());
  if (!repository.ok) return repository;
  const { settings } = configuration;
  const found = await lookOnce(
    settings,
    { by: 'configuration', name },
    { catalogue: writtenDescription(), log },
  );
  if (!found.ok) return found;
  const said = await repository.value.say(found.value.name);
  if (!said.ok) return said;
  const value = { workspace: found.value.name, folder: repository.value.folder };
  if (terminal.json) writeJson(terminal, value);
  else {
    terminal.out.write(
      `Calls from the repository around ${value.folder} go to the workspace "${value.workspace}" from now on.\n`,
    );
    if (settings.workspace !== undefined && settings.workspace !== value.workspace)
      terminal.err.write(`"${settings.workspace}" is configured beside it, and that goes first.\n`);
  }
  return ok(true);
};
