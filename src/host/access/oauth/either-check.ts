import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import type { Audience } from './audiences.ts';
import type { Claims } from './claims.ts';

/* What holds for a token whichever way it is checked. It needs no other package, and is loaded before the first token. */

/** By how much the clocks of the issuer and of this hub may differ. */
export const toleranceSeconds = 30;

/** RFC 9449 and RFC 8705: a token that is bound to a key holds only with proof of that key, which is not asked for here. */
export const refuseBound = (claims: Claims): Outcome<Claims> =>
  claims['cnf'] === undefined ? ok(claims) : bound;

const bound = refuse(
  'unauthenticated',
  'This token is bound to a key of its client, and this hub takes only bearer tokens. Ask the identity provider for one that is not bound.',
);

export const notForUs = ({ wanted }: Audience): Refusal =>
  refuse(
    'unauthenticated',
    wanted === undefined
      ? 'This token is not made out to this hub, which does not know its own address. Ask whoever runs it to give oauth-resource or oauth-audience.'
      : `This token is not made out to this hub. Ask the identity provider for one for ${wanted}.`,
  );

export const expired = refuse(
  'unauthenticated',
  'This token has expired. Get another one from the identity provider.',
);
