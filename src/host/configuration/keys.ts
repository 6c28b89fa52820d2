import { profileNames } from '../../areas/access/limits.ts';
import {
  agentForm,
  choiceForm,
  listenForm,
  portForm,
  secondsForm,
  switchForm,
  textForm,
  tokenForm,
  urlForm,
  workspaceForm,
} from './forms.ts';
import type { Key } from './key.ts';
import { type OAuthKeyName, oauthKeyNames, oauthKeys } from './oauth-keys.ts';
import { type StoreKeyName, storeKeys } from './store-keys.ts';
import { otelForm } from './otel.ts';
import { type WebKeyName, webKeys } from './web-keys.ts';

export type { Key } from './key.ts';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;

export type KeyName =
  | 'host'
  | 'port'
  | 'listen'
  | 'insecure-no-auth'
  | 'rate-limits'
  | WebKeyName
  | StoreKeyName
  | 'workspace'
  | 'agent'
  | 'mode'
  | 'url'
  | 'token'
  | OAuthKeyName
  | 'lock-ttl'
  | 'lock-ttl-min'
  | 'lock-ttl-max'
  | 'log-level'
  | 'debug'
  | 'otel-endpoint'
  | 'config';

const serving = {
  host: {
    variable: 'SIGNALBOX_HOST',
    placeholder: 'NAME',
    meaning: '127.0.0.1; others need TLS or a proxy',
    description:
      'The address that the hub listens on. One that other machines reach needs a certificate (tls-cert, tls-key) or a proxy that ends TLS (behind-proxy), and a hub that asks who calls.',
    form: textForm,
    default: '127.0.0.1',
    files: 'own',
  },
  port: {
    variable: 'SIGNALBOX_PORT',
    placeholder: 'N',
    meaning: '8321; 0 = any free one',
    description: 'The port that the hub listens on; 0 stands for any free one.',
    form: portForm,
    default: '8321',
    files: 'own',
  },
  listen: {
    variable: 'SIGNALBOX_LISTEN',
    placeholder: 'unix:PATH',
    meaning: 'a Unix socket instead of host and port',
    description:
      'Makes the hub listen on a Unix socket, which only its owner can open, instead of on a host and a port. Clients of MCP then come through `signalbox mcp`.',
    form: listenForm,
    example: 'unix:~/.local/share/signalbox/hub.sock',
    files: 'own',
  },
  'insecure-no-auth': {
    variable: 'SIGNALBOX_INSECURE_NO_AUTH',
    placeholder: undefined,
    meaning: 'lets in everybody on this machine',
    description:
      "Makes the hub let in everybody who reaches it, as its owner. Without it a hub lets in only who shows a token: the first start leaves the owner's in the file `token` of the data directory, unless one is given in SIGNALBOX_TOKEN, and `signalbox token create` makes others. Commands and `signalbox mcp` on the same data directory come in by themselves.",
    form: switchForm,
    default: 'false',
    files: 'own',
  },
  'rate-limits': {
    variable: 'SIGNALBOX_RATE_LIMITS',
    placeholder: 'NAME',
    meaning: 'laptop; or shared: how many calls a minute',
    description:
      'How many calls a minute everybody may make, as long as rate_limit_update has not said otherwise: laptop, which no program reaches that waits for its answers, or shared, for a server that many use. docs/reference/rate-limits.md has the numbers.',
    form: choiceForm(profileNames),
    default: 'laptop',
    files: 'own',
  },
} as const satisfies Readonly<Partial<Record<KeyName, Key>>>;

const calling = {
  workspace: {
    variable: 'SIGNALBOX_WORKSPACE',
    placeholder: 'NAME',
    meaning: "the repository's, else main",
    description:
      'The workspace of calls that name none. Without it, the one that the git repository belongs to; outside of a repository, main.',
    form: workspaceForm,
    example: 'main',
    files: 'every',
  },
  agent: {
    variable: 'SIGNALBOX_AGENT',
    placeholder: 'NAME',
    meaning: 'the agent that calls, unless the call says it',
    description: 'The name of an agent that starts without giving one.',
    form: agentForm,
    example: 'ada',
    files: 'every',
  },
  mode: {
    variable: 'SIGNALBOX_MODE',
    placeholder: 'MODE',
    meaning: 'which tools mcp shows: minimal, standard, full, or categories',
    description:
      "Which tools `signalbox mcp` shows: minimal, standard, full, or categories with commas between them. Without it, the workspace's own mode.",
    form: textForm,
    example: 'standard',
    files: 'every',
  },
  url: {
    variable: 'SIGNALBOX_URL',
    placeholder: 'URL',
    meaning: 'a hub to use instead of the nearest',
    description:
      'The hub to call, as http://HOST:PORT, https://HOST:PORT or unix:PATH. A token is never sent to another machine without TLS. Without it, the one that serves the data directory; if there is none, the journals are opened directly.',
    form: urlForm,
    example: 'http://127.0.0.1:8321',
    files: 'own',
  },
  token: {
    variable: 'SIGNALBOX_TOKEN',
    placeholder: 'TOKEN',
    meaning: 'shows a hub who calls; sbx_...',
    description:
      "Shows a hub who calls. It needs not be given for the hub of one's own data directory. Where no hub runs, nobody asks for it: whoever can open the journals acts as the owner. For `signalbox serve` it is the token of the hub's owner, and then none is written to the data directory. It may be a reference, and in a file it has to be one: `${NAME}`, `file:PATH`, `cmd:COMMAND` or `op://VAULT/ITEM/FIELD`, which is looked up when it is needed.",
    form: tokenForm,
    example: 'op://Private/Signalbox/token',
    files: 'own',
    secret: true,
  },
} as const satisfies Readonly<Partial<Record<KeyName, Key>>>;

