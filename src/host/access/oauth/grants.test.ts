import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { oidcPrefix } from '../../../areas/access/model.ts';
import { isName } from '../../../kernel/names.ts';
import { rulesIn } from '../../configuration/oauth-roles.ts';
import { audienceOf } from './audiences.ts';
import { grantedBy, principalOf, scopesToReach } from './grants.ts';

const rulesOf = (text: string) => {
  const rules = rulesIn(text);
  assert(rules.ok);
  return rules.value;
};

const bearer = (groups: readonly string[], scopes: readonly string[] = []) => ({
  groups: new Set(groups),
  scopes: new Set(scopes),
});

describe('what groups and scopes stand for', () => {
  const rules = rulesOf(
    'group:a=worker@shop; group:b=worker@main,shop; group:c=reader@*; group:d=worker@*; scope:a=admin@lab',
  );

  it('is the highest role, and only where that one is given', () => {
    assert.deepEqual(grantedBy(rules, bearer(['a', 'c'])), { role: 'worker', workspaces: ['shop'] });
    assert.deepEqual(grantedBy(rules, bearer(['a', 'b'])), { role: 'worker', workspaces: ['shop', 'main'] });
    assert.deepEqual(grantedBy(rules, bearer(['a', 'd'])), { role: 'worker', workspaces: ['*'] });
    assert.deepEqual(grantedBy(rules, bearer(['c'])), { role: 'reader', workspaces: ['*'] });
  });

  it('is nothing where no rule names one, and a group is no scope', () => {
    assert.equal(grantedBy(rules, bearer([])), undefined);
    assert.equal(grantedBy(rules, bearer(['A', 'a ', '*', 'constructor'])), undefined);
    assert.deepEqual(grantedBy(rules, bearer([], ['a', 'b'])), { role: 'admin', workspaces: ['lab'] });
  });

  it('is reached with the least scope that is enough, and those that were held', () => {
    const known = rulesOf('scope:r=reader@*; scope:x=admin@*; scope:w=worker@*; group:g=admin@*');
    const reach = (held: readonly string[], role: 'worker' | 'approver', scopes: readonly string[] = []) =>
      scopesToReach({ rules: known, scopes }, new Set(held), role);
    assert.deepEqual(reach(['r', 'openid'], 'worker'), ['r', 'w']);
    assert.deepEqual(reach([], 'approver', ['groups']), ['groups', 'x']);
    assert.equal(
      scopesToReach({ rules: rulesOf('group:g=admin@*'), scopes: [] }, new Set(), 'worker'),
      undefined,
    );
  });
});

describe('the name of whom an issuer vouches for', () => {
  const name = (issuer: string, subject: string, isProgram = false): string =>
    principalOf(issuer, { subject, kind: isProgram ? 'service' : 'person' });

  it('is a name, is reserved, and stays', () => {
    const one = name('https://a.example', 'u1');
    assert(isName(one) && one.startsWith(oidcPrefix));
    assert.equal(one, 'oidc-352fc6af877ba16a38e93a49901e8fd5');
  });

  it('is that of nobody else', () => {
    const names = [
      name('https://a.example', 'u1'),
      name('https://a.example/', 'u1'),
      name('https://a.example', 'u1', true),
      name('https://a.example', 'U1'),
      name('https://a.exampleu', '1'),
      name('https://a.example","u1', ''),
    ];
    assert.equal(new Set(names).size, names.length);
  });
});

describe('what tokens are made out to', () => {
  it('is the address of the hub, of its MCP, or of a mode of it', () => {
    const { accepts, wanted } = audienceOf({ audiences: [], resource: 'https://hub.example.com' }, 8321);
    assert.equal(wanted, 'https://hub.example.com/mcp');
    for (const path of ['', '/', '/mcp', '/mcp/', '/mcp/full']) {
      assert(accepts(`https://hub.example.com${path}`), path);
      assert(accepts(['x', `https://hub.example.com${path}`]), path);
    }
    for (const other of [
      'https://hub.example.com.evil.com',
      'https://hub.example.com:444/mcp',
      'https://hub.example.com/other',
      'https://hub.example.com/mcp/a/b',
      'http://hub.example.com',
      'http://127.0.0.1:8321/mcp',
      undefined,
      [],
      [1],
      { 0: 'https://hub.example.com' },
    ])
      assert.equal(accepts(other), false, JSON.stringify(other));
  });

  it('is an address of this machine with the port that was called, where nothing is configured', () => {
    const { accepts } = audienceOf({ audiences: [], resource: undefined }, 8321);
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) assert(accepts(`http://${host}:8321/mcp`), host);
    for (const other of ['http://127.0.0.1:8322/mcp', 'http://127.0.0.1:83210/mcp', 'http://127.0.0.1/mcp'])
      assert.equal(accepts(other), false, other);
    const { accepts: onSocket, wanted } = audienceOf({ audiences: [], resource: undefined }, undefined);
    assert.deepEqual([onSocket('http://localhost/mcp'), wanted], [false, undefined]);
  });

  it('is exactly what was configured, and nothing beside', () => {
    const { accepts } = audienceOf({ audiences: ['api://x'], resource: 'https://hub.example.com' }, 8321);
    assert.deepEqual(
      [accepts('api://x'), accepts('api://x/'), accepts('https://hub.example.com')],
      [true, false, false],
    );
  });
});
