import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { normalisedOrigin, originSchema } from '../../areas/workspaces/origin.ts';
import { isName, nameLengthMax } from '../../kernel/names.ts';
import { type Git, gitIn } from './git.ts';

/** By what a repository is told from others, and a name for its workspace. */
export interface Identity {
  readonly origin: string;
  /** The first commit, unless nothing is committed yet or the clone does not reach back to it. */
  readonly rootCommit: string | undefined;
  readonly suggested: string;
}

/** How many clones of clones on this machine are followed to where they come from. */
const clonesMax = 8;

export const identify = async (folder: string, env: NodeJS.ProcessEnv): Promise<Identity> => {
  const git = gitIn(folder, env);
  const remote = await remoteOf(git);
  const [{ origin, named }, rootCommit] = await Promise.all([
    originOf({ folder, env, clones: 0 }),
    rootCommitOf(git, remote?.name),
  ]);
  return { origin, rootCommit, suggested: suggestedName(named) };
};

/** An origin, and the text whose last part names it. */
interface Origin {
  readonly origin: string;
  readonly named: string;
}

/**
 * Where a repository comes from. One without an origin is its own; and a path on this machine is not the origin, but
 * leads to it, so that clones which agents make of a repository beside it are that repository.
 */
const originOf = async (at: {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clones: number;
}): Promise<Origin> => {
  const { folder, env, clones } = at;
  const git = gitIn(folder, env);
  const common = await git('rev-parse', '--git-common-dir');
  if (common.status !== 0) return ownOrigin(await real(folder));
  const remote = await remoteOf(git);
  if (remote === undefined) return ownOrigin(await real(resolve(folder, common.out)));
  const path = localPath(remote.url);
  if (path === undefined) {
    const origin = normalisedOrigin(remote.url);
    return originSchema.safeParse(origin).success
      ? { origin, named: origin }
      : { ...ownOrigin(origin), named: origin };
  }
  const top = await git('rev-parse', '--show-toplevel');
  const target = resolve(top.status === 0 && top.out !== '' ? top.out : folder, path);
  return clones === clonesMax ? ownOrigin(target) : originOf({ folder: target, env, clones: clones + 1 });
};

/** A path says nothing on another machine, and what it is called is nobody's business there. */
const ownOrigin = (path: string): Origin => ({
  origin: `local/${createHash('sha256').update(`${hostname()}\0${path}`).digest('hex').slice(0, 32)}`,
  named: basename(path) === '.git' ? dirname(path) : path.replace(/\.git$/, ''),
});

/** The path itself where it leads nowhere. */
const real = (path: string): Promise<string> => realpath(path).catch(() => path);

/** The remote called `origin`, or the only one there is, with its address as git would use it. */
const remoteOf = async (git: Git): Promise<{ readonly name: string; readonly url: string } | undefined> => {
  const { out } = await git('remote');
  const names = out.split('\n').filter((name) => name !== '');
  const name = names.includes('origin') ? 'origin' : names.length === 1 ? names[0] : undefined;
  if (name === undefined) return undefined;
  const url = await git('remote', 'get-url', name);
  return url.status === 0 && url.out !== '' ? { name, url: url.out } : undefined;
};

/** As git tells them apart: a path has no scheme, and no colon before its first slash, but for a drive. */
const localPath = (url: string): string | undefined => {
  if (/^file:\/\//i.test(url)) {
    try {
      return fileURLToPath(url);
    } catch {
      return undefined;
    }
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return undefined;
  return /^[^/]{2,}:/.test(url) && !/^[a-z]:/i.test(url) ? undefined : url;
};

/**
 * Of the branch that clones begin with, or else the present one, along the line of first parents: this stays the same
 * when other histories are merged in, whatever branch somebody is on.
 */
const rootCommitOf = async (git: Git, remote: string | undefined): Promise<string | undefined> => {
  const shallow = await git('rev-parse', '--is-shallow-repository');
  if (shallow.out !== 'false') return undefined;
  const heads = remote === undefined ? ['HEAD'] : [`refs/remotes/${remote}/HEAD`, 'HEAD'];
  for (const head of heads) {
    const { status, out } = await git('rev-list', '--max-parents=0', '--first-parent', head, '--');
    if (status === 0 && /^[0-9a-f]+$/.test(out)) return out;
  }
  return undefined;
};

/** The last part of a path, made of what names may hold. */
const suggestedName = (path: string): string => {
  const last = path.split(/[/\\]/).findLast((part) => part !== '') ?? '';
  const name = last
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replaceAll(/\.{2,}/g, '.')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, nameLengthMax)
    .replace(/(?<![.-])[.-]+$/, '');
  return isName(name) ? name : 'repository';
};
