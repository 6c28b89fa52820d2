import { z } from 'zod';
import { isRecord } from '../../../kernel/json.ts';

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
  /** A program that speaks for itself, and for no person. */
  readonly isProgram: boolean;
  readonly groups: ReadonlySet<string>;
  readonly scopes: ReadonlySet<string>;
  /** For people who read logs; whoever has the account may have chosen it. */
  readonly label: string | undefined;
}

/** Undefined when the claims name nobody. */
export const bearerOf = (claims: Claims, groupsClaim: string): Bearer | undefined => {
  const client = claims.client_id ?? claims.azp;
  const subject = claims.sub ?? client;
  if (subject === undefined) return undefined;
  const name = claims['preferred_username'];
  const label = [name, claims['email'], claims['name']].find((one) => typeof one === 'string' && one !== '');
  return {
    subject,
    isProgram:
      subject === client ||
      claims['gty'] === 'client-credentials' ||
      claims['idtyp'] === 'app' ||
      (client !== undefined && name === `service-account-${client}`),
    groups: namesIn(claimAt(claims, groupsClaim)),
    scopes: new Set([...namesIn(claims['scope'], ' '), ...namesIn(claims['scp'], ' ')]),
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
