import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { isLoopback } from '../../surfaces/http/loopback.ts';
import type { Listen } from '../../surfaces/http/listen.ts';
import type { Secret } from '../secrets/secret.ts';
import type { KeyName } from './keys.ts';
import { type RoleRule, rulesIn, wordsIn } from './oauth-roles.ts';

/** The identity provider whose tokens let in, and what they stand for. */
export interface OAuthSettings {
  /** Exactly as it stands in tokens. */
  readonly issuer: string;
  /** What tokens have to be made out to; empty = to this hub's own addresses. */
  readonly audiences: readonly string[];
  /** Where clients reach the hub, without a slash at its end; undefined where that is the address that they call. */
  readonly resource: string | undefined;
  /** The claim that holds the groups. */
  readonly groupsClaim: string;
  readonly rules: readonly RoleRule[];
  /** The scope without which a token is no person's; undefined where what else is said of somebody decides. */
  readonly personScope: string | undefined;
  /** What clients ask for besides the scopes of the rules. */
  readonly scopes: readonly string[];
  /** By what the hub may ask the issuer about tokens that say nothing themselves; undefined = it does not. */
  readonly introspection: { readonly clientId: string; readonly clientSecret: Secret } | undefined;
}

const others: readonly KeyName[] = [
  'oauth-audience',
  'oauth-resource',
  'oauth-roles',
  'oauth-scopes',
  'oauth-person-scope',
  'oauth-introspection',
  'oauth-client-secret',
];

/** Undefined where no issuer is named. */
export const oauthOf = (
  values: ReadonlyMap<KeyName, string>,
  { listen, clientSecret }: { readonly listen: Listen; readonly clientSecret: Secret | undefined },
): Outcome<OAuthSettings | undefined> => {
  const issuer = values.get('oauth-issuer');
  if (issuer === undefined) {
    const stray = others.find((name) => values.has(name));
    return stray === undefined
      ? ok(undefined)
      : refuse(
          'invalid_input',
          `${stray} means nothing without oauth-issuer. Give that too, or leave it out.`,
        );
  }
  const rules = rulesIn(values.get('oauth-roles') ?? '');
  if (!rules.ok) {
    return refuse(
      'invalid_input',
      'oauth-issuer lets nobody in without oauth-roles, which says what groups and scopes stand for. Give that too.',
    );
  }
  const clientId = values.get('oauth-introspection');
  if ((clientId === undefined) !== (clientSecret === undefined)) {
    return refuse(
      'invalid_input',
      'oauth-introspection and oauth-client-secret (SIGNALBOX_OAUTH_CLIENT_SECRET) belong together. Give both, or neither.',
    );
  }
  const resource = values.get('oauth-resource')?.replace(/\/$/, '');
  const audiences = wordsIn(values.get('oauth-audience') ?? '');
  const reachesOut = listen.kind === 'tcp' && !isLoopback(listen.host);
  if (reachesOut && resource === undefined && audiences.length === 0) {
    return refuse(
      'invalid_input',
      'A hub that other machines reach has to know its own address, to tell tokens that are for it from those for others. Give oauth-resource, such as https://signalbox.example.com.',
    );
  }
  return ok({
    issuer,
    audiences,
    resource,
    groupsClaim: values.get('oauth-groups-claim') ?? 'groups',
    rules: rules.value,
    personScope: values.get('oauth-person-scope'),
    scopes: wordsIn(values.get('oauth-scopes') ?? ''),
    introspection:
      clientId === undefined || clientSecret === undefined ? undefined : { clientId, clientSecret },
  });
};
