import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayMs, hourMs, isoTime, minuteMs } from '../../kernel/instants.ts';
import { AccessDesk, type Visitor, ownerActor } from '../../testing/access-desk.ts';
import { workspacesIntent } from '../workspaces/decide.ts';
import { accessIntent } from './decide/index.ts';
import { endedTokensMax, findByHash, standingOf, tokensMax, tokensPerPrincipalMax } from './model.ts';

const agentOf = (visitor: Visitor): Visitor => ({ ...visitor, kind: 'agent' });

test('AC4 a token is known by its hash alone, and its secret is in the first answer and in no entry', () => {
  const desk = new AccessDesk();
  const made = desk.do(ownerActor, 'token_create', { label: 'ci' });
  assert.deepEqual([made['token'], made['shown']], ['sbx_secret-1', true]);
  assert.match(String(made['id']), /^tk_[0-9a-z]{10}$/);
  assert.equal(findByHash(desk.scenario.slices.access, desk.hash)?.id, made['id']);
  const again = desk.repeat(ownerActor, 'token_create', { label: 'ci' });
  assert.deepEqual([again['token'], again['shown'], again['id']], [undefined, false, made['id']]);
  assert.match(String(again['hint']), /token_refresh.*tk_/);
  desk.do(ownerActor, 'token_refresh', { id: made['id'] });
  assert.equal(JSON.stringify(desk.scenario.entries).includes('secret'), false);
  assert.equal(JSON.stringify(desk.do(ownerActor, 'token_list')).includes('hash'), false);
});

test('AC5 a token is of the kind of its principal, or an agent’s', () => {
  const desk = new AccessDesk();
  desk.principal('ci', 'service', 'worker');
  desk.principal('bot', 'agent', 'worker');
  const kindOf = (input: object): string => desk.token(ownerActor, { ...input }).kind;
  assert.equal(kindOf({}), 'person');
  assert.equal(kindOf({ for_agent: 'ada' }), 'agent');
  assert.equal(kindOf({ for_agent: 'ada', kind: 'person' }), 'person');
  assert.equal(kindOf({ kind: 'agent' }), 'agent');
  assert.equal(kindOf({ principal: 'ci' }), 'service');
  assert.equal(kindOf({ principal: 'ci', kind: 'agent' }), 'agent');
  assert.equal(kindOf({ principal: 'bot' }), 'agent');
  for (const [principal, kind] of [
    ['owner', 'service'],
    ['ci', 'person'],
    ['bot', 'person'],
    ['bot', 'service'],
  ])
    desk.refused(ownerActor, 'token_create', { code: 'forbidden', input: { principal, kind } });
});

test('AC6 nobody hands out more than it has', () => {
  const desk = new AccessDesk();
  for (const name of ['shop', 'app']) desk.workspace(name);
  const bea = desk.principal('bea', 'person', 'worker');
  assert.equal(desk.token(bea).role, 'worker');
  for (const maker of [bea, ownerActor])
    desk.refused(maker, 'token_create', { code: 'forbidden', input: { principal: 'bea', role: 'approver' } });
  const narrow = desk.token(ownerActor, {
    role: 'worker',
    workspaces: ['shop'],
    categories: ['access', 'tasks'],
  });
  const same = desk.token(narrow);
  assert.deepEqual([same.role, same.scope], [narrow.role, narrow.scope]);
  const less = desk.token(narrow, { role: 'reader', categories: ['tasks'], for_agent: 'ada' });
  assert.deepEqual(less.scope, { workspaces: ['shop'], categories: ['tasks'], agent: 'ada' });
  for (const input of [
    { role: 'approver' },
    { workspaces: ['*'] },
    { categories: ['messages'] },
    { categories: ['*'] },
  ])
    desk.refused(narrow, 'token_create', { code: 'forbidden', input });
  // Whether there is such a workspace is nobody's business who may not know it.
  for (const workspaces of [['app'], ['shop', 'app'], ['nowhere']])
    desk.refused(narrow, 'token_create', { code: 'workspace_unknown', input: { workspaces } });
  const bound = desk.token(ownerActor, { for_agent: 'ada', kind: 'person' });
  assert.equal(desk.token(bound).scope?.agent, 'ada');
  desk.refused(bound, 'token_create', { code: 'forbidden', input: { for_agent: 'bob' } });

  const wide = desk.token(ownerActor);
  const refused = desk.refused(narrow, 'token_refresh', { code: 'forbidden', input: { id: wide.token } });
  assert.match(refused.message, /the role admin, and you have worker/);
  const elsewhere = desk.token(ownerActor, { role: 'worker', workspaces: ['app'] });
  desk.refused(narrow, 'token_refresh', { code: 'forbidden', input: { id: elsewhere.token } });
  desk.do(narrow, 'token_refresh', { id: less.token });
  desk.do(narrow, 'token_refresh', { id: narrow.token });
});

