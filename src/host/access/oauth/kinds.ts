import type { Kind } from '../../../kernel/entry.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Where providers name the client that a token was made for: RFC 9068 and OpenID Connect; Okta; Entra; Keycloak. */
const clientClaims = ['client_id', 'azp', 'cid', 'appid', 'clientId'];

/** What Keycloak says only of clients that speak for themselves. */
const programClaims = ['clientId', 'clientHost', 'clientAddress'];

/** The accounts that Keycloak and authentik give to such clients, by their names. */
const programNames = /^service-account-|^ak-.+-client_credentials$/;
/** The accounts that Google gives to programs. */
const programMail = '.gserviceaccount.com';

/** What providers say only of who has logged in, or has a name or a mailbox. */
const personClaims = [
  'auth_time',
  'amr',
  'email',
  'preferred_username',
  'upn',
  'unique_name',
  'username',
  'name',
  'given_name',
  'family_name',
  'uid',
];

const isSaid = (value: unknown): boolean =>
  typeof value === 'number' || ((typeof value === 'string' || Array.isArray(value)) && value.length > 0);

const fits = (value: unknown, test: (text: string) => boolean): boolean =>
  typeof value === 'string' && test(value);

/** Whether something says that nobody but a program is behind it. */
const isProgram = (claims: Claims): boolean => {
  const { sub, gty, idtyp, email, preferred_username: name, username } = claims;
  const grants: readonly unknown[] = Array.isArray(gty) ? gty : [gty];
  return (
    sub === undefined ||
    clientClaims.some((claim) => sub === claims[claim] || sub === `${String(claims[claim])}@clients`) ||
    programClaims.some((claim) => claims[claim] !== undefined) ||
    grants.some((grant) => fits(grant, (text) => /^client[-_]credentials$/.test(text))) ||
    (idtyp !== undefined && idtyp !== 'user') ||
    [name, username].some((one) => fits(one, (text) => programNames.test(text))) ||
    fits(email, (text) => text.endsWith(programMail))
  );
};

/**
 * AC40: a token is a person's only where something says so and nothing speaks against it; of what says nothing it is a
 * service's. With `personScope`, that scope says so and nothing else: who is a person has given a token without it to an
 * agent, as one that names in `act` who else acts (RFC 8693, section 4.1).
 */
export const kindOf = (
  claims: Claims,
  scopes: ReadonlySet<string>,
  personScope: string | undefined,
): Kind => {
  if (isProgram(claims)) return 'service';
  const isScoped = personScope !== undefined && scopes.has(personScope);
  const isPerson = isScoped || scopes.has('openid') || personClaims.some((claim) => isSaid(claims[claim]));
  if (!isPerson) return 'service';
  return claims['act'] !== undefined || (personScope !== undefined && !isScoped) ? 'agent' : 'person';
};
