import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainSecret } from '../../../test/oauth/plain-secret.ts';
import { faultIn } from './forms.ts';
import { type KeyName, keys } from './keys.ts';
import { oauthOf } from './oauth.ts';
import { rulesIn } from './oauth-roles.ts';

const here = { kind: 'tcp', host: '127.0.0.1', port: 8321 } as const;
const issuer = ['oauth-issuer', 'https://login.example.com'] as const;
const roles = ['oauth-roles', 'group:dev=worker@*'] as const;

describe('the rules of oauth-roles', () => {
  it('say what a group or a scope stands for', () => {
    const text = 'group:engineering=worker@shop, main; scope:signalbox.read=reader@*;';
    const rules = rulesIn(text);
    assert.deepEqual(rules.ok && rules.value, [
      { by: 'group', name: 'engineering', role: 'worker', workspaces: ['shop', 'main'] },
      { by: 'scope', name: 'signalbox.read', role: 'reader', workspaces: ['*'] },
    ]);
  });

  it('may name groups with almost any character', () => {
    for (const name of ['/team/a b', 'cn=dev,ou=people', 'a@b', 'x:y', 'Überall']) {
      const rules = rulesIn(`group:${name}=admin@*`);
      assert.deepEqual(rules.ok && rules.value[0]?.name, name);
    }
  });

  const wrong = [
    '',
    ';',
    'dev=worker@*',
    'group:dev',
    'group:dev=worker',
    'group:dev=worker@',
    'group:=worker@*',
    'group:dev=owner@*',
    'group:dev=Worker@*',
    'group:dev=worker@*,shop',
    'group:dev=worker@../x',
    'group:dev=worker@a,,b',
    'role:dev=worker@*',
    'scope:offline_access=worker@*',
    'scope:a b=worker@*',
    'scope:a"b=worker@*',
    Array.from({ length: 201 }, (_, i) => `group:g${i}=worker@*`).join(';'),
  ];
  for (const text of wrong)
    it(`cannot be ${text.slice(0, 40)}`, () => {
      assert.notEqual(faultIn(keys['oauth-roles'].form, text), undefined);
    });
});

describe('the address of an identity provider', () => {
  const fault = (key: KeyName, text: string): string | undefined => faultIn(keys[key].form, text);

  it('is one that nobody can listen to on the way', () => {
    for (const good of [
      'https://login.example.com',
      'https://login.example.com/realms/x',
      'https://a.example/',
      'http://127.0.0.1:8080',
      'http://localhost:8080/realms/x',
      'http://[::1]:1',
    ])
      assert.equal(fault('oauth-issuer', good), undefined, good);
    for (const bad of [
      'http://login.example.com',
      'http://127.0.0.1.evil.com',
      'http://127.0.0.2',
      'login.example.com',
      'file:///etc/passwd',
      'https://user:secret@login.example.com',
      'https://login.example.com?x=1',
      'https://login.example.com#x',
      'https://login example.com',
      '',
    ])
      assert.notEqual(fault('oauth-issuer', bad), undefined, bad);
  });

  it('of the hub itself has no path', () => {
    assert.equal(fault('oauth-resource', 'https://hub.example.com'), undefined);
    assert.equal(fault('oauth-resource', 'https://hub.example.com:8443/'), undefined);
    assert.match(fault('oauth-resource', 'https://hub.example.com/mcp') ?? '', /has a path/);
    assert.match(fault('oauth-resource', 'http://hub.example.com') ?? '', /https/);
  });

  it('comes with scopes that clients may ask for', () => {
    assert.equal(fault('oauth-scopes', 'openid, groups'), undefined);
    assert.equal(fault('oauth-person-scope', 'signalbox.person'), undefined);
    for (const bad of ['a b', 'a,b "', 'offline_access'])
      assert.notEqual(fault('oauth-person-scope', bad), undefined);
    for (const bad of [',', 'openid offline_access', 'a"b'])
      assert.notEqual(fault('oauth-scopes', bad), undefined, bad);
  });
});

describe('what is configured of OAuth', () => {
  const clientSecret = plainSecret('secret');
  const withSecret = (values: readonly (readonly [KeyName, string])[]) => {
    const said = new Map(values);
    const secret = said.has('oauth-client-secret') ? clientSecret : undefined;
    return oauthOf(said, { listen: here, clientSecret: secret });
  };
  const read = (...values: readonly (readonly [KeyName, string])[]) => withSecret(values);
  const why = (...values: readonly (readonly [KeyName, string])[]): string => {
    const read = withSecret(values);
    return read.ok ? 'fine' : read.message;
  };

  it('is nothing without an issuer', () => {
    const none = read(['oauth-groups-claim', 'groups']);
    assert.deepEqual(none, { ok: true, value: undefined });
    assert.match(why(roles), /oauth-roles means nothing without oauth-issuer/);
  });

  it('is all that a hub needs to know', () => {
    assert.deepEqual(
      read(
        issuer,
        roles,
        ['oauth-audience', 'api://a, b'],
        ['oauth-resource', 'https://hub.example.com/'],
        ['oauth-scopes', 'openid'],
        ['oauth-person-scope', 'signalbox.person'],
        ['oauth-introspection', 'hub'],
        ['oauth-client-secret', 'secret'],
      ),
      {
        ok: true,
        value: {
          issuer: issuer[1],
          audiences: ['api://a', 'b'],
          resource: 'https://hub.example.com',
          groupsClaim: 'groups',
          rules: [{ by: 'group', name: 'dev', role: 'worker', workspaces: ['*'] }],
          personScope: 'signalbox.person',
          scopes: ['openid'],
          introspection: { clientId: 'hub', clientSecret },
        },
      },
    );
  });

  it('is refused when a part of it is missing', () => {
    assert.match(why(issuer), /lets nobody in without oauth-roles/);
    assert.match(why(issuer, roles, ['oauth-introspection', 'hub']), /belong together/);
    assert.match(why(issuer, roles, ['oauth-client-secret', 'x']), /belong together/);
    const reached = oauthOf(new Map([issuer, roles]), {
      listen: { kind: 'tcp', host: '0.0.0.0', port: 1 },
      clientSecret: undefined,
    });
    assert.match(reached.ok ? '' : reached.message, /has to know its own address/);
  });
});
