import { join } from 'node:path';
import { profileNames } from '../../areas/access/limits.ts';
import { nearestName } from '../../kernel/nearest.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { quoted, repeatable } from '../../kernel/text.ts';
import { socketPathIn, unixAddress } from '../../surfaces/http/address.ts';
import type { Listen } from '../../surfaces/http/listen.ts';
import { type Secret, secretIn } from '../secrets/secret.ts';
import { referenceIn } from '../secrets/references.ts';
import type { FileValues } from './file.ts';
import {
  type Found,
  type Surroundings,
  homeIn,
  placesOfFiles,
  textOf,
  usualDataDir,
  xdgFolder,
} from './find-files.ts';
import { faultIn, socketPathFault, switchIn, textForm, wholePath } from './forms.ts';
import { type Key, type KeyName, keyNames, keys, logLevels, memberOf } from './keys.ts';
import { lockTtlsOf, usualLockTtls } from './lock-ttls.ts';
import { oauthOf } from './oauth.ts';
import { otelEndpoint } from './otel.ts';
import type { Settings } from './settings.ts';
import { databaseKeys, platformVariables, storeNameIn, storeSettingsOf } from './store.ts';
import { webSettingsOf } from './web.ts';

/** Where a value comes from. */
export type Origin =
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'file'; readonly path: string; readonly line: number }
  | { readonly kind: 'default' };

/** What the process is told from outside, and for each key where that was said. */
export interface Configuration {
  readonly settings: Settings;
  readonly origins: ReadonlyMap<KeyName, Origin>;
  /**
   * The value of each key as text, whole paths where there are paths; absent where nothing was said and none is given. Of
   * a secret it is the reference, or `***` where there is none.
   */
  readonly values: ReadonlyMap<KeyName, string>;
  /** The files that were read, the nearest first. */
  readonly files: readonly string[];
  /** What looks like a mistake and is none for certain. */
  readonly warnings: readonly string[];
}

/** What was typed; `true` for a switch without a value. */
export type KeyFlags = Readonly<Partial<Record<KeyName, string | boolean>>>;

interface Said {
  readonly text: string;
  /** It stands for itself, though it looks like a reference. */
  readonly literal?: boolean;
  readonly origin: Origin;
  /** How near to the call this was said: what is nearer prevails. */
  readonly distance: number;
  /** Where a path that is not whole begins. */
  readonly folder: string;
}

/** Something that was said and cannot be, and where. */
export interface Fault {
  readonly refusal: Refusal;
  readonly at: { readonly kind: 'flag' } | Environment | { readonly kind: 'file'; readonly path: string };
}

type Environment = Extract<Origin, { readonly kind: 'environment' }>;

/** The configuration, or the refusal of the first thing in it that cannot be. */
export const readConfiguration = async (
  flags: KeyFlags,
  surroundings: Surroundings,
): Promise<Outcome<Configuration>> => {
  const { configuration, faults } = await readWithFaults(flags, surroundings);
  return faults[0]?.refusal ?? ok(configuration);
};

/**
 * Flag before environment before env files before the repository's file before the person's own before default. What cannot be counts as
 * not said, and of a file with a fault nothing is.
 */
