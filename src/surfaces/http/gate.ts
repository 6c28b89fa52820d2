import type { IncomingMessage } from 'node:http';
import type { Outcome, Refusal } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { ProtectedResource } from './protected-resource.ts';

/** What a request shows of who sends it. */
export interface Credentials {
  /** The header Authorization, as it came. */
  readonly authorization: string | undefined;
  /** The address that the connection comes from; undefined on a Unix socket, or when it is gone. */
  readonly remote: string | undefined;
  /** The port of this machine that it has come to; undefined on a Unix socket, or when it is gone. */
  readonly port?: number | undefined;
}

/** Says in whose name a request is made, or refuses it with `unauthenticated` or `rate_limited`. */
export interface Gate {
  readonly admit: (credentials: Credentials) => Outcome<Caller> | Promise<Outcome<Caller>>;
  /** Present where tokens of an identity provider let in as well. */
  readonly protectedResource?: ProtectedResource | undefined;
}

export const credentialsOf = ({ headers, socket }: IncomingMessage): Credentials => ({
  authorization: headers.authorization,
  remote: socket.remoteAddress,
  get port() {
    return socket.localPort;
  },
});

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
  const seconds = refusal.details['retry_after_s'];
  return typeof seconds === 'number' ? ['Retry-After', String(seconds)] : [];
};
