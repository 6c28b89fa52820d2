import type { IncomingMessage } from 'node:http';
import type { Outcome, Refusal } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';

/** What a request shows of who sends it. */
export interface Credentials {
  /** The header Authorization, as it came. */
  readonly authorization: string | undefined;
  /** The address that the connection comes from; undefined on a Unix socket, or when it is gone. */
  readonly remote: string | undefined;
  /** Everybody is answered what is asked, and only who may come in hears more: whoever shows nothing is denied nothing. */
  readonly public?: true;
}

/** Says in whose name a request is made, or refuses it with `unauthenticated` or `rate_limited`. */
export interface Gate {
  readonly admit: (credentials: Credentials) => Outcome<Caller> | Promise<Outcome<Caller>>;
}

export const credentialsOf = ({ headers, socket }: IncomingMessage): Credentials => ({
  authorization: headers.authorization,
  remote: socket.remoteAddress,
});

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
  const seconds = refusal.details['retry_after_s'];
  return typeof seconds === 'number' ? ['Retry-After', String(seconds)] : [];
};