export const readWithFaults = async (
  flags: KeyFlags,
  surroundings: Surroundings,
): Promise<{ readonly configuration: Configuration; readonly faults: readonly Fault[] }> => {
  const { env } = surroundings;
  const said = new Map<KeyName, Said>();
  const faults: Fault[] = [...fromOutside(flags, surroundings, said), ...fromEnvFiles(surroundings, said)];
  const config = said.get('config');
  const read = await readFiles(placesOfFiles(surroundings, config?.text), config?.origin);
  faults.push(...read.faults);
  for (const [index, { found, values }] of read.files.entries()) {
    for (const [name, { text, line }] of values) {
      const origin: Origin = { kind: 'file', path: found.path, line };
      if (!said.has(name))
        said.set(name, { text, origin, distance: nearest.file + index, folder: join(found.path, '..') });
    }
  }
  faults.push(...fromPlatform(surroundings, said));
  const values = textsOf(said, { home: homeIn(env) });
  const listen = listenOf(said, values);
  if (!listen.ok) faults.push({ refusal: listen, at: faultPlace(said.get('listen')?.origin) });
  const lockTtls = lockTtlsOf(values);
  if (!lockTtls.ok) faults.push({ refusal: lockTtls, at: faultPlace(said.get('lock-ttl')?.origin) });
  const debug = switchIn(values.get('debug') ?? '') ?? false;
  const configuration: Configuration = {
    settings: {
      ...directories(env, values),
      listen: listen.ok ? listen.value : onPort(values),
      auth: switchIn(values.get('insecure-no-auth') ?? '') !== true,
      rateLimits: profileNames.find((name) => name === values.get('rate-limits')) ?? 'laptop',
      web: webSettingsOf(values),
      store: storeSettingsOf(values, (name) => secretOf(name, said, env)),
      encryptionKey: secretOf('encryption-key', said, env),
      workspace: values.get('workspace'),
      agent: values.get('agent'),
      mode: values.get('mode'),
      url: values.get('url'),
      token: secretOf('token', said, env),
      oauth: oauthOf(values, {
        listen: listen.ok ? listen.value : onPort(values),
        clientSecret: secretOf('oauth-client-secret', said, env),
      }),
      lockTtls: lockTtls.ok ? lockTtls.value : usualLockTtls,
      logLevel: debug ? 'debug' : (logLevels.find((level) => level === values.get('log-level')) ?? 'warn'),
      debug,
      otelEndpoint: otelEndpoint(values.get('otel-endpoint'), env),
    },
    origins: new Map(keyNames.map((name) => [name, said.get(name)?.origin ?? { kind: 'default' }])),
    values,
    files: read.files.map(({ found }) => found.path),
    warnings: unknownVariables([...Object.keys(env), ...(surroundings.envFiles?.variables ?? [])]),
  };
  return { configuration, faults };
};

const faultPlace = (origin: Origin | undefined): Fault['at'] =>
  origin === undefined || origin.kind === 'default' ? { kind: 'flag' } : origin;

const nearest = { flag: 0, environment: 1, envFile: 2, file: 3, default: 9 } as const;

/** Takes what flags and environment say; what of it cannot be. */
const fromOutside = (
  flags: KeyFlags,
  { env, cwd, flagNames = {} }: Surroundings,
  said: Map<KeyName, Said>,
): readonly Fault[] =>
  keyNames.flatMap((name) => {
    const { variable } = keys[name];
    const flag = flags[name];
    // A variable that is empty counts as none, where nothing depends on it: it is how scripts take one back.
    const text = flag === undefined ? env[variable] || undefined : String(flag);
    if (flag === undefined && env[variable] === '' && keys[name].neverEmpty === true)
      return [{ refusal: emptyVariable(variable), at: { kind: 'environment', variable } }];
    if (text === undefined) return [];
    const why = faultInSaid(keys[name], text);
    const origin =
      flag === undefined
        ? ({ kind: 'environment', variable } as const)
        : ({ kind: 'flag', flag: `--${flagNames[name] ?? name}` } as const);
    if (why !== undefined) return [{ refusal: cannotBe(keys[name], { text, why, origin }), at: origin }];
    const distance = flag === undefined ? nearest.environment : nearest.flag;
    said.set(name, { text, origin, distance, folder: cwd });
    return [];
  });

/** Takes what env files say of what is not said yet; what of it cannot be. */
const fromEnvFiles = ({ envFiles, cwd }: Surroundings, said: Map<KeyName, Said>): readonly Fault[] =>
  keyNames.flatMap((name) => {
    const { variable } = keys[name];
    const found = envFiles?.said.get(variable);
    if (found === undefined || said.has(name)) return [];
    if (found.text === '' && keys[name].neverEmpty === true)
      return [
        { refusal: emptyVariable(variable, found), at: { kind: 'file', path: found.path, line: found.line } },
      ];
    if (found.text === '') return [];
    const { text, path, line, literal, isSecret } = found;
    const why = faultInSaid(keys[name], text, literal);
    const origin = { kind: 'file', path, line } as const;
    if (why !== undefined)
      return [
        {
          refusal: isSecret ? uselessSecret(variable, origin) : cannotBe(keys[name], { text, why, origin }),
          at: origin,
        },
      ];
    const folder = keys[name].secret === true ? join(path, '..') : cwd;
    said.set(name, { text, literal, origin, distance: nearest.envFile, folder });
    return [];
  });

