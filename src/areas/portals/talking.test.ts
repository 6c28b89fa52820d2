import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { present } from '../../kernel/assert.ts';
import type { Actor } from '../../kernel/entry.ts';
import { dayMs, hourMs, isoTime, secondMs } from '../../kernel/instants.ts';
import { TaskBoard, visitor } from '../../testing/task-board.ts';
import {
  itemsPerPortalMax,
  livePortalsPerAgentMax,
  pendingRequestsPerAgentMax,
  portalsMax,
  textCharactersMax,
} from './model/limits.ts';
import { requestKey } from './model/portal.ts';

/** Ada and bob, who talk, and eve, who does not. */
const meeting = () => {
  const given = new TaskBoard();
  return { given, ada: given.join('ada'), bob: given.join('bob'), eve: given.join('eve') };
};

const item = z.looseObject({ seq: z.number(), kind: z.string(), by: z.string().optional() });

const itemsOf = (given: TaskBoard, actor: Actor, portal = 'P-1') =>
  z.array(item).parse(given.do(actor, 'portal_read', { portal, since: 0, limit: 100 })['items']);

const kindsOf = (given: TaskBoard, actor: Actor, portal = 'P-1'): readonly string[] =>
  itemsOf(given, actor, portal).map(({ kind }) => kind);

const statusOf = (given: TaskBoard, number: number, portal = 'P-1'): string | undefined =>
  given.scenario.slices.portals.requests.get(requestKey(portal, number))?.state.kind;

const ask = (given: TaskBoard, actor: Actor, text = 'Which port?') =>
  given.do(actor, 'portal_send', { portal: 'P-1', text, kind: 'request' });

test('PO1 an agent opens several portals with another that is known', () => {
  const { given, ada, bob } = meeting();
  assert.deepEqual(given.do(ada, 'portal_open', { with: 'bob' }), {
    portal: 'P-1',
    with: 'bob',
    tier: 'active',
  });
  const second = given.do(bob, 'portal_open', { with: 'ada', text: 'Hello' });
  assert.deepEqual(second, { portal: 'P-2', with: 'ada', tier: 'active', seq: given.written[1]?.seq });
  const third = given.do(ada, 'portal_open', {
    with: 'bob',
    about: 'x',
    text: 'Which port?',
    kind: 'request',
  });
  assert.equal(third['portal'], 'P-3');
  assert.equal(third['request'], 1);
  given.refused(ada, 'portal_open', { code: 'agent_unknown', input: { with: 'nobody' } });
  given.refused(ada, 'portal_open', { code: 'invalid_input', input: { with: 'ada' } });
  given.refused(visitor, 'portal_open', { code: 'session_required', input: { with: 'bob' } });
  given.refused(ada, 'portal_open', { code: 'invalid_input', input: { with: 'bob', kind: 'request' } });
  given.refused(ada, 'portal_open', {
    code: 'invalid_input',
    input: { with: 'bob', text: 'x', expires_in_s: 5 },
  });
});

test('PO2 for anybody but its two sides there is no portal', () => {
  const { given, ada, eve } = meeting();
  given.do(ada, 'portal_open', { with: 'bob', text: 'Which port?', kind: 'request' });
  const calls: readonly (readonly [string, object])[] = [
    ['portal_send', { text: 'x' }],
    ['portal_read', {}],
    ['portal_reply', { request: 1, result: 'x' }],
    ['portal_close', {}],
  ];
  for (const [name, rest] of calls) {
    const there = given.refused(eve, name, { code: 'not_found', input: { portal: 'P-1', ...rest } });
    const nowhere = given.refused(eve, name, { code: 'not_found', input: { portal: 'P-7', ...rest } });
    assert.equal(there.message.replace('P-1', 'P-7'), nowhere.message);
    given.refused(visitor, name, { code: 'session_required', input: { portal: 'P-1', ...rest } });
  }
  assert.equal(given.do(eve, 'portal_list', { state: 'all' })['total'], 0);
  assert.deepEqual(given.attention('eve'), []);
});

test('PO3 a text is kept as it was sent, and not in the state', () => {
  const { given, ada, bob } = meeting();
  given.do(ada, 'portal_open', { with: 'bob' });
  const text = '  Zürich \u{1F600}\n\t"quoted" <b>@bob</b>  ';
  given.do(ada, 'portal_send', { portal: 'p-1', text });
  given.do(ada, 'portal_send', { portal: 'P-1', text, kind: 'request' });
  given.do(bob, 'portal_reply', { portal: 'P-1', request: 1, result: text });
  const texts = itemsOf(given, bob).map((one) => one['text']);
  assert.deepEqual(texts, [undefined, text, text, text]);
  assert.ok(!JSON.stringify([...given.scenario.slices.portals.portals.values()]).includes('quoted'));
});

