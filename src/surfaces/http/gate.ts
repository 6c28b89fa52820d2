import type { IncomingMessage } from 'node:http';
import type { Outcome, Refusal } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { Exposure } from './exposure.ts';
import { forwardedAddress } from './forwarded.ts';
import { secretIn } from './login-desk.ts';
import type { ProtectedResource } from './protected-resource.ts';
import type { Visitors } from './visitors.ts';

/** What a request shows of who sends it. */
export interface Credentials {
  /** The header Authorization, as it came. */
  readonly authorization: string | undefined;
  /** The address that the request comes from; undefined on a Unix socket, or when it is gone. */
  readonly remote: string | undefined;
  /** The port of this machine that it has come to; undefined on a Unix socket, or when it is gone. */
  readonly port?: number | undefined;
  /** The connection that it came over, where that is one client's; undefined behind a proxy, which brings many over one. */
  readonly line?: object | undefined;
  /** What a browser shows that shows nothing else; absent where that does not count. */
  readonly browser?: BrowserSession;
  /** Everybody is answered what is asked, and only who may come in hears more: whoever shows nothing is denied nothing. */
  readonly public?: true;
}

export interface BrowserSession {
  /** The value of the cookie. */
  readonly secret: string;
  /** Whether a page of this hub has sent it, or it only reads and no page has. */
  readonly isOwn: boolean;
}

/** Says in whose name a request is made, or refuses it with `unauthenticated` or `rate_limited`. */
export interface Gate {
  readonly admit: (credentials: Credentials) => Outcome<Caller> | Promise<Outcome<Caller>>;
  /** Present where tokens of an identity provider let in as well. */
  readonly protectedResource?: ProtectedResource | undefined;
  /** AC31: told whom a surface itself has denied an operation, or another way in; what the hub denies it knows. */
  readonly denied?: ((caller: Caller, refusal: Refusal, operation: string) => void) | undefined;
}

/** Where a request comes from. */
export const addressOf = (
  request: IncomingMessage,
  { behindProxy, proxyHeader }: Exposure,
): string | undefined =>
  behindProxy ? forwardedAddress(request, proxyHeader) : request.socket.remoteAddress;

const readingMethods: readonly (string | undefined)[] = ['GET', 'HEAD'];

/** `visitors`: where browsers come in, with what they show; nowhere when absent. */
export const credentialsOf = (
  request: IncomingMessage,
  exposure: Exposure,
  visitors?: Visitors,
): Credentials => {
  const { headers, method, socket } = request;
  const { authorization } = headers;
  const shown = {
    authorization,
    remote: addressOf(request, exposure),
    port: socket.localPort,
    line: exposure.behindProxy ? undefined : socket,
  };
  if (authorization !== undefined || visitors === undefined) return shown;
  const secret = secretIn(headers);
  if (secret === undefined) return shown;
  const isOwn = headers.origin === undefined ? readingMethods.includes(method) : visitors.isOwnPage(headers);
  return { ...shown, browser: { secret, isOwn } };
};

/**
 * What goes with a refusal at the gate. RFC 6750, section 3: a request without credentials is told nothing but the
 * scheme, one with bad credentials that they are. `told` is what goes behind that where tokens can be got elsewhere.
 */
export const refusedHeaders = (
  refusal: Refusal,
  { authorization }: { readonly authorization?: string | undefined },
  told?: string,
): readonly string[] => {
  const isUnknown = refusal.code === 'unauthenticated';
  if (isUnknown || told !== undefined) {
    const parts = [
      'realm="Signalbox"',
      ...(isUnknown && authorization !== undefined ? ['error="invalid_token"'] : []),
      ...(told === undefined ? [] : [told]),
    ];
    return ['WWW-Authenticate', `Bearer ${parts.join(', ')}`];
  }
  return retryHeaders(refusal);
};

/** When whoever was refused may call again, where that is known. */
export const retryHeaders = ({ details }: Refusal): readonly string[] => {
  const seconds = details['retry_after_s'];
  return typeof seconds === 'number' ? ['Retry-After', String(seconds)] : [];
};
