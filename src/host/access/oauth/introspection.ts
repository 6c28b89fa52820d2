import { type Outcome, refuse } from '../../../kernel/errors.ts';
import { type Instant, secondMs } from '../../../kernel/instants.ts';
import type { OAuthSettings } from '../../configuration/oauth.ts';
import { type AskProvider, unreachable } from './ask-provider.ts';
import type { Audience } from './audiences.ts';
import { type Claims, claimsSchema } from './claims.ts';
import { type IssuerMetadata, jsonIn } from './issuer-metadata.ts';
import { expired, notForUs, refuseBound, toleranceSeconds } from './either-check.ts';

export interface IntrospectionOptions {
  readonly issuer: string;
  readonly client: NonNullable<OAuthSettings['introspection']>;
  readonly metadata: IssuerMetadata;
  readonly ask: AskProvider;
  readonly now: () => Instant;
}

/** Asks the issuer what a token is that says nothing itself. RFC 7662. */
export const introspect = async (
  { issuer, client, metadata, ask, now }: IntrospectionOptions,
  token: string,
  audience: Audience,
): Promise<Outcome<Claims>> => {
  const endpoints = await metadata.get();
  if (!endpoints.ok) return endpoints;
  const { introspection_endpoint: endpoint } = endpoints.value;
  if (endpoint === undefined) return unreachable('its metadata says nothing of introspection');
  const secret = await client.clientSecret.text();
  if (!secret.ok) return unreachable(secret.message);
  const answer = await ask(endpoint, {
    form: { token, token_type_hint: 'access_token' },
    authorization: basic(client.clientId, secret.value),
  });
  if (!answer.ok) return answer;
  if (answer.value.status !== 200)
    return unreachable(`it answers ${answer.value.status} to oauth-introspection`);
  const read = claimsSchema.safeParse(jsonIn(answer.value.text));
  if (!read.success) return unreachable('what it says of a token cannot be read');
  const claims = read.data;
  if (claims['active'] !== true) return inactive;
  if (claims['iss'] !== undefined && claims['iss'] !== issuer) return inactive;
  const seconds = now() / secondMs;
  if (claims.exp !== undefined && claims.exp + toleranceSeconds <= seconds) return expired;
  const { nbf, token_type: type } = claims;
  if (typeof nbf === 'number' && nbf - toleranceSeconds > seconds) return inactive;
  if (!audience.accepts(claims['aud'])) return notForUs(audience);
  const isBearer = type === undefined || (typeof type === 'string' && isBearerType(type));
  return isBearer ? refuseBound(claims) : inactive;
};

/** Some answer what the token is, where RFC 7662 means how it is shown. */
const isBearerType = (type: string): boolean => ['bearer', 'access_token'].includes(type.toLowerCase());

/** RFC 6749, section 2.3.1: both parts are encoded as in a form first. */
const basic = (clientId: string, clientSecret: string): string => {
  const [id, secret] = [clientId, clientSecret].map((part) =>
    new URLSearchParams({ '': part }).toString().slice(1),
  );
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
};

const inactive = refuse(
  'unauthenticated',
  'The identity provider of this hub says that this token does not hold, or no longer. Get another one from it.',
);
