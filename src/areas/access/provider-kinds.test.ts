import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bearerOf, claimsSchema } from '../../host/access/oauth/claims.ts';
import type { Kind } from '../../kernel/entry.ts';

/** The claims that say who somebody is, as providers write them today. */
const shapes: Readonly<Record<string, readonly [Kind, Readonly<Record<string, unknown>>]>> = {
  'Okta, a person': [
    'person',
    {
      ver: 1,
      cid: '0oa1',
      uid: '00u1',
      scp: ['openid', 'x'],
      auth_time: 1_700_000_000,
      sub: 'ada@example.com',
    },
  ],
  'Okta, a person, without openid': [
    'person',
    { cid: '0oa1', uid: '00u1', scp: ['x'], sub: 'ada@example.com' },
  ],
  'Okta, client credentials': ['service', { ver: 1, cid: '0oa1', scp: ['x'], sub: '0oa1' }],
  'Okta, client credentials with openid': ['service', { ver: 1, cid: '0oa1', scp: ['openid'], sub: '0oa1' }],
  'Entra v1, a person': [
    'person',
    {
      ver: '1.0',
      appid: 'c1',
      appidacr: '0',
      oid: 'o1',
      sub: 's1',
      scp: 'access',
      amr: ['pwd', 'mfa'],
      upn: 'ada@example.com',
      unique_name: 'ada@example.com',
      name: 'Ada',
    },
  ],
  'Entra v1, an app': [
    'service',
    { ver: '1.0', appid: 'c1', appidacr: '1', oid: 'o1', sub: 'o1', roles: ['r'] },
  ],
  'Entra v1, an app that says so': [
    'service',
    { ver: '1.0', appid: 'c1', idtyp: 'app', oid: 'o1', sub: 'o1' },
  ],
  'Entra v2, a person': [
    'person',
    {
      ver: '2.0',
      azp: 'c1',
      azpacr: '0',
      oid: 'o1',
      sub: 's1',
      scp: 'access',
      name: 'Ada',
      preferred_username: 'ada@example.com',
    },
  ],
  'Entra v2, a person, who says so': [
    'person',
    { azp: 'c1', idtyp: 'user', oid: 'o1', sub: 's1', name: 'Ada' },
  ],
  'Entra v2, an app': [
    'service',
    { ver: '2.0', azp: 'c1', azpacr: '1', oid: 'o1', sub: 'o1', groups: ['dev'] },
  ],
  'Entra v2, an app that says so': ['service', { azp: 'c1', idtyp: 'app', sub: 'o1', name: 'CI' }],
  'Auth0, a person': [
    'person',
    { sub: 'auth0|u1', azp: 'c1', scope: 'openid profile email', gty: 'password' },
  ],
  'Auth0, client credentials': [
    'service',
    { sub: 'c1@clients', azp: 'c1', scope: 'x', gty: 'client-credentials' },
  ],
  'Auth0, client credentials, with more': ['service', { sub: 'c1@clients', azp: 'c1', name: 'CI' }],
  'FusionAuth, client credentials': ['service', { sub: 'e1', gty: ['client_credentials'], name: 'CI' }],
  'Keycloak, a person': [
    'person',
    {
      sub: 'uuid',
      azp: 'web',
      sid: 's',
      scope: 'openid email',
      preferred_username: 'ada',
      email: 'ada@example.com',
    },
  ],
  'Keycloak, a service account': [
    'service',
    {
      sub: 'uuid',
      azp: 'ci',
      client_id: 'ci',
      clientHost: '10.0.0.1',
      scope: 'openid email profile',
      preferred_username: 'service-account-ci',
    },
  ],
  'Keycloak, a service account by its name alone': [
    'service',
    { sub: 'uuid', azp: 'CI', preferred_username: 'service-account-ci', email: 'ci@example.com' },
  ],
  'Keycloak, a service account by its host alone': [
    'service',
    { sub: 'uuid', azp: 'ci', scope: 'openid', clientHost: 'h' },
  ],
  'Keycloak, a service account, introspected': ['service', { sub: 'uuid', username: 'service-account-ci' }],
  'authentik, client credentials': [
    'service',
    { sub: 'h', azp: 'c1', preferred_username: 'ak-hub-client_credentials' },
  ],
  'Google, a person': ['person', { sub: '1', azp: 'c.apps.googleusercontent.com', email: 'ada@example.com' }],
  'Google, a service account': ['service', { sub: '1', azp: '1', email: 'ci@p.iam.gserviceaccount.com' }],
  'Google, a service account for another client': [
    'service',
    { sub: '1', email: 'ci@p.iam.gserviceaccount.com' },
  ],
  'Cognito, a person': [
    'person',
    { sub: 'uuid', client_id: 'c1', username: 'ada', auth_time: 1_700_000_000 },
  ],
  'Cognito, client credentials': ['service', { sub: 'c1', client_id: 'c1', scope: 'x' }],
  'oidc-provider, client credentials': ['service', { sub: 'ci', client_id: 'ci', scope: 'x' }],
  'oidc-provider, of whom nothing is said': ['service', { sub: 'u1', client_id: 'c1', scope: 'x' }],
  'RFC 9068, of whom when they logged in is said': ['person', { sub: 'u1', client_id: 'c1', auth_time: 1 }],
  'a program without a subject': ['service', { client_id: 'ci', name: 'CI' }],
  'an agent on behalf of a person': [
    'agent',
    { sub: 'u1', client_id: 'c1', name: 'Ada', act: { sub: 'agent' } },
  ],
  'nothing but a subject': ['service', { sub: 'u1', groups: ['dev'] }],
  'what is empty': ['service', { sub: 'u1', email: '', amr: [], name: null, auth_time: true }],
};

const kindOf = (claims: Readonly<Record<string, unknown>>, personScope?: string): Kind | undefined =>
  bearerOf(claimsSchema.parse(claims), { groupsClaim: 'groups', personScope })?.kind;

describe('AC40 a token is that of a person only where something says so, and nothing speaks against it', () => {
  for (const [what, [kind, claims]] of Object.entries(shapes))
    it(`${kind}: ${what}`, () => assert.equal(kindOf(claims), kind));
});

describe('AC40 where a scope makes persons', () => {
  const scope = 'signalbox.person';

  it('no token without it is that of a person, whatever it says', () => {
    for (const [what, [kind, claims]] of Object.entries(shapes))
      assert.equal(kindOf(claims, scope), kind === 'person' ? 'agent' : kind, what);
  });

  it('a token with it is, unless it is that of a program', () => {
    assert.equal(kindOf({ sub: 'u1', client_id: 'c1', scope: `x ${scope}` }, scope), 'person');
    assert.equal(kindOf({ sub: 'u1', scp: [scope], name: 'Ada' }, scope), 'person');
    assert.equal(kindOf({ sub: 'u1', scp: [scope], act: { sub: 'agent' } }, scope), 'agent');
    assert.equal(kindOf({ sub: 'c1', cid: 'c1', scp: [scope] }, scope), 'service');
  });
});
