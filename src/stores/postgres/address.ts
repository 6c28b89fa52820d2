import { readFileSync } from 'node:fs';
import { Client, type ClientConfig } from 'pg';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { nearestName } from '../../kernel/nearest.ts';
import { faultInText } from '../address-text.ts';

/** Where a database is, and how it is reached. */
export interface Address {
  /** For people, without the password. */
  readonly place: string;
  readonly config: ClientConfig;
  /** A text of the server or the library, without the password in it. */
  readonly withoutPassword: (text: string) => string;
  /** What a person should know who has not said whether to encrypt what goes to another machine. */
  readonly warning: string | undefined;
}

const protocols: readonly string[] = ['postgres:', 'postgresql:'];

/** As libpq has them, but for those with which TLS may be left out without anybody noticing. */
const tlsModes: readonly string[] = ['disable', 'require', 'verify-ca', 'verify-full'];

type Read = (value: string) => string | undefined;

const anything: Read = () => undefined;

const oneOf =
  (...choices: readonly string[]): Read =>
  (value) =>
    choices.includes(value) ? undefined : `it is not supported; say one of ${choices.join(', ')}`;

const file: Read = (path) => {
  try {
    readFileSync(path);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : `${path} cannot be read`;
  }
};

const connectSecondsMax = 600;

const seconds: Read = (value) =>
  /^[1-9]\d{0,2}$/.test(value) && Number(value) <= connectSecondsMax
    ? undefined
    : `it has to be 1 to ${connectSecondsMax} seconds`;

/** What an address may say besides, and why a value cannot be: all that is done as said, and nothing that is ignored. */
const parameters: ReadonlyMap<string, Read> = new Map([
  ['sslmode', oneOf(...tlsModes)],
  // `system`: the certificates that Node trusts anyway, and only where the name is checked as well.
  ['sslrootcert', (value) => (value === 'system' ? undefined : file(value))],
  ['sslcert', file],
  ['sslkey', file],
  ['sslnegotiation', oneOf('postgres', 'direct')],
  ['channel_binding', oneOf('disable', 'require')],
  ['application_name', anything],
  ['connect_timeout', seconds],
  ['options', anything],
  ['host', anything],
  ['port', anything],
  ['user', anything],
  ['password', anything],
]);

/** Variables of libpq that the library would read in other ways than libpq; they count where the address says nothing. */
const variables: readonly (readonly [variable: string, parameter: string])[] = [
  ['PGSSLMODE', 'sslmode'],
  ['PGSSLNEGOTIATION', 'sslnegotiation'],
];

/**
 * Reads the URL of a database. `sslmode` means what it means to libpq: `require` encrypts and trusts whoever answers
 * (with `sslrootcert` it checks who signed the certificate), `verify-ca` checks who signed it, `verify-full` also that it
 * is the name of the host. Source: PostgreSQL's manual, 34.19 SSL Support.
 */
export const addressOf = (text: string): Outcome<Address> => {
  const unescaped = faultInText(text);
  if (unescaped !== undefined) return unusable(unescaped);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined)
    return unusable(
      'it is no URL (in a password, characters such as @ / # % have to be written as %40 %2F %23 %25)',
    );
  if (!protocols.includes(url.protocol)) return unusable(`it begins with ${url.protocol}`);
  const { searchParams: said } = url;
  const fault = faultInParameters(said) ?? takeVariables(said) ?? faultInTls(said);
  if (fault !== undefined) return unusable(fault);
  const isSaid = said.has('sslmode');
  const [connectSeconds, binding] = [said.get('connect_timeout'), said.get('channel_binding')];
  if (said.get('sslrootcert') === 'system') said.delete('sslrootcert');
  for (const name of ['connect_timeout', 'channel_binding']) said.delete(name);
  // Without it, the library means other things by `sslmode` than libpq does.
  said.set('uselibpqcompat', 'true');
  const withoutPassword = hiding([url.password, decoded(url.password), said.get('password') ?? '']);
  // It knows where it goes, for it reads the variables of libpq as well.
  const way = clientOf(url);
  if (!(way instanceof Client)) return unusable(withoutPassword(way.reason));
  const place = placeOf(url, way);
  return ok({
    place,
    config: {
      connectionString: url.href,
      ...(connectSeconds !== null && { connectionTimeoutMillis: Number(connectSeconds) * 1_000 }),
      ...(binding === 'require' && { enableChannelBinding: true }),
    },
    withoutPassword,
    warning: isSaid || isNear(way.host) ? undefined : notEncrypted(place),
  });
};

