import type { LookupFunction } from 'node:net';
import type { Clock } from '../../../engine/clock.ts';
import type { Outcome } from '../../../kernel/errors.ts';
import type { Instant } from '../../../kernel/instants.ts';
import { assert } from '../../../kernel/assert.ts';
import type { OAuthSettings } from '../../configuration/oauth.ts';
import { askProvider } from './ask-provider.ts';
import type { Audience } from './audiences.ts';
import type { Claims } from './claims.ts';
import { IssuerMetadata } from './issuer-metadata.ts';
import type { JwtCheck } from './jwt-check.ts';

interface Parts {
  readonly settings: OAuthSettings;
  readonly clock: Clock;
  readonly now: () => Instant;
  readonly lookup?: LookupFunction;
}

interface Limits {
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
  readonly keysKeptMs: number;
  readonly keysPauseMs: number;
}

/** The two ways to find out what a token says. */
export interface TokenChecks {
  readonly jwt: (token: string, audience: Audience) => Promise<Outcome<Claims>>;
  /** Only where introspection is configured. */
  readonly opaque: (token: string, audience: Audience) => Promise<Outcome<Claims>>;
}

/** What they need of other packages is loaded with the first token. */
export const tokenChecks = ({ settings, clock, now, lookup }: Parts, limits: Limits): TokenChecks => {
  const { issuer, introspection: client } = settings;
  const ask = askProvider({ issuer, ...limits, ...(lookup && { lookup }) });
  const metadata = new IssuerMetadata(issuer, ask, clock);
  let made: JwtCheck | undefined;
  return {
    jwt: async (token, audience) => {
      const { JwtCheck } = await import('./jwt-check.ts');
      made ??= new JwtCheck({ issuer, metadata, ask, now, clock, ...limits });
      return made.check(token, audience);
    },
    opaque: async (token, audience) => {
      assert(client !== undefined, 'introspection is configured');
      const { introspect } = await import('./introspection.ts');
      return introspect({ issuer, client, metadata, ask, now }, token, audience);
    },
  };
};
