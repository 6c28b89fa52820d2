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

const cookieName = 'signalbox';
const cookiePattern = /(?:^|; *)signalbox=([A-Za-z0-9_-]{1,100})(?:;|$)/;

/** What a browser shows in this header Cookie. */
export const secretIn = (cookie: string | undefined): string | undefined =>
  cookie === undefined ? undefined : cookiePattern.exec(cookie)?.[1];

/** The header Set-Cookie that has a browser show this to the hub alone; with 0 seconds it forgets it. */
export const setCookie = (
  secret: string,
  { lastsS, secure }: { readonly lastsS: number; readonly secure: boolean },
): readonly string[] => [
  'Set-Cookie',
  `${cookieName}=${secret}; Path=/; Max-Age=${lastsS}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`,
];
