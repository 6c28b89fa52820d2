import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { wholePath } from './forms.ts';

/** Where a process looks for what it is told. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly envFiles?: EnvFiles;
  /** What the flags of keys are called where that is not their own name. */
  readonly flagNames?: Readonly<Record<string, string>>;
}

/** What env files say of settings. */
export interface EnvFiles {
  /** By variable. */
  readonly said: ReadonlyMap<string, SaidInEnvFile>;
  /** All variables that are in them. */
  readonly variables: readonly string[];
}

/** A variable that an env file says. */
export interface SaidInEnvFile {
  readonly text: string;
  readonly path: string;
  readonly line: number;
  /** It stands for itself, whatever it looks like. */
  readonly literal: boolean;
  /** It was looked up elsewhere, so it is not repeated. */
  readonly isSecret: boolean;
}

/** A place where a configuration file may be. */
export interface Found {
  /** The repository's, the person's own, or one that was named. */
  readonly kind: 'project' | 'user' | 'named';
  readonly path: string;
}

const fileName = 'signalbox.yaml';
const fileBytesMax = 64 * 1024;

/** A folder by the XDG rules, by which a path that is not absolute counts as none. */
export const xdgFolder = (env: NodeJS.ProcessEnv, variable: string, fallback: readonly string[]): string => {
  const said = env[variable];
  return said !== undefined && isAbsolute(said) ? said : join(homeIn(env), ...fallback);
};

/** Where data is as long as nobody says otherwise. */
export const usualDataDir = (env: NodeJS.ProcessEnv): string =>
  join(xdgFolder(env, 'XDG_DATA_HOME', ['.local', 'share']), 'signalbox');

export const homeIn = ({ HOME: home }: NodeJS.ProcessEnv): string =>
  home !== undefined && isAbsolute(home) ? home : homedir();

/** The files to look for, the nearest first. `named` is one that stands for all of them. */
export const placesOfFiles = ({ env, cwd }: Surroundings, named: string | undefined): readonly Found[] => {
  if (named !== undefined)
    return [{ kind: 'named', path: wholePath(named, { folder: cwd, home: homeIn(env) }) }];
  return [
    { kind: 'project', path: join(topOfRepository(cwd) ?? cwd, fileName) },
    { kind: 'user', path: join(xdgFolder(env, 'XDG_CONFIG_HOME', ['.config']), 'signalbox', fileName) },
  ];
};

/** The folder of the repository that `from` lies in: the one with `.git`, a folder, or a file in linked worktrees. */
const topOfRepository = (from: string): string | undefined => {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
};

/** The text of a configuration file; undefined where there is none, unless it was named. */
export const textOf = ({ path, kind }: Found): Outcome<string | undefined> => {
  try {
    const found = statSync(path);
    // Reading a pipe would wait for whoever writes into it.
    if (!found.isFile())
      return refuse('invalid_input', `${path} is not a file, so it cannot be read as one. Take it away.`, {
        path,
      });
    const { size } = found;
    if (size > fileBytesMax)
      return refuse(
        'too_large',
        `The configuration file ${path} has ${size} bytes, and ${fileBytesMax} is the limit. Say less in it.`,
      );
    return ok(readFileSync(path, 'utf8'));
  } catch (thrown) {
    return withoutText(thrown, { path, kind });
  }
};

const withoutText = (thrown: unknown, { path, kind }: Found): Outcome<undefined> => {
  const reason = codeOf(thrown);
  const absent = reason === 'ENOENT' || reason === 'ENOTDIR';
  if (absent && kind !== 'named') return ok(undefined);
  return absent
    ? refuse('not_found', `There is no configuration file ${path}. Name another with --config.`, { path })
    : refuse(
        'forbidden',
        `The configuration file ${path} cannot be read (${reason}). Make it readable, or take it away.`,
        { path, reason },
      );
};

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