const locking = {
  'lock-ttl': {
    variable: 'SIGNALBOX_LOCK_TTL',
    placeholder: 'SECONDS',
    meaning: '300: how long a lock lasts when nothing is said',
    description:
      'For how many seconds a lock is held when whoever acquires it does not say. It is renewed by lock_renew and by acquiring it again.',
    form: secondsForm,
    default: '300',
    files: 'own',
  },
  'lock-ttl-min': {
    variable: 'SIGNALBOX_LOCK_TTL_MIN',
    placeholder: 'SECONDS',
    meaning: '5: the shortest that may be asked for',
    description: 'The shortest time in seconds for which a lock can be asked for.',
    form: secondsForm,
    default: '5',
    files: 'own',
  },
  'lock-ttl-max': {
    variable: 'SIGNALBOX_LOCK_TTL_MAX',
    placeholder: 'SECONDS',
    meaning: '86400: the longest that may be asked for',
    description:
      'The longest time in seconds for which a lock can be asked for. One that follows its session is not bound by it.',
    form: secondsForm,
    default: '86400',
    files: 'own',
  },
} as const satisfies Readonly<Partial<Record<KeyName, Key>>>;

const telling = {
  'log-level': {
    variable: 'SIGNALBOX_LOG_LEVEL',
    placeholder: 'LEVEL',
    meaning: 'warn; or error, info, debug',
    description:
      'How much is told on stderr: error, warn, info or debug. On a terminal it is told for people, elsewhere as a line of JSON each.',
    form: choiceForm(logLevels),
    default: 'warn',
    files: 'own',
  },
  debug: {
    variable: 'SIGNALBOX_DEBUG',
    placeholder: undefined,
    meaning: 'tells everything, and where errors come from',
    description:
      'The log level debug, whatever else is said about it, and where in the program each error comes from.',
    form: switchForm,
    default: 'false',
    files: 'own',
  },
  'otel-endpoint': {
    variable: 'SIGNALBOX_OTEL_ENDPOINT',
    placeholder: 'URL',
    meaning: 'an OpenTelemetry collector, for traces',
    description:
      'The collector that the hub sends traces of calls to, by OTLP over HTTP; `/v1/traces` goes behind it. Without it, what OTEL_EXPORTER_OTLP_ENDPOINT says; without that too nothing is traced. Traces hold names of operations, codes and numbers, and nothing of what calls say. Headers that the collector asks for are taken from OTEL_EXPORTER_OTLP_HEADERS.',
    form: otelForm,
    example: 'http://127.0.0.1:4318',
    files: 'own',
  },
  config: {
    variable: 'SIGNALBOX_CONFIG',
    placeholder: 'FILE',
    meaning: 'the one file to read instead of those found',
    description:
      "The one configuration file to read, instead of the person's own and the repository's. It may say everything that a file can say.",
    form: textForm,
    files: 'none',
  },
} as const satisfies Readonly<Partial<Record<KeyName, Key>>>;

/** All that can be configured, by the name of the flag. Flags, environment, files, help and reference come from here. */
export const keys: Readonly<Record<KeyName, Key>> = {
  ...serving,
  ...webKeys,
  ...storeKeys,
  ...calling,
  ...oauthKeys,
  ...locking,
  ...telling,
};

/** In the order in which they are listed. */
export const keyNames: readonly KeyName[] = [
  'host',
  'port',
  'listen',
  'insecure-no-auth',
  'rate-limits',
  'tls-cert',
  'tls-key',
  'behind-proxy',
  'proxy-header',
  'allowed-hosts',
  'allowed-origins',
  'data-dir',
  'store',
  'postgres-url',
  'redis-url',
  'cluster',
  'archives',
  'accept-data-loss-window',
  'encryption-key',
  'workspace',
  'agent',
  'mode',
  'url',
  'token',
  ...oauthKeyNames,
  'lock-ttl',
  'lock-ttl-min',
  'lock-ttl-max',
  'log-level',
  'debug',
  'otel-endpoint',
  'config',
];

/** Those that a flag may say. */
export const flagKeyNames: readonly KeyName[] = keyNames.filter((name) => keys[name].secret !== true);

/** What every command takes as flags. */
export const commonKeys: readonly KeyName[] = ['log-level', 'debug', 'config'];

/** The name of a key in a file. */
export const memberOf = (name: KeyName): string => name.replaceAll('-', '_');

const byMember: ReadonlyMap<string, KeyName> = new Map(keyNames.map((name) => [memberOf(name), name]));

/** The key that has this name in a file, when there is one. */
export const keyOfMember = (member: string): KeyName | undefined => byMember.get(member);