test('AC7 tokens of others are there for admins only', () => {
  const desk = new AccessDesk();
  const bea = desk.principal('bea', 'person', 'approver');
  const eve = desk.principal('eve', 'person', 'worker');
  const [one, two] = [desk.token(bea), desk.token(eve)];
  desk.refused(bea, 'token_create', { code: 'forbidden', input: { principal: 'eve' } });
  assert.deepEqual(desk.listed(bea), [one.token]);
  assert.deepEqual(desk.listed(bea, { principal: 'bea' }), [one.token]);
  desk.refused(bea, 'token_list', { code: 'forbidden', input: { principal: 'eve' } });
  const unknown = desk.refused(bea, 'token_revoke', { code: 'not_found', input: { id: 'tk_0000000000' } });
  for (const name of ['token_revoke', 'token_refresh']) {
    const foreign = desk.refused(bea, name, { code: 'not_found', input: { id: two.token } });
    assert.equal(foreign.message, unknown.message.replace('tk_0000000000', two.token));
  }
  assert.deepEqual(desk.listed(ownerActor), [one.token, two.token]);
  assert.deepEqual(desk.listed(ownerActor, { principal: 'eve' }), [two.token]);
  desk.do(ownerActor, 'token_refresh', { id: one.token });
  desk.do(ownerActor, 'token_revoke', { id: two.token });
});

test('AC7 AC13 who does not act as a person sees and revokes only the token that it uses', () => {
  const desk = new AccessDesk();
  desk.principal('ci', 'service', 'admin');
  const mine = desk.token(ownerActor);
  const ada = desk.token(ownerActor, { for_agent: 'ada' });
  const bound = desk.token(ownerActor, { for_agent: 'bob', kind: 'person' });
  const service = desk.token(ownerActor, { principal: 'ci' });
  for (const visitor of [ada, bound, service, { ...agentOf(ada), role: 'admin' } as const]) {
    assert.deepEqual(desk.listed(visitor), [visitor.token]);
    assert.deepEqual(desk.listed(visitor, { principal: visitor.principal }), [visitor.token]);
    const unknown = desk.refused(visitor, 'token_revoke', {
      code: 'not_found',
      input: { id: 'tk_0000000000' },
    });
    const other = desk.refused(visitor, 'token_revoke', { code: 'not_found', input: { id: mine.token } });
    assert.equal(other.message, unknown.message.replace('tk_0000000000', mine.token));
  }
  assert.deepEqual(desk.listed(agentOf(ownerActor)), []);
  desk.refused(agentOf(ownerActor), 'token_revoke', { code: 'not_found', input: { id: mine.token } });
  for (const { token, ...rest } of [bound, service])
    desk.do({ ...rest, token }, 'token_revoke', { id: token });
  assert.deepEqual(desk.listed(ownerActor), [mine.token, ada.token]);
});

test('AC8 an agent’s token lasts a day and works, others last, unless said', () => {
  const desk = new AccessDesk();
  const endOf = (input: object): unknown => desk.do(ownerActor, 'token_create', { ...input })['expires_at'];
  const at = (ms: number): string => isoTime(desk.scenario.now + ms);
  assert.equal(endOf({}), undefined);
  assert.equal(endOf({ kind: 'agent' }), at(dayMs));
  assert.equal(endOf({ for_agent: 'ada', expires: 'never' }), undefined);
  assert.equal(endOf({ for_agent: 'ada', expires: 90 }), at(90_000));
  assert.equal(endOf({ expires: 315_360_000 }), at(3_650 * dayMs));
  for (const expires of [315_360_001, 59, 0, 'soon'])
    desk.refused(ownerActor, 'token_create', { code: 'invalid_input', input: { expires } });
  assert.equal(desk.token(ownerActor, { for_agent: 'ada' }).role, 'worker');
  assert.equal(desk.token(ownerActor, { for_agent: 'ada', role: 'admin' }).role, 'admin');
  const reader = desk.principal('eve', 'person', 'reader');
  assert.equal(desk.token(reader, { for_agent: 'ada' }).role, 'reader');
});

