import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessDesk, ownerActor } from '../../testing/access-desk.ts';
import { initialSlices } from '../index.ts';
import { accessArea } from './area.ts';
import { principalsMax } from './model.ts';

const namesIn = (desk: AccessDesk): readonly unknown[] => {
  const { items } = desk.do(ownerActor, 'principal_list');
  assert.ok(Array.isArray(items));
  return items.map(({ name }) => name);
};

test('AC1 the owner is there from the start, is admin, and can be neither added nor removed', () => {
  const desk = new AccessDesk();
  assert.deepEqual(desk.do(ownerActor, 'principal_list'), {
    items: [{ name: 'owner', kind: 'person', role: 'admin', created_by: 'owner' }],
  });
  const input = { name: 'owner', kind: 'agent', role: 'reader' };
  desk.refused(ownerActor, 'principal_add', { code: 'exists', input });
  const removed = desk.refused(ownerActor, 'principal_remove', {
    code: 'forbidden',
    input: { name: 'owner' },
  });
  assert.match(removed.message, /token_revoke/);
});

test('AC37 nobody is added under a name of whom an identity provider vouches for', () => {
  const desk = new AccessDesk();
  for (const name of ['oidc-0', 'OIDC-x', 'oidc-352fc6af877ba16a38e93a49901e8fd5']) {
    const input = { name, kind: 'person', role: 'admin' };
    desk.refused(ownerActor, 'principal_add', { code: 'invalid_input', input });
  }
  desk.principal('oidc', 'person', 'reader');
});

test('AC2 a principal is added once, under no reserved name, and only so many', () => {
  const desk = new AccessDesk();
  const bea = { name: 'bea', kind: 'person', role: 'approver', note: 'From the\nother team' };
  const added = desk.do(ownerActor, 'principal_add', bea);
  assert.deepEqual({ ...added, created_at: '' }, { ...bea, created_at: '', created_by: 'owner' });
  desk.refused(ownerActor, 'principal_add', { code: 'exists', input: { ...bea, role: 'admin' } });
  desk.refused(ownerActor, 'principal_add', { code: 'invalid_input', input: { ...bea, name: 'System' } });
  desk.refused(ownerActor, 'principal_remove', { code: 'not_found', input: { name: 'eve' } });
  for (let i = 2; i < principalsMax; i += 1) desk.principal(`p${i}`, 'agent', 'reader');
  const input = { name: 'more', kind: 'agent', role: 'reader' };
  assert.match(desk.refused(ownerActor, 'principal_add', { code: 'limit_exceeded', input }).message, /1000/);
  desk.do(ownerActor, 'principal_remove', { name: 'p2' });
  desk.do(ownerActor, 'principal_add', input);
  assert.equal(namesIn(desk).length, principalsMax);
});

test('AC3 who is removed has no token any more, and nobody gets its name', () => {
  const desk = new AccessDesk();
  const bea = desk.principal('bea', 'person', 'worker');
  const one = desk.token(bea);
  const two = desk.token(ownerActor, { principal: 'bea', expires: 60 });
  const gone = desk.token(bea);
  desk.do(bea, 'token_revoke', { id: gone.token });
  const own = desk.token(ownerActor);
  desk.scenario.now += 60_000;
  assert.deepEqual(desk.do(ownerActor, 'principal_remove', { name: 'bea' }), {
    name: 'bea',
    revoked: [one.token, two.token],
  });
  assert.deepEqual(namesIn(desk), ['owner']);
  for (const { token } of [one, two, gone]) assert.equal(desk.standing(token), 'principal_removed');
  desk.refused(ownerActor, 'token_create', { code: 'not_found', input: { principal: 'bea' } });
  desk.refused(ownerActor, 'token_refresh', { code: 'invalid_state', input: { id: two.token } });
  const again = desk.refused(ownerActor, 'principal_add', {
    code: 'exists',
    input: { name: 'bea', kind: 'person', role: 'admin' },
  });
  assert.match(again.message, /was removed\. Names are not given again: .*Choose another/);
  assert.deepEqual(namesIn(desk), ['owner']);
  for (const { token } of [one, two, gone]) assert.equal(desk.standing(token), 'principal_removed');
  assert.equal(desk.standing(own.token), 'good');
});

test('what is folded at once in bulk, or loaded from a snapshot, is the same state', () => {
  const desk = new AccessDesk();
  desk.workspace('shop');
  const bea = desk.principal('bea', 'person', 'worker');
  const one = desk.token(bea, { workspaces: ['shop'], for_agent: 'ada', label: 'x' });
  desk.do(one, 'token_refresh', { id: one.token });
  desk.token(bea);
  desk.do(ownerActor, 'principal_remove', { name: 'bea' });
  const rows = ({ access }: typeof initialSlices) => [
    ...access.principals.scan('all', 'all'),
    ...access.tokens.scan('all', 'all'),
  ];
  const { slices } = desk.scenario;
  assert.equal(rows(slices).length, 4);
  assert.deepEqual(rows(desk.scenario.refolded(initialSlices)), rows(slices));
  const saved = Array.from(accessArea.save(slices), (row) => JSON.parse(JSON.stringify(row)));
  assert.deepEqual(rows(accessArea.settle(accessArea.load(initialSlices, saved))), rows(slices));
});
