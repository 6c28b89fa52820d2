import type { IncomingMessage } from 'node:http';
import type { Outcome, Refusal } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { Exposure } from './exposure.ts';
import { forwardedAddress } from './forwarded.ts';
import { secretIn } from './login-desk.ts';
import type { Visitors } from './visitors.ts';

/** What a request shows of who sends it. */
export interface Credentials {
  /** The header Authorization, as it came. */
  readonly authorization: string | undefined;
  /** The address that the request comes from; undefined on a Unix socket, or when it is gone. */
  readonly remote: string | undefined;
  /** What a browser shows that shows nothing else; absent where that does not count. */
  readonly browser?: BrowserSession;
}

export interface BrowserSession {
  /** The value of the cookie. */
  readonly secret: string;
  /** Whether the request only reads, or a page of this hub has sent it. */
  readonly isOwn: boolean;
}

/** Says in whose name a request is made, or refuses it with `unauthenticated` or `rate_limited`. */
export interface Gate {
  readonly admit: (credentials: Credentials) => Outcome<Caller> | Promise<Outcome<Caller>>;
}

/** Where a request comes from. */
export const addressOf = (request: IncomingMessage, { behindProxy }: Exposure): string | undefined =>
  behindProxy ? forwardedAddress(request) : request.socket.remoteAddress;

const readingMethods: readonly (string | undefined)[] = ['GET', 'HEAD'];

/** `visitors`: where browsers come in, with what they show; nowhere when absent. */
export const credentialsOf = (
  request: IncomingMessage,
  exposure: Exposure,
  visitors?: Visitors,
): Credentials => {
  const { headers, method } = request;
  const { authorization } = headers;
  const remote = addressOf(request, exposure);
  if (authorization !== undefined || visitors === undefined) return { authorization, remote };
  const secret = secretIn(headers.cookie);
  if (secret === undefined) return { authorization, remote };
  const isOwn = readingMethods.includes(method) || visitors.isOwnPage(headers);
  return { authorization, remote, browser: { secret, isOwn } };
};

/**
 * What goes with a refusal at the gate. RFC 6750, section 3: a request without credentials is told nothing but the
 * scheme, one with bad credentials that they are.
 */
export const refusedHeaders = (refusal: Refusal, { authorization }: Credentials): readonly string[] => {
  if (refusal.code === 'unauthenticated') {
    return [
      'WWW-Authenticate',
      authorization === undefined
        ? 'Bearer realm="Signalbox"'
        : 'Bearer realm="Signalbox", error="invalid_token"',
    ];
  }
  return retryHeaders(refusal);
};

/** When whoever was refused may call again, where that is known. */
export const retryHeaders = ({ details }: Refusal): readonly string[] => {
  const seconds = details['retry_after_s'];
  return typeof seconds === 'number' ? ['Retry-After', String(seconds)] : [];
};