test('AC9 there are only so many good tokens, of one principal and of all', () => {
  const desk = new AccessDesk();
  const first = desk.token(ownerActor, { expires: 60 });
  for (let i = 1; i < tokensPerPrincipalMax; i += 1) desk.token(ownerActor);
  assert.match(desk.refused(ownerActor, 'token_create', { code: 'limit_exceeded' }).message, /200/);
  desk.scenario.now += minuteMs;
  assert.equal(desk.standing(first.token), 'expired');
  desk.token(ownerActor);
  desk.refused(ownerActor, 'token_create', { code: 'limit_exceeded' });

  const others = tokensMax / tokensPerPrincipalMax;
  let last = first;
  for (let i = 1; i < others; i += 1) {
    const other = desk.principal(`p${i}`, 'service', 'worker');
    for (let n = 0; n < tokensPerPrincipalMax; n += 1)
      last = desk.token(ownerActor, { principal: other.principal, ...(i === 1 && { expires: 120 }) });
  }
  desk.principal('one-more', 'service', 'worker');
  const input = { principal: 'one-more' };
  assert.match(desk.refused(ownerActor, 'token_create', { code: 'limit_exceeded', input }).message, /10000/);
  desk.do(ownerActor, 'token_revoke', { id: last.token });
  desk.token(ownerActor, input);
  desk.refused(ownerActor, 'token_create', { code: 'limit_exceeded', input });
  desk.scenario.now += 2 * minuteMs;
  desk.token(ownerActor, input);
});

test('AC10 a token expires by itself, and nothing is written for it', () => {
  const desk = new AccessDesk();
  const { token } = desk.token(ownerActor, { kind: 'agent' });
  const count = desk.scenario.entries.length;
  desk.scenario.pass(dayMs - 1);
  assert.equal(desk.standing(token), 'good');
  assert.deepEqual(desk.scenario.pass(1), []);
  assert.equal(desk.standing(token), 'expired');
  assert.equal(desk.scenario.entries.length, count);
  assert.deepEqual(desk.listed(ownerActor), []);
  assert.deepEqual(desk.listed(ownerActor, { all: true }), [token]);
  const { access } = desk.scenario.slices;
  const row = access.tokens.get(token);
  assert.ok(row !== undefined);
  assert.equal(standingOf(row, access.principals.get('owner'), row.createdAt), 'good');
  assert.equal(standingOf(row, undefined, row.createdAt), 'principal_removed');
});

test('AC11 a refreshed token has another secret, and lasts as long again', () => {
  const desk = new AccessDesk();
  const { token: id } = desk.token(ownerActor, { expires: 3_600 });
  const old = desk.hash;
  desk.scenario.now += 2 * hourMs;
  const refreshed = desk.do(ownerActor, 'token_refresh', { id });
  assert.equal(refreshed['token'], 'sbx_secret-2');
  assert.equal(refreshed['expires_at'], isoTime(desk.scenario.now + hourMs));
  const { access } = desk.scenario.slices;
  assert.equal(findByHash(access, old), undefined);
  assert.equal(findByHash(access, desk.hash)?.id, id);
  assert.equal(desk.standing(id), 'good', 'a person may refresh one that has expired');
  assert.equal(desk.repeat(ownerActor, 'token_refresh', { id })['shown'], false);
  desk.scenario.now += minuteMs;
  const again = desk.do(ownerActor, 'token_refresh', { id });
  assert.equal(again['expires_at'], isoTime(desk.scenario.now + hourMs));
  assert.equal(desk.do(ownerActor, 'token_refresh', { id, expires: 'never' })['expires_at'], undefined);
  assert.equal(desk.do(ownerActor, 'token_refresh', { id })['expires_at'], undefined);
  desk.do(ownerActor, 'token_revoke', { id });
  desk.refused(ownerActor, 'token_refresh', { code: 'invalid_state', input: { id } });
});

test('AC12 who is no person refreshes the token that it uses, for as long again and for a day at most', () => {
  const desk = new AccessDesk();
  const ada = desk.token(ownerActor, { for_agent: 'ada', expires: 7 * 86_400 });
  const bob = desk.token(ownerActor, { for_agent: 'bob', expires: 3_600 });
  const day = (): string => isoTime(desk.scenario.now + dayMs);
  assert.equal(desk.do(ada, 'token_refresh', { id: ada.token })['expires_at'], day());
  assert.equal(
    desk.do(bob, 'token_refresh', { id: bob.token })['expires_at'],
    isoTime(desk.scenario.now + hourMs),
  );
  for (const expires of [86_401, 'never'])
    desk.refused(ada, 'token_refresh', { code: 'forbidden', input: { id: ada.token, expires } });
  for (const expires of [3_601, 86_400, 'never'])
    desk.refused(bob, 'token_refresh', { code: 'forbidden', input: { id: bob.token, expires } });
  const other = desk.refused(bob, 'token_refresh', { code: 'forbidden', input: { id: ada.token } });
  assert.match(other.message, /signalbox token refresh tk_/);
  desk.refused(agentOf(ownerActor), 'token_refresh', { code: 'forbidden', input: { id: ada.token } });
  const lasting = desk.token(ownerActor, { for_agent: 'eve', expires: 'never' });
  assert.equal(desk.do(lasting, 'token_refresh', { id: lasting.token })['expires_at'], undefined);
});

