import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { faultInText } from '../address-text.ts';

/** Where a server is, and who asks. Only `shown` may be shown. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly database: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** For people: no user, no password. */
  readonly shown: string;
}

const defaultPort = 6379;
const example = 'redis://user:password@host:6379/0, or rediss:// for TLS';

/** Takes an address apart. No refusal repeats it, for there may be a password in it. */
export const parseAddress = (text: string): Outcome<Address> => {
  const fault = faultInText(text);
  if (fault !== undefined) return wrong(`The address of Redis cannot be used: ${fault}.`);
  const url = URL.parse(text);
  if (url === null) return wrong(`The address of Redis cannot be understood.`);
  const { protocol } = url;
  if (protocol === 'https:' || protocol === 'http:')
    return wrong('REST URLs are not supported; use redis:// or rediss://.');
  if (protocol !== 'redis:' && protocol !== 'rediss:')
    return wrong(`The address of Redis begins with ${protocol}//.`);
  if (url.hostname === '') return wrong('The address of Redis names no host.');
  const [parameter] = url.searchParams.keys();
  if (parameter !== undefined) return wrong(`The address of Redis has a parameter, "${parameter}".`);
  const database = /^\/?(\d{0,9})$/.exec(url.pathname)?.[1];
  if (database === undefined) return wrong('What follows the host in the address of Redis is no number.');
  const username = decoded(url.username);
  const password = decoded(url.password);
  if (username === undefined || password === undefined)
    return wrong('The user or the password in the address of Redis is not percent-encoded as it has to be.');
  const port = url.port === '' ? defaultPort : Number(url.port);
  return ok({
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    tls: protocol === 'rediss:',
    database: Number(database),
    username: username === '' ? undefined : username,
    password: password === '' ? undefined : password,
    shown: `${protocol}//${url.hostname}:${port}/${Number(database)}`,
  });
};

const wrong = (what: string) => refuse('invalid_input', `${what} It has to look like ${example}.`);

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};