/** The library reads files as well, and throws at what it cannot use of them or of the address. */
const clientOf = (url: URL): Client | { readonly reason: string } => {
  try {
    return new Client(url.href);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return { reason: reason.replace(/\.$/, '') };
  }
};

const faultInParameters = (said: URLSearchParams): string | undefined => {
  const seen = new Set<string>();
  for (const [name, value] of said) {
    const read = parameters.get(name);
    if (read === undefined) return unknownParameter(name);
    if (seen.has(name)) return `it says ${name} twice`;
    seen.add(name);
    const fault = read(value);
    if (fault !== undefined) return `${name}=${value}: ${fault}`;
  }
  return undefined;
};

/** What the environment says of TLS, as if the address did; why a value cannot be. */
const takeVariables = (said: URLSearchParams): string | undefined => {
  for (const [variable, name] of variables) {
    const value = process.env[variable] ?? '';
    if (value === '' || said.has(name)) continue;
    const fault = parameters.get(name)?.(value);
    if (fault !== undefined) return `${variable}=${value}: ${fault}`;
    said.set(name, value);
  }
  return undefined;
};

const unknownParameter = (name: string): string => {
  const near = nearestName(name, [...parameters.keys()]);
  const advice =
    near === undefined ? `Those that are: ${[...parameters.keys()].join(', ')}` : `Did you mean ${near}`;
  return `its parameter ${JSON.stringify(name)} is not supported. ${advice}`;
};

/** What of TLS does not go together. */
const faultInTls = (said: URLSearchParams): string | undefined => {
  const mode = said.get('sslmode');
  if (said.get('sslrootcert') === 'system' && mode !== 'verify-full')
    return 'sslrootcert=system needs sslmode=verify-full; with another, say sslrootcert=<file of the certificate authority>';
  if (mode === 'verify-ca' && !said.has('sslrootcert'))
    return 'sslmode=verify-ca needs sslrootcert=<file of the certificate authority>';
  const encrypts = mode !== null && mode !== 'disable';
  const pointless = ['sslrootcert', 'sslcert', 'sslkey'].find((name) => said.has(name) && !encrypts);
  if (pointless !== undefined)
    return `${pointless} counts only with sslmode=verify-full or another that encrypts`;
  const needsTls = [
    ['sslnegotiation', 'direct'],
    ['channel_binding', 'require'],
  ].find(([name = '', value]) => said.get(name) === value && !encrypts);
  return needsTls === undefined ? undefined : `${needsTls.join('=')} needs an sslmode that encrypts`;
};

/** Whether nothing leaves this machine on the way there. */
const isNear = (host: string): boolean =>
  host.startsWith('/') || /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/i.test(host);

const notEncrypted = (place: string): string =>
  `What goes to the database ${place} is not encrypted, for its address does not say sslmode. Add ?sslmode=verify-full, or sslmode=disable where nobody else reaches the network between.`;

const unusable = (reason: string) =>
  refuse(
    'invalid_input',
    `The address of the PostgreSQL database cannot be used: ${reason}. It looks like postgresql://user:password@host:5432/database?sslmode=verify-full.`,
  );

const defaultPort = 5432;

const placeOf = (
  { searchParams: said, username, pathname }: URL,
  { host, port, database = '' }: Client,
): string => {
  const user = said.get('user') ?? username;
  const at = host.includes(':') && !host.startsWith('/') ? `[${host}]` : host;
  const end = port === defaultPort ? '' : `:${port}`;
  const path = pathname.length > 1 ? pathname : `/${database}`;
  return `postgresql://${user === '' ? '' : `${user}@`}${at}${end}${path}`;
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const hiding = (secrets: readonly string[]): ((text: string) => string) => {
  const known = secrets.filter((secret) => secret !== '');
  return (text) => known.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
};