test('AC13 a token is revoked at once, by itself too, and only once', () => {
  const desk = new AccessDesk();
  const ada = desk.token(ownerActor, { for_agent: 'ada' });
  const revoked = desk.do(ada, 'token_revoke', { id: ada.token, reason: 'Done for today' });
  assert.deepEqual([revoked['standing'], revoked['revoked_at']], ['revoked', isoTime(desk.scenario.now)]);
  assert.deepEqual(desk.written[0]?.data, { id: ada.token, reason: 'Done for today' });
  desk.scenario.now += minuteMs;
  assert.deepEqual(desk.do(ownerActor, 'token_revoke', { id: ada.token }), revoked);
  assert.equal(desk.written.length, 0);
});

test('AC14 the last use of a token only moves forward', () => {
  const desk = new AccessDesk();
  const { token: id } = desk.token(ownerActor);
  const { now } = desk.scenario;
  const use = (...tokens: readonly (readonly [id: string, at: number])[]): unknown => {
    const intent = accessIntent({ type: 'use', tokens: tokens.map(([of, at]) => ({ id: of, at })) });
    const outcome = desk.scenario.when(intent);
    assert.ok(outcome.ok);
    return outcome.value[0]?.data;
  };
  const used = (): number | undefined => desk.scenario.slices.access.tokens.get(id)?.lastUsedAt;
  assert.deepEqual(use([id, now - 5], ['tk_0000000000', now]), { tokens: [{ id, at: now - 5 }] });
  assert.equal(use([id, now - 5], [id, now - 6]), undefined);
  assert.deepEqual(use([id, now - 3], [id, now - 4]), { tokens: [{ id, at: now - 3 }] });
  assert.deepEqual(use([id, now + 9]), { tokens: [{ id, at: now }] });
  assert.equal(used(), now);
  const { items } = desk.do(ownerActor, 'token_list');
  assert.ok(Array.isArray(items));
  assert.equal(items[0].last_used_at, isoTime(now));
});

test('AC15 a token is for workspaces that exist, whatever they are called later', () => {
  const desk = new AccessDesk();
  desk.workspace('shop');
  for (const workspaces of [['Shop'], ['app'], ['shop', 'app']])
    desk.refused(ownerActor, 'token_create', { code: 'workspace_unknown', input: { workspaces } });
  for (const workspaces of [[], ['*', 'shop'], ['../x']])
    desk.refused(ownerActor, 'token_create', { code: 'invalid_input', input: { workspaces } });
  const before = desk.token(ownerActor, { workspaces: ['shop'] });
  assert.ok(desk.scenario.when(workspacesIntent({ type: 'rename', name: 'shop', to: 'store' })).ok);
  const after = desk.token(before, { workspaces: ['shop', 'store'] });
  assert.deepEqual(after.scope?.workspaces, ['store']);
});

test('AC16 of the tokens that have ended, the last of each principal are remembered', () => {
  const desk = new AccessDesk();
  desk.principal('ci', 'service', 'worker');
  const other = desk.token(ownerActor, { principal: 'ci', expires: 60 });
  const made: string[] = [];
  for (let i = 0; i < endedTokensMax + 3; i += 1) {
    const { token } = desk.token(ownerActor);
    desk.do(ownerActor, 'token_revoke', { id: token });
    made.push(token);
  }
  desk.scenario.now += minuteMs;
  const own = desk.token(ownerActor);
  const kept = Array.from(desk.scenario.slices.access.tokens.scan('principal', 'owner'), ({ id }) => id);
  assert.deepEqual(kept, [...made.slice(3), own.token]);
  assert.equal(desk.standing(other.token), 'expired');
  desk.refused(ownerActor, 'token_revoke', { code: 'not_found', input: { id: made[0] } });
});

