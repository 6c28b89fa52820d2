import { type Outcome, ok } from '../../kernel/errors.ts';
import type { KeyFlags } from '../configuration/configuration.ts';
import type { EnvFiles, SaidInEnvFile } from '../configuration/find-files.ts';
import { keyNames, keys } from '../configuration/keys.ts';
import type { Place } from '../workspace-resolution/resolve.ts';
import { readEnvFiles } from './read-env-files.ts';
import { resolveVariables } from './resolve-variables.ts';

/** A Ctrl-C ends this process at once, and what it has started to look something up with it. */
const uninterrupted = { early: new AbortController().signal, exit: () => undefined };

/**
 * What env files say of the settings. What else they say is for others and not looked up, and neither is
 * what a flag or the environment says already. A secret is looked up when it is needed.
 */
export const settingsInEnvFiles = async (
  paths: readonly string[],
  flags: KeyFlags,
  place: Place,
): Promise<Outcome<EnvFiles>> => {
  const read = await readEnvFiles(paths, place);
  if (!read.ok) return read;
  const open = keyNames.filter((name) => flags[name] === undefined && !place.env[keys[name].variable]);
  const found = open.map((name) => [keys[name], read.value.get(keys[name].variable)] as const);
  const wanted = found.flatMap(([{ secret }, variable]) => (secret === true ? [] : (variable ?? [])));
  const secrets = found.flatMap(([{ secret }, variable]) => (secret === true ? (variable ?? []) : []));
  const values = await resolveVariables(wanted, { env: place.env, signals: uninterrupted });
  if (!values.ok) return values;
  const said = wanted.map(({ name, text, path, line }): readonly [string, SaidInEnvFile] => {
    const value = values.value[name] ?? '';
    return [name, { text: value, path, line, literal: true, isSecret: value !== text }];
  });
  const later = secrets.map((variable) => [variable.name, { ...variable, isSecret: false }] as const);
  return ok({ said: new Map([...said, ...later]), variables: [...read.value.keys()] });
};