/** Takes the address of the database from where the platform says it, for the store that was chosen. */
const fromPlatform = ({ env, cwd }: Surroundings, said: Map<KeyName, Said>): readonly Fault[] => {
  const store = storeNameIn(said.get('store')?.text);
  if (store === 'sqlite') return [];
  const name = databaseKeys[store];
  const variable = platformVariables[name].find((one) => (env[one] ?? '') !== '');
  if (said.has(name) || variable === undefined) return [];
  const text = env[variable] ?? '';
  const origin = { kind: 'environment', variable } as const;
  const why = faultInSaid(keys[name], text);
  if (why !== undefined) return [{ refusal: cannotBe(keys[name], { text, why, origin }), at: origin }];
  said.set(name, { text, origin, distance: nearest.environment, folder: cwd });
  return [];
};

/** Of a secret that is to be looked up, it is not known yet. */
const faultInSaid = ({ form, secret }: Key, text: string, literal = false): string | undefined =>
  faultIn(secret === true && !literal && referenceIn(text) !== undefined ? textForm : form, text);

const secretOf = (
  name: KeyName,
  said: ReadonlyMap<KeyName, Said>,
  env: NodeJS.ProcessEnv,
): Secret | undefined => {
  const one = said.get(name);
  if (one === undefined) return undefined;
  const { text, literal = false, origin, distance, folder } = one;
  const variable = origin.kind === 'environment' ? origin.variable : keys[name].variable;
  const nearby = origin.kind === 'flag' ? origin.flag : variable;
  const called = distance < nearest.file ? nearby : memberOf(name);
  const place = origin.kind === 'file' ? `${placeOf(origin)}: ${called}` : called;
  return secretIn({ text, literal, place, folder, form: keys[name].form }, env);
};

const emptyVariable = (variable: string, file?: { readonly path: string; readonly line: number }): Refusal =>
  refuse(
    'invalid_input',
    `${file === undefined ? '' : `${file.path}:${file.line}: `}${variable} is set and empty, as when a command that was to print the key has failed. Without a key everything would be stored as plain text, so nothing was done. Give it the key, or unset it.`,
  );

/** Neither what was found nor why it cannot be, which may repeat it. */
const uselessSecret = (variable: string, origin: Origin): Refusal =>
  refuse(
    'invalid_input',
    `${placeOf(origin)}: what was looked up for ${variable} cannot be its value. See what stands there.`,
  );

const quotedCharactersMax = 60;

const cannotBe = (
  { secret }: Key,
  { text, why, origin }: { readonly text: string; readonly why: string; readonly origin: Origin },
): Refusal => {
  const shown = secret === true ? 'what it is' : quoted(repeatable(text, quotedCharactersMax));
  return refuse(
    'invalid_input',
    `${placeOf(origin)} cannot be ${shown}: ${why}. Give another, or leave it out.`,
  );
};

/** Where something was said, in a word or two. */
export const placeOf = (origin: Origin): string => {
  switch (origin.kind) {
    case 'flag':
      return origin.flag;
    case 'environment':
      return origin.variable;
    case 'file':
      return `${origin.path}:${origin.line}`;
    case 'default':
      return 'default';
  }
};

interface ReadFile {
  readonly found: Found;
  readonly values: FileValues;
}

/** What reads YAML is loaded only where there is some. `naming`: where the one file to read was named. */
const readFiles = async (
  places: readonly Found[],
  naming: Origin | undefined,
): Promise<{ readonly files: readonly ReadFile[]; readonly faults: readonly Fault[] }> => {
  const files: ReadFile[] = [];
  const faults: Fault[] = [];
  for (const found of places) {
    const text = textOf(found);
    if (!text.ok) {
      const misnamed = found.kind === 'named' && (text.code === 'not_found' || text.code === 'invalid_input');
      const at = misnamed ? faultPlace(naming) : ({ kind: 'file', path: found.path } as const);
      faults.push({ refusal: text, at });
    }
    if (!text.ok || text.value === undefined) continue;
    const { readFileText } = await import('./file.ts');
    const values = readFileText(text.value, found);
    if (values.ok) files.push({ found, values: values.value });
    else faults.push({ refusal: values, at: { kind: 'file', path: found.path } });
  }
  return { files, faults };
};