test('AC30 what a token that expires makes ends with it at the latest', () => {
  const desk = new AccessDesk();
  const brief = desk.token(ownerActor, { expires: 3_600 });
  const end = isoTime(desk.scenario.now + hourMs);
  desk.scenario.now += 10 * minuteMs;
  for (const input of [{}, { for_agent: 'ada' }, { kind: 'agent' }, { expires: 3_000 }])
    assert.equal(desk.do(brief, 'token_create', input)['expires_at'], end);
  assert.equal(
    desk.do(brief, 'token_create', { expires: 60 })['expires_at'],
    isoTime(desk.scenario.now + minuteMs),
  );
  for (const expires of ['never', 3_001])
    assert.match(
      desk.refused(brief, 'token_create', { code: 'forbidden', input: { expires } }).message,
      /3000 seconds/,
    );
  const lasting = desk.token(ownerActor);
  const daily = desk.token(ownerActor, { for_agent: 'ada' });
  for (const input of [
    { id: lasting.token },
    { id: lasting.token, expires: 3_001 },
    { id: daily.token },
    { id: brief.token, expires: 'never' },
    { id: brief.token, expires: 3_601 },
  ])
    desk.refused(brief, 'token_refresh', { code: 'forbidden', input });
  assert.equal(desk.do(brief, 'token_refresh', { id: daily.token, expires: 3_000 })['expires_at'], end);
  const again = desk.do(brief, 'token_refresh', { id: brief.token });
  assert.equal(again['expires_at'], isoTime(desk.scenario.now + hourMs));
  assert.equal(desk.do(lasting, 'token_create')['expires_at'], undefined);
  assert.equal(
    desk.do(lasting, 'token_refresh', { id: brief.token, expires: 'never' })['expires_at'],
    undefined,
  );
});

test('AC33 who is held to some workspaces sees and revokes no tokens that are for others', () => {
  const desk = new AccessDesk();
  for (const name of ['shop', 'app']) desk.workspace(name);
  const visitor = desk.token(ownerActor, { workspaces: ['shop'] });
  const bea = desk.principal('bea', 'person', 'worker');
  const within = desk.token(bea, { workspaces: ['shop'] });
  const others = [['app'], ['shop', 'app'], ['*']].map((workspaces) => desk.token(bea, { workspaces }));
  const own = desk.token(ownerActor, { workspaces: ['app'] });
  assert.deepEqual(desk.listed(visitor), [visitor.token, within.token]);
  assert.equal(desk.do(visitor, 'token_list')['total'], 2);
  const unknown = desk.refused(visitor, 'token_revoke', {
    code: 'not_found',
    input: { id: 'tk_0000000000' },
  });
  for (const { token } of [...others, own]) {
    const refused = desk.refused(visitor, 'token_revoke', { code: 'not_found', input: { id: token } });
    assert.equal(refused.message, unknown.message.replace('tk_0000000000', token));
  }
  desk.do(visitor, 'token_revoke', { id: within.token });
  assert.equal(desk.listed(ownerActor).length, 5);
});

test('a list goes on where it ended, for the same filters', () => {
  const desk = new AccessDesk();
  const ids = Array.from({ length: 5 }, () => desk.token(ownerActor).token);
  const seen: string[] = [];
  let cursor: unknown;
  do {
    const page = desk.do(ownerActor, 'token_list', { limit: 2, ...(cursor !== undefined && { cursor }) });
    assert.equal(page['total'], 5);
    seen.push(...desk.listed(ownerActor, { limit: 2, ...(cursor !== undefined && { cursor }) }));
    cursor = page['next_cursor'];
    if (seen.length === 2)
      desk.refused(ownerActor, 'token_list', { code: 'invalid_input', input: { all: true, cursor } });
  } while (cursor !== null);
  assert.deepEqual(seen, ids);
  desk.refused(ownerActor, 'token_list', { code: 'history_changed', input: { cursor: 'k.1:x:1' } });
});

test('everybody can ask who they are', () => {
  const desk = new AccessDesk();
  const all = { workspaces: ['*'], categories: ['*'] };
  assert.deepEqual(desk.do(ownerActor, 'auth_status'), {
    asks: true,
    principal: 'owner',
    kind: 'person',
    role: 'admin',
    ...all,
  });
  const ada = desk.token(ownerActor, { for_agent: 'ada', label: 'for a day', categories: ['tasks'] });
  assert.deepEqual(desk.do(ada, 'auth_status'), {
    asks: true,
    principal: 'owner',
    kind: 'agent',
    role: 'worker',
    token: ada.token,
    label: 'for a day',
    workspaces: ['*'],
    categories: ['tasks'],
    for_agent: 'ada',
    expires_at: isoTime(desk.scenario.now + dayMs),
  });
});
