import { z } from 'zod';
import type { Kind } from '../../../kernel/entry.ts';
import { isRecord } from '../../../kernel/json.ts';
import type { OAuthSettings } from '../../configuration/oauth.ts';
import { kindOf } from './kinds.ts';

const namesMax = 1_000;
const nameCharactersMax = 500;
const labelCharactersMax = 100;

/** What is read of a token's claims, or of an answer about it. */
export const claimsSchema = z.looseObject({
  sub: z.string().min(1).max(1_000).optional(),
  client_id: z.string().min(1).optional(),
  azp: z.string().min(1).optional(),
  exp: z.number().optional(),
});

export type Claims = z.infer<typeof claimsSchema>;

/** Whom a token speaks for, in the identity provider's words. */
export interface Bearer {
  readonly subject: string;
  readonly kind: Kind;
  readonly groups: ReadonlySet<string>;
  readonly scopes: ReadonlySet<string>;
  /** For people who read logs; whoever has the account may have chosen it. */
  readonly label: string | undefined;
}

/** Undefined when the claims name nobody. */
export const bearerOf = (
  claims: Claims,
  { groupsClaim, personScope }: Pick<OAuthSettings, 'groupsClaim' | 'personScope'>,
): Bearer | undefined => {
  const subject = claims.sub ?? claims.client_id ?? claims.azp;
  if (subject === undefined) return undefined;
  const names = [claims['preferred_username'], claims['email'], claims['name']];
  const label = names.find((one) => typeof one === 'string' && one !== '');
  const scopes = new Set([...namesIn(claims['scope'], ' '), ...namesIn(claims['scp'], ' ')]);
  return {
    subject,
    kind: kindOf(claims, scopes, personScope),
    groups: namesIn(claimAt(claims, groupsClaim)),
    scopes,
    label: typeof label === 'string' ? label.slice(0, labelCharactersMax) : undefined,
  };
};

/** The claim of this name, or, where there is none, the one that its dots lead to. */
const claimAt = (claims: Claims, name: string): unknown => {
  if (Object.hasOwn(claims, name)) return claims[name];
  let at: unknown = claims;
  for (const part of name.split('.')) at = isRecord(at) && Object.hasOwn(at, part) ? at[part] : undefined;
  return at;
};

/** A list of names, or a text that is one, or that has several with `gap` between them. */
const namesIn = (value: unknown, gap?: string): ReadonlySet<string> => {
  const list = typeof value === 'string' ? (gap === undefined ? [value] : value.split(gap)) : value;
  const names: readonly unknown[] = Array.isArray(list) ? list.slice(0, namesMax) : [];
  return new Set(
    names.filter(
      (one): one is string => typeof one === 'string' && one !== '' && one.length <= nameCharactersMax,
    ),
  );
};
