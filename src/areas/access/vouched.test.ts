import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourMs, isoTime, minuteMs } from '../../kernel/instants.ts';
import { AccessDesk, type Visitor, ownerActor } from '../../testing/access-desk.ts';

test('AC30 what comes in by way of an identity provider makes nothing that outlives it', () => {
  const desk = new AccessDesk();
  const until = desk.scenario.now + hourMs;
  const brief: Visitor = { ...ownerActor, until };
  for (const input of [{}, { for_agent: 'ada' }, { principal: 'owner' }])
    assert.equal(desk.do(brief, 'token_create', input)['expires_at'], isoTime(until));
  for (const expires of ['never', 3_601])
    desk.refused(brief, 'token_create', { code: 'forbidden', input: { expires } });
  const { token: id } = desk.token(ownerActor);
  desk.refused(brief, 'token_refresh', { code: 'forbidden', input: { id } });
  assert.equal(
    desk.do(brief, 'token_refresh', { id, expires: 600 })['expires_at'],
    isoTime(until - 50 * minuteMs),
  );
});

test('AC38 who has no token of the hub is told what it is held to', () => {
  const desk = new AccessDesk();
  const scope = { workspaces: ['main'], categories: ['*'] };
  const told = desk.do({ ...ownerActor, principal: 'oidc-0', role: 'worker', scope }, 'auth_status');
  assert.deepEqual(told, { asks: true, principal: 'oidc-0', kind: 'person', role: 'worker', ...scope });
});