/** Keys that name a file or a folder. */
const paths: ReadonlySet<KeyName> = new Set(['data-dir', 'archives', 'config', 'tls-cert', 'tls-key']);

/** What each key is, with whole paths. */
const textsOf = (
  said: ReadonlyMap<KeyName, Said>,
  { home }: { readonly home: string },
): ReadonlyMap<KeyName, string> =>
  new Map(
    keyNames.flatMap((name): [KeyName, string][] => {
      const one = said.get(name);
      if (one === undefined) {
        const fallback = keys[name].default;
        return fallback === undefined ? [] : [[name, fallback]];
      }
      const { text, folder } = one;
      if (keys[name].secret === true) {
        const shown = one.literal !== true && referenceIn(text) !== undefined ? text : '***';
        return [[name, shown]];
      }
      if (paths.has(name)) return [[name, wholePath(text, { folder, home })]];
      const socket = name === 'listen' || name === 'url' ? socketPathIn(text) : undefined;
      return [[name, socket === undefined ? text : unixAddress(wholePath(socket, { folder, home }))]];
    }),
  );

const directories = (
  env: NodeJS.ProcessEnv,
  values: ReadonlyMap<KeyName, string>,
): Pick<Settings, 'dataDir' | 'cacheDir'> => {
  const dataDir = values.get('data-dir');
  // With a data directory of its own, a hub keeps its cache there too, so that deleting the one deletes all of it.
  return dataDir === undefined
    ? {
        dataDir: usualDataDir(env),
        cacheDir: join(xdgFolder(env, 'XDG_CACHE_HOME', ['.cache']), 'signalbox'),
      }
    : { dataDir, cacheDir: join(dataDir, 'cache') };
};

/** A socket and a port exclude each other: what was said nearer to the call holds. */
const listenOf = (
  said: ReadonlyMap<KeyName, Said>,
  values: ReadonlyMap<KeyName, string>,
): Outcome<Listen> => {
  const distanceOf = (name: KeyName): number => said.get(name)?.distance ?? nearest.default;
  const rival = distanceOf('port') <= distanceOf('host') ? 'port' : 'host';
  const [socket, tcp] = [distanceOf('listen'), distanceOf(rival)];
  if (socket === tcp && socket !== nearest.default) {
    const [one, other] = [said.get('listen'), said.get(rival)].map((each) => each && placeOf(each.origin));
    return refuse(
      'invalid_input',
      `A hub listens on a socket or on a host and a port, and both are asked for (listen in ${one}, ${rival} in ${other}). Leave one out.`,
    );
  }
  const path = socketPathIn(values.get('listen') ?? '');
  if (path === undefined || tcp < socket) return ok(onPort(values));
  const why = socketPathFault(path);
  return why === undefined
    ? ok({ kind: 'unix', path })
    : refuse('invalid_input', `The hub cannot listen there: ${why}. Choose a shorter one.`);
};

const onPort = (values: ReadonlyMap<KeyName, string>): Listen => ({
  kind: 'tcp',
  host: values.get('host') ?? '',
  port: Number(values.get('port')),
  ...(values.has('tls-cert') && { secure: true }),
});

const prefix = 'SIGNALBOX_';

/** Variables that are named almost like ours. Others of that prefix may belong to somebody else. */
const unknownVariables = (variables: readonly string[]): readonly string[] => {
  const known = keyNames.map((name) => keys[name].variable.slice(prefix.length).toLowerCase());
  return variables.flatMap((variable) => {
    if (!variable.startsWith(prefix)) return [];
    const rest = variable.slice(prefix.length).toLowerCase();
    const near = known.includes(rest) ? undefined : nearestName(rest, known);
    return near === undefined
      ? []
      : [`${variable} is no setting and changes nothing. Did you mean ${prefix}${near.toUpperCase()}?`];
  });
};