test('PO4 a request is of use for a day, or as long as it says', () => {
  const { given, ada } = meeting();
  given.do(ada, 'portal_open', { with: 'bob' });
  const { now } = given.scenario;
  assert.equal(ask(given, ada)['expires_at'], isoTime(now + dayMs));
  const short = { portal: 'P-1', text: 'x', kind: 'request', expires_in_s: 90 };
  assert.equal(given.do(ada, 'portal_send', short)['expires_at'], isoTime(now + 90 * secondMs));
  for (const expires_in_s of [0, -1, 1.5, 30 * 86_400 + 1, '60'])
    given.refused(ada, 'portal_send', { code: 'invalid_input', input: { ...short, expires_in_s } });
  given.refused(ada, 'portal_send', { code: 'invalid_input', input: { ...short, kind: 'message' } });
});

test('PO5 a request is accepted and answered, or answered at once', () => {
  const { given, ada, bob } = meeting();
  given.do(ada, 'portal_open', { with: 'bob' });
  for (const number of [1, 2, 3]) assert.equal(ask(given, ada)['request'], number);
  const accept = { portal: 'P-1', request: 1, accept: true };
  const accepted = given.do(bob, 'portal_reply', accept);
  assert.deepEqual(accepted, { portal: 'P-1', request: 1, status: 'accepted', seq: given.written[0]?.seq });
  assert.deepEqual(given.do(bob, 'portal_reply', accept), { portal: 'P-1', request: 1, status: 'accepted' });
  assert.deepEqual(given.types, []);
  assert.equal(statusOf(given, 1), 'accepted');
  given.do(bob, 'portal_reply', { portal: 'P-1', request: 1, result: '8443' });
  given.do(bob, 'portal_reply', { portal: 'P-1', request: 2, failure: 'I do not know.' });
  assert.deepEqual(
    [1, 2, 3].map((n) => statusOf(given, n)),
    ['result', 'failure', 'open'],
  );
  for (const input of [{}, { accept: true, result: 'x' }, { result: 'x', failure: 'y' }, { accept: false }])
    given.refused(bob, 'portal_reply', {
      code: 'invalid_input',
      input: { ...accept, accept: undefined, ...input },
    });
});

test('PO6 only the side that was asked answers', () => {
  const { given, ada, bob } = meeting();
  given.do(ada, 'portal_open', { with: 'bob' });
  ask(given, ada);
  ask(given, bob);
  for (const reply of [{ accept: true }, { result: 'x' }, { failure: 'x' }]) {
    given.refused(ada, 'portal_reply', { code: 'forbidden', input: { portal: 'P-1', request: 1, ...reply } });
    given.refused(bob, 'portal_reply', { code: 'forbidden', input: { portal: 'P-1', request: 2, ...reply } });
  }
  given.refused(bob, 'portal_reply', {
    code: 'not_found',
    input: { portal: 'P-1', request: 3, accept: true },
  });
  given.do(ada, 'portal_reply', { portal: 'P-1', request: 2, result: 'x' });
});

test('PO7 an answer to what was answered is refused, with the one that counts', () => {
  const { given, ada, bob } = meeting();
  given.do(ada, 'portal_open', { with: 'bob' });
  ask(given, ada);
  const { seq } = given.do(bob, 'portal_reply', { portal: 'P-1', request: 1, result: '8443' });
  given.pass(hourMs);
  for (const reply of [{ accept: true }, { result: '8443' }, { failure: 'x' }]) {
    const input = { portal: 'P-1', request: 1, ...reply };
    const refusal = given.refused(bob, 'portal_reply', { code: 'invalid_state', input });
    assert.match(
      refusal.message,
      new RegExp(`answered by bob with a result 1 h ago, in entry ${String(seq)},`),
    );
    assert.equal(refusal.details['seq'], seq);
  }
});

test('PO7 an answer to what expired or was closed is refused, and says so', () => {
  const { given, ada, bob } = meeting();
  given.do(ada, 'portal_open', { with: 'bob' });
  ask(given, ada);
  given.pass(dayMs);
  const input = { portal: 'P-1', request: 1, result: 'late' };
  const late = given.refused(bob, 'portal_reply', { code: 'invalid_state', input });
  assert.match(late.message, /expired 0 s ago/);
  ask(given, ada);
  given.do(ada, 'portal_close', { portal: 'P-1' });
  const closed = given.refused(bob, 'portal_reply', {
    code: 'invalid_state',
    input: { ...input, request: 2 },
  });
  assert.match(closed.message, /ada closed the portal/);
});

