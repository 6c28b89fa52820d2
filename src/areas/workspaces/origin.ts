import { lineSchema } from '../../kernel/ids.ts';

const originCharactersMax = 1_000;

/** The ports that an address need not name, by its scheme. */
const defaultPorts: Readonly<Record<string, string>> = {
  https: '443',
  http: '80',
  ssh: '22',
  'git+ssh': '22',
  'ssh+git': '22',
  git: '9418',
};

/** `scheme://[user[:password]@]host[:port]/path`; a host may stand in brackets, as numeric addresses of IPv6 do. */
const urlPattern =
  /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?:[^/]*@)?(?<host>\[[0-9a-f:.]*\]|[^/:[]*)(?::(?<port>\d*))?(?<path>\/.*)?$/is;

/** `[user@]host:path`, as ssh and scp write it. One letter before the colon is a drive of Windows. */
const scpPattern = /^(?:[^/]*@)?(?<host>\[[0-9a-f:.]*\]|[^/:@[]{2,}):(?<path>.*)$/is;

/** What this function itself writes where a port is not the usual one. */
const withPortPattern = /^(?:[^/@:]+|\[[0-9a-f:.]*\]):\d+(?:\/|$)/i;

/**
 * The address of a repository, in the one form that all its spellings share: `host/path`. The scheme, user, password,
 * usual port, a slash and `.git` at the end, and the case of the host say nothing about which repository it is. A
 * password does not survive this. What is neither a URL nor of the form of scp stays a path.
 */
export const normalisedOrigin = (text: string): string => {
  const trimmed = text.trim();
  const url = urlPattern.exec(trimmed)?.groups;
  if (url !== undefined) {
    const { scheme = '', host = '', port = '', path = '' } = url;
    if (host === '') return tidy(path);
    const known = defaultPorts[scheme.toLowerCase()];
    return inOneForm(port === '' || port === known ? host : `${host}:${port}`, path);
  }
  const scp = withPortPattern.test(trimmed) ? undefined : scpPattern.exec(trimmed)?.groups;
  if (scp !== undefined) return inOneForm(scp['host'] ?? '', scp['path'] ?? '');
  return tidy(trimmed);
};

const inOneForm = (host: string, path: string): string =>
  tidy(`${host.toLowerCase()}/${path.replace(/^\/+/, '')}`);

const tidy = (path: string): string =>
  path
    .replace(/(?<!\/)\/+$/, '')
    .replace(/\.git$/, '')
    .replace(/(?<!\/)\/+$/, '');

/** An address that means the same on every machine: a host and a path on it, none of whose parts leads upwards. */
const addressPattern = /^(?![A-Za-z]:\/)[^/\\.\s][^/\\\s]*(?:\/(?!\.\.(?:\/|$))[^/\\]*)+$/;

/** The origin of a repository. A path says nothing to a hub, which may be on another machine. */
export const originSchema = lineSchema('An origin', originCharactersMax).refine(
  (text) => addressPattern.test(normalisedOrigin(text)),
  'An origin is the address of a repository, such as https://git.example/web/shop.git',
);
