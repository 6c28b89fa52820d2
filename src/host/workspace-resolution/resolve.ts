import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { mainWorkspace, workspaceNameSchema } from '../../areas/workspaces/names.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { quoted, repeatable } from '../../kernel/ids.ts';
import { type Git, type Said, gitIn } from './git.ts';
import { type Identity, identify } from './identity.ts';

/** Where the name is remembered: in the repository's own config, which all its worktrees share. */
const configName = 'signalbox.workspace';

/** The repository around a folder. */
export interface LocalRepository {
  readonly folder: string;
  readonly identify: () => Promise<Identity>;
  /** Writes the name into the git config. */
  readonly remember: (name: string) => Promise<Outcome<true>>;
}

/** Which workspace is meant, as far as that is known before a hub is asked. */
export type Wanted =
  /** By flag, environment or file. */
  | { readonly by: 'configuration'; readonly name: string }
  /** Remembered in the git config. */
  | { readonly by: 'git config'; readonly name: string; readonly repository: LocalRepository }
  /** Not remembered yet: that of this repository, which may have to be made. */
  | { readonly by: 'repository'; readonly repository: LocalRepository }
  /** In no repository. `because` says why a repository that seems to be there could not be asked. */
  | { readonly by: 'default'; readonly name: string; readonly because: string | undefined };

/** Where a process is, and with what environment. */
export interface Place {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface Asked extends Place {
  /** What flag, environment or file say. */
  readonly configured: string | undefined;
}

/** Finds out which workspace is meant, from what was said and where this process is. */
export const resolveWorkspace = async ({ configured, cwd, env }: Asked): Promise<Outcome<Wanted>> => {
  if (configured !== undefined) return ok({ by: 'configuration', name: configured });
  const git = gitIn(cwd, env);
  const remembered = await git('config', '--local', '--get', configName);
  if (remembered.status === 0) return rememberedName(remembered.out, repositoryAt(cwd, env, git));
  // The usual answer for "not set" says as well that there is a repository.
  if (remembered.status === 1) return ok({ by: 'repository', repository: repositoryAt(cwd, env, git) });
  const main = { by: 'default', name: mainWorkspace } as const;
  if (remembered.status === 'missing') {
    const around = repositoryAround(cwd);
    return ok({
      ...main,
      because:
        around === undefined
          ? undefined
          : `${around} is a git repository, but there is no program git on the PATH to ask it`,
    });
  }
  const where = await git('rev-parse', '--git-dir');
  if (/not a git repository/.test(where.err)) return ok({ ...main, because: undefined });
  return unanswered(cwd, where.status === 0 ? remembered : where);
};

const rememberedName = (name: string, repository: LocalRepository): Outcome<Wanted> =>
  workspaceNameSchema.safeParse(name).success
    ? ok({ by: 'git config', name, repository })
    : refuse(
        'invalid_input',
        `The git config of ${repository.folder} says ${configName} = ${quoted(repeatable(name, 80))}, which is no name of a workspace. Run signalbox workspace use NAME there, or git config --local --unset-all ${configName}.`,
        { folder: repository.folder },
      );

const repositoryAt = (folder: string, env: NodeJS.ProcessEnv, git: Git): LocalRepository => ({
  folder,
  identify: () => identify(folder, env),
  remember: async (name) => {
    const written = await git('config', '--local', '--replace-all', configName, name);
    return written.status === 0
      ? ok(true)
      : refuse(
          'storage_read_only',
          `The name of the workspace cannot be written to the git config of ${folder} (${wordsOf(written)}). Name it with --workspace ${name} or SIGNALBOX_WORKSPACE instead.`,
          { folder },
        );
  },
});

/** The repository that these commands work on, or the refusal that says that there is none. */
export const repositoryHere = async ({ cwd, env }: Place): Promise<Outcome<LocalRepository>> => {
  const git = gitIn(cwd, env);
  const where = await git('rev-parse', '--git-dir');
  if (where.status === 0) return ok(repositoryAt(cwd, env, git));
  if (where.status === 'missing')
    return refuse(
      'invalid_state',
      'There is no program git on the PATH. Install git, or name the workspace with --workspace.',
    );
  if (!/not a git repository/.test(where.err)) return unanswered(cwd, where);
  return refuse(
    'invalid_state',
    `${cwd} is in no git repository, so there is nothing to remember a workspace for. Go to one, or name the workspace with --workspace or SIGNALBOX_WORKSPACE.`,
    { folder: cwd },
  );
};

/** Git says itself what to do about a folder that belongs to somebody else, and about a config that it cannot read. */
const unanswered = (cwd: string, said: Said): Refusal =>
  refuse(
    'invalid_state',
    `Git does not say which repository ${cwd} is in: ${wordsOf(said)}. Do what it says, or name the workspace with --workspace or SIGNALBOX_WORKSPACE.`,
    { folder: cwd },
  );

const wordsOf = ({ status, err }: Said): string =>
  status === 'stuck' && err === ''
    ? 'it did not answer in time'
    : repeatable(
        err
          .trim()
          .replace(/^fatal: /, '')
          .replaceAll(/\s+/g, ' '),
        400,
      );

/** Told without git: a folder above this one that has a `.git`. */
const repositoryAround = (cwd: string): string | undefined => {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
};
