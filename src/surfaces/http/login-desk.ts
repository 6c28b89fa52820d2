import type { IncomingHttpHeaders } from 'node:http';
import type { Outcome } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';

/** A code by which somebody comes in with a browser, once. */
export interface LoginOffer {
  readonly code: string;
  readonly lastsS: number;
}

/** What a browser shows from now on, in whose name it comes in by that, and for how long. */
export interface Login {
  readonly secret: string;
  readonly caller: Caller;
  readonly lastsS: number;
}

/** Lets people in with a browser. */
export interface LoginDesk {
  readonly offer: (caller: Caller) => Outcome<LoginOffer>;
  /** @param remote - where the code comes from, by which failures are counted. */
  readonly redeem: (code: string, remote: string | undefined) => Outcome<Login>;
  readonly end: (secret: string) => void;
}

/** What links lead to, behind the address of the hub. */
export const loginPath = '/login';

export const loginLink = (hubUrl: string, code: string): string => `${hubUrl}${loginPath}#${code}`;

/** Browsers send a cookie to all ports of a name. So each hub of a name has another, and takes no notice of the others'. */
const cookieOf = (host: string): string => {
  const [, port] = /:(\d{1,5})$/.exec(host) ?? [];
  return port === undefined ? 'signalbox' : `signalbox-${port}`;
};

const secretPattern = /^[A-Za-z0-9_-]{1,100}$/;

/** What a browser that sends these headers shows to the hub that it calls. */
export const secretIn = ({ cookie, host = '' }: IncomingHttpHeaders): string | undefined => {
  if (cookie === undefined) return undefined;
  const beginning = `${cookieOf(host)}=`;
  return cookie
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each.startsWith(beginning))
    .map((each) => each.slice(beginning.length))
    .find((each) => secretPattern.test(each));
};

interface CookieOptions {
  /** Under which name and port the browser calls the hub. */
  readonly host: string | undefined;
  readonly lastsS: number;
  readonly secure: boolean;
}

/** The header Set-Cookie that has a browser show this to the hub alone; with 0 seconds it forgets it. */
export const setCookie = (
  secret: string,
  { host = '', lastsS, secure }: CookieOptions,
): readonly string[] => [
  'Set-Cookie',
  `${cookieOf(host)}=${secret}; Path=/; Max-Age=${lastsS}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`,
];