test('PO8 what passes its deadline expires in one entry of its portal, and not before', () => {
  const { given, ada, bob, eve } = meeting();
  given.do(ada, 'portal_open', { with: 'bob' });
  given.do(eve, 'portal_open', { with: 'bob' });
  const within = (expires_in_s: number) => ({ text: 'x', kind: 'request', expires_in_s });
  given.do(ada, 'portal_send', { portal: 'P-1', ...within(60) });
  given.do(bob, 'portal_send', { portal: 'P-1', ...within(60) });
  given.do(eve, 'portal_send', { portal: 'P-2', ...within(60) });
  given.do(ada, 'portal_send', { portal: 'P-1', ...within(61) });
  given.do(bob, 'portal_reply', { portal: 'P-1', request: 1, accept: true });
  for (const actor of [ada, bob, eve])
    for (const portal of actor === bob ? ['P-1', 'P-2'] : [actor === ada ? 'P-1' : 'P-2'])
      given.do(actor, 'portal_read', { portal });
  assert.deepEqual(given.pass(60 * secondMs - 1), []);
  assert.deepEqual(
    given.pass(1).map(({ type, data }) => [type, data]),
    [
      ['portals.expired', { portal: 'P-1', sides: ['ada', 'bob'], requests: [1, 2] }],
      ['portals.expired', { portal: 'P-2', sides: ['eve', 'bob'], requests: [1] }],
    ],
  );
  assert.deepEqual(
    [1, 2, 3].map((n) => statusOf(given, n)),
    ['expired', 'expired', 'open'],
  );
  assert.equal(statusOf(given, 1, 'P-2'), 'expired');
  for (const agent of ['ada', 'bob', 'eve'])
    assert.match(given.attention(agent)[0]?.text ?? '', /the latest: a request expired/);
  const last = itemsOf(given, ada).at(-1);
  assert.deepEqual([last?.kind, last?.by, last?.['requests']], ['expired', undefined, [1, 2]]);
});

test('PO9 either side closes a portal, and what waits in it fails', () => {
  for (const closing of ['ada', 'bob']) {
    const { given, ada, bob } = meeting();
    given.do(ada, 'portal_open', { with: 'bob' });
    ask(given, ada);
    ask(given, bob);
    ask(given, ada);
    given.do(bob, 'portal_reply', { portal: 'P-1', request: 1, result: 'x' });
    given.do(bob, 'portal_reply', { portal: 'P-1', request: 3, accept: true });
    const [closer, other] = closing === 'ada' ? [ada, bob] : [bob, ada];
    const reason = 'All is said.';
    const closed = given.do(closer, 'portal_close', { portal: 'P-1', reason });
    assert.deepEqual(closed, { portal: 'P-1', failed: [2, 3] });
    for (const actor of [ada, bob]) {
      const last = itemsOf(given, actor).at(-1);
      assert.deepEqual([last?.kind, last?.['text'], last?.['requests']], ['closed', reason, [2, 3]]);
      const input = { portal: 'P-1', text: 'x' };
      const refusal = given.refused(actor, 'portal_send', { code: 'invalid_state', input });
      assert.match(refusal.message, new RegExp(`closed by ${closing}`));
    }
    given.refused(other, 'portal_close', { code: 'invalid_state', input: { portal: 'P-1' } });
  }
});

test('PO15 what is sent has limits, and an answer or an end none', () => {
  const { given, ada, bob } = meeting();
  given.do(ada, 'portal_open', { with: 'bob' });
  const long = { portal: 'P-1', text: 'x'.repeat(textCharactersMax + 1) };
  given.refused(ada, 'portal_send', { code: 'invalid_input', input: long });
  given.refused(ada, 'portal_send', { code: 'invalid_input', input: { portal: 'P-1', text: '' } });
  ask(given, ada);
  for (let n = 3; n <= itemsPerPortalMax; n += 1) given.do(ada, 'portal_send', { portal: 'P-1', text: 'x' });
  const input = { portal: 'P-1', text: 'one more' };
  const refusal = given.refused(bob, 'portal_send', { code: 'limit_exceeded', input });
  assert.match(refusal.message, new RegExp(String(itemsPerPortalMax)));
  given.do(bob, 'portal_reply', { portal: 'P-1', request: 1, accept: true });
  given.do(bob, 'portal_reply', { portal: 'P-1', request: 1, result: 'x' });
  given.do(bob, 'portal_close', { portal: 'P-1' });
});

