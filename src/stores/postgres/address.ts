import { readFileSync } from 'node:fs';
import type { ClientConfig } from 'pg';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';

/** Where a database is, and how it is reached. */
export interface Address {
  /** For people, without the password. */
  readonly place: string;
  readonly config: ClientConfig;
  /** A text of the server or the library, without the password in it. */
  readonly withoutPassword: (text: string) => string;
}

const protocols: readonly string[] = ['postgres:', 'postgresql:'];

/** As libpq has them, but for those with which TLS may be left out without anybody noticing. */
const tlsModes: readonly string[] = ['disable', 'require', 'verify-ca', 'verify-full'];

/**
 * Reads the URL of a database. `sslmode` means what it means to libpq: `require` encrypts and trusts whoever answers
 * (with `sslrootcert` it checks who signed the certificate), `verify-ca` checks who signed it, `verify-full` also that it
 * is the name of the host. Source: PostgreSQL's manual, 34.19 SSL Support.
 */
export const addressOf = (text: string): Outcome<Address> => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined)
    return unusable(
      'it is no URL (in a password, characters such as @ / # % have to be written as %40 %2F %23 %25)',
    );
  if (!protocols.includes(url.protocol)) return unusable(`it begins with ${url.protocol}`);
  const mode = url.searchParams.get('sslmode');
  if (mode !== null && !tlsModes.includes(mode))
    return unusable(`sslmode=${mode} is not supported; say one of ${tlsModes.join(', ')}`);
  const root = url.searchParams.get('sslrootcert');
  // The certificates that Node trusts anyway.
  if (root === 'system') url.searchParams.delete('sslrootcert');
  for (const name of ['sslrootcert', 'sslcert', 'sslkey']) {
    const fault = faultInFile(url.searchParams.get(name));
    if (fault !== undefined) return unusable(`${name}: ${fault}`);
  }
  if (mode === 'verify-ca' && !url.searchParams.has('sslrootcert'))
    return unusable('sslmode=verify-ca needs sslrootcert=<file of the certificate authority>');
  if (!url.searchParams.has('uselibpqcompat')) url.searchParams.set('uselibpqcompat', 'true');
  return ok({
    place: placeOf(url),
    config: { connectionString: url.href },
    withoutPassword: hiding([url.password, decoded(url.password), url.searchParams.get('password') ?? '']),
  });
};

const unusable = (reason: string) =>
  refuse(
    'invalid_input',
    `The address of the PostgreSQL database cannot be used: ${reason}. It looks like postgresql://user:password@host:5432/database?sslmode=verify-full.`,
  );

const faultInFile = (path: string | null): string | undefined => {
  if (path === null) return undefined;
  try {
    readFileSync(path);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : `${path} cannot be read`;
  }
};

const placeOf = (url: URL): string => {
  const user = url.username === '' ? '' : `${url.username}@`;
  const socket = url.searchParams.get('host');
  return `postgresql://${user}${url.host === '' && socket !== null ? socket : url.host}${url.pathname}`;
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
