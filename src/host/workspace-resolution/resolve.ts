import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { mainWorkspace } from '../../areas/workspaces/names.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { isName } from '../../kernel/names.ts';
import { quoted, repeatable } from '../../kernel/text.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { type Git, type Said, gitIn, wordsOf } from './git.ts';
import type { Identity } from './identity.ts';

/** What a person says, in the repository's own config, which all its worktrees share. It holds at every hub. */
const saidKey = 'signalbox.workspace';

/**
 * What this program notes beside it holds at the hub that gave the name: at another one, the same name may be that of
 * another repository. Each hub has a key of its own, so that a note is one write and none is written over another.
 */
const notedKey = (hub: string): string => `signalbox.${hub}.workspace`;
const configKeys = String.raw`^signalbox\.(.*\.)?workspace$`;

/** The repository around a folder. */
export interface LocalRepository {
  readonly folder: string;
  readonly identify: () => Promise<Identity>;
  /** The name that the git config notes for the hub with this id. */
  readonly notedFor: (hub: string | undefined) => string | undefined;
  /** Notes the name for the hub with this id. */
  readonly note: (hub: string, name: string) => Promise<Outcome<true>>;
  /** Writes the name into the git config as a person would, for every hub. */
  readonly say: (name: string) => Promise<Outcome<true>>;
}

/** Which workspace is meant, as far as that is known before a hub is asked. */
export type Wanted =
  /** By flag, environment or file. */
  | { readonly by: 'configuration'; readonly name: string }
  /** Said by a person in the git config. */
  | { readonly by: 'git config'; readonly name: string; readonly repository: LocalRepository }
  /** That of this repository, which may be noted for the hub that is asked, and may have to be made. */
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
  const names = await git('config', '--local', '--null', '--get-regexp', configKeys);
  // The usual answer for "not set" says as well that there is a repository.
  if (names.status === 0 || names.status === 1) {
    const config = configIn(names.out);
    const repository = repositoryAt({ folder: cwd, env, git, config });
    const said = config.get(saidKey);
    return said === undefined ? ok({ by: 'repository', repository }) : saidName(said, repository);
  }
  const main = { by: 'default', name: mainWorkspace } as const;
  if (names.status === 'missing') {
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
  if (isNowhere(where)) return ok({ ...main, because: undefined });
  return unanswered(cwd, where.status === 0 ? names : where);
};

/** As `--null` writes them: each key on a line of its own, then the value and a zero byte. The last of a key counts. */
const configIn = (out: string): ReadonlyMap<string, string> =>
  new Map(
    out.split('\0').map((line) => {
      const [key = '', ...value] = line.split('\n');
      return [key, value.join('\n')];
    }),
  );

const saidName = (name: string, repository: LocalRepository): Outcome<Wanted> =>
  isName(name)
    ? ok({ by: 'git config', name, repository })
    : refuse(
        'invalid_input',
        `${saysOf(repository, name)}, which is no name of a workspace. Run signalbox workspace use NAME there, or ${unsay}.`,
        { folder: repository.folder },
      );

/** A workspace that a person names must be there: a slip of the pen makes none, and leads to no other board. */
export const saidOfNone = ({ name, repository }: Extract<Wanted, { readonly by: 'git config' }>): Refusal =>
  refuse(
    'workspace_unknown',
    `${saysOf(repository, name)}, and there is no workspace of that name. Run signalbox workspace use NAME there, ${unsay} for that of the repository, or signalbox workspace add ${name}.`,
    { workspace: name, folder: repository.folder },
  );

const saysOf = ({ folder }: LocalRepository, name: string): string =>
  `The git config of ${folder} says ${saidKey} = ${quoted(repeatable(name, 80))}`;

/** Leaves the choice to what is noted and to the repository itself. */
export const unsay = `git config --local --unset-all ${saidKey}`;

const repositoryAt = ({
  folder,
  env,
  git,
  config = new Map(),
}: {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly git: Git;
  readonly config?: ReadonlyMap<string, string>;
}): LocalRepository => {
  // Once per repository and hub, and when a person says it.
  const write = async (key: string, name: string): Promise<Outcome<true>> =>
    (await import('./write-config.ts')).writeConfig(folder, git, { key, name });
  return {
    folder,
    // Asked for once per repository and hub: from then on the name is noted.
    identify: async () => (await import('./identity.ts')).identify(folder, env),
    notedFor: (hub) => {
      const noted = hub === undefined ? undefined : config.get(notedKey(hub));
      return noted !== undefined && isName(noted) ? noted : undefined;
    },
    note: (hub, name) => write(notedKey(hub), name),
    say: (name) => write(saidKey, name),
  };
};

/** The repository that these commands work on, or the refusal that says that there is none. */
export const repositoryHere = async ({ cwd, env }: Place): Promise<Outcome<LocalRepository>> => {
  const git = gitIn(cwd, env);
  const where = await git('rev-parse', '--git-dir');
  if (where.status === 0) return ok(repositoryAt({ folder: cwd, env, git }));
  if (where.status === 'missing')
    return refuse(
      'invalid_state',
      'There is no program git on the PATH. Install git, or name the workspace with --workspace.',
    );
  if (!isNowhere(where)) return unanswered(cwd, where);
  return refuse(
    'invalid_state',
    `${cwd} is in no git repository, so there is nothing to remember a workspace for. Go to one, or name the workspace with --workspace or SIGNALBOX_WORKSPACE.`,
    { folder: cwd },
  );
};

/** Whether there is no repository around. A `.git` that leads to none is another matter. */
const isNowhere = ({ err }: Said): boolean => /not a git repository \(or any/.test(err);

/** Git says itself what to do about a folder that belongs to somebody else, and about a config that it cannot read. */
const unanswered = (cwd: string, said: Said): Refusal =>
  brokenLink(cwd, said) ??
  refuse(
    'invalid_state',
    `Git does not say which repository ${cwd} is in: ${wordsOf(said)}. Do what it says, or name the workspace with --workspace or SIGNALBOX_WORKSPACE.`,
    { folder: cwd },
  );

/** A linked worktree, or a submodule, whose repository was moved or taken away. */
const brokenLink = (cwd: string, { err }: Said): Refusal | undefined => {
  const target = /not a git repository: (.+)/.exec(err)?.[1];
  const around = repositoryAround(cwd);
  if (target === undefined || around === undefined) return undefined;
  const link = join(around, '.git');
  return refuse(
    'invalid_state',
    `${link} leads to ${repeatable(target, 400)}, and no repository is there. If that was moved, run git worktree repair ${shellWord(around)} in the folder where it is now; or name the workspace with --workspace or SIGNALBOX_WORKSPACE.`,
    { folder: cwd, link },
  );
};

/** Told without git: a folder above this one that has a `.git`. */
const repositoryAround = (cwd: string): string | undefined => {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
};