test('PO15 nobody is given more portals or requests than it can look after', () => {
  const { given, ada, bob, eve } = meeting();
  for (let n = 1; n <= livePortalsPerAgentMax; n += 1) given.do(ada, 'portal_open', { with: 'bob' });
  const own = given.refused(ada, 'portal_open', { code: 'limit_exceeded', input: { with: 'eve' } });
  assert.match(own.message, /^You have 200 portals that are open or not read,/);
  const others = given.refused(eve, 'portal_open', { code: 'limit_exceeded', input: { with: 'bob' } });
  assert.match(others.message, /^"bob" has 200 portals that are open or not read,/);
  given.do(bob, 'portal_close', { portal: 'P-200' });
  given.refused(bob, 'portal_open', { code: 'limit_exceeded', input: { with: 'eve' } });
  given.do(bob, 'portal_read', { portal: 'P-200' });
  given.do(eve, 'portal_open', { with: 'bob' });
  for (let n = 1; n <= pendingRequestsPerAgentMax; n += 1)
    given.do(ada, 'portal_send', { portal: `P-${n}`, text: 'x', kind: 'request' });
  const request = { portal: 'P-201', text: 'x', kind: 'request' };
  given.refused(eve, 'portal_send', { code: 'limit_exceeded', input: request });
  given.do(eve, 'portal_send', { ...request, kind: 'message' });
  given.do(bob, 'portal_send', { ...request });
  given.do(bob, 'portal_reply', { portal: 'P-7', request: 1, failure: 'x' });
  given.do(eve, 'portal_send', request);
});

test('PO16 a new portal takes the place of the one that was closed first', () => {
  const { given, ada, bob } = meeting();
  given.do(ada, 'portal_open', { with: 'bob', text: 'x', kind: 'request' });
  given.do(ada, 'portal_open', { with: 'bob', text: 'x', kind: 'request' });
  given.do(bob, 'portal_close', { portal: 'P-2' });
  for (const actor of [ada, bob]) given.do(actor, 'portal_read', { portal: 'P-2' });
  fill(given);
  given.do(ada, 'portal_close', { portal: 'P-1' });
  assert.equal(statusOf(given, 1, 'P-2'), 'closed');
  for (const [next, forgotten] of [
    ['P-10001', 'P-2'],
    ['P-10002', 'P-3'],
  ] as const) {
    assert.equal(given.do(ada, 'portal_open', { with: 'bob' })['portal'], next);
    given.refused(ada, 'portal_read', { code: 'not_found', input: { portal: forgotten } });
  }
  assert.equal(given.scenario.slices.portals.portals.size, portalsMax);
  assert.equal(statusOf(given, 1, 'P-2'), undefined);
  assert.equal(statusOf(given, 1), 'closed');
  assert.deepEqual(kindsOf(given, bob, 'P-1'), ['opened', 'request', 'closed']);
});

test('PO16 what is not read is forgotten after what was closed later', () => {
  const { given, ada, bob } = meeting();
  given.do(ada, 'portal_open', { with: 'bob', text: 'x', kind: 'request' });
  given.do(ada, 'portal_open', { with: 'bob', text: 'x', kind: 'request' });
  for (const portal of ['P-1', 'P-2']) given.do(bob, 'portal_close', { portal });
  for (const actor of [ada, bob]) given.do(actor, 'portal_read', { portal: 'P-2' });
  fill(given);
  given.do(ada, 'portal_open', { with: 'bob' });
  given.refused(ada, 'portal_read', { code: 'not_found', input: { portal: 'P-2' } });
  assert.equal(statusOf(given, 1), 'closed', 'ada has not read it yet');
});

test('PO16 when nothing else is closed, what is not read is forgotten, rather than that nothing can be opened', () => {
  const { given, ada, bob, eve } = meeting();
  given.do(ada, 'portal_open', { with: 'bob', text: 'x', kind: 'request' });
  given.do(ada, 'portal_open', { with: 'bob', text: 'x', kind: 'request' });
  for (const portal of ['P-1', 'P-2']) given.do(bob, 'portal_close', { portal });
  fill(given);
  given.join('carl');
  given.do(eve, 'portal_open', { with: 'carl' });
  given.refused(ada, 'portal_read', { code: 'not_found', input: { portal: 'P-1' } });
  assert.equal(statusOf(given, 1, 'P-2'), 'closed');
});

/** As many portals as there may be, the others like P-2. */
const fill = (given: TaskBoard): void => {
  const { slices } = given.scenario;
  const like = present(slices.portals.portals.get('P-2'), 'it was opened');
  let portals = slices.portals.portals.bulk();
  for (let number = 3; number <= portalsMax; number += 1)
    portals = portals.put({ ...like, id: `P-${number}`, number, requests: 0 });
  given.scenario.slices = {
    ...slices,
    portals: { ...slices.portals, portals: portals.settle(), counted: portalsMax },
  };
};
