import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { present } from '../../kernel/assert.ts';
import type { Actor, Entry } from '../../kernel/entry.ts';
import { hourMs, minuteMs } from '../../kernel/instants.ts';
import { TaskBoard, visitor } from '../../testing/task-board.ts';
import { portalsArea } from './area.ts';
import { textCharactersMax } from './model/limits.ts';
import { portalOperations } from './operations/index.ts';

const meeting = () => {
  const given = new TaskBoard();
  return { given, ada: given.join('ada'), bob: given.join('bob'), eve: given.join('eve') };
};

const page = z.looseObject({
  items: z.array(z.looseObject({ seq: z.number(), kind: z.string(), text: z.string().optional() })),
  read_to: z.number(),
  more: z.number(),
  unread: z.number(),
});

const read = (given: TaskBoard, actor: Actor, input: object = {}) =>
  page.parse(given.do(actor, 'portal_read', { portal: 'P-1', ...input }));

const textsOf = ({ items }: z.infer<typeof page>) => items.map(({ text }) => text);

const say = (given: TaskBoard, actor: Actor, text: string) =>
  given.do(actor, 'portal_send', { portal: 'P-1', text });

test('PO10 reading goes on behind what was read, oldest first', () => {
  const { given, ada, bob } = meeting();
  given.do(ada, 'portal_open', { with: 'bob', about: 'ports', text: 'one' });
  const first = read(given, bob);
  assert.deepEqual(textsOf(first), ['ports', 'one']);
  for (const text of ['two', 'three']) say(given, ada, text);
  say(given, bob, 'four');
  assert.deepEqual(textsOf(read(given, bob, { limit: 2 })), ['two', 'three']);
  assert.deepEqual(textsOf(read(given, bob)), ['four']);
  assert.deepEqual(textsOf(read(given, bob)), []);
  const again = read(given, bob, { since: first.read_to, limit: 2 });
  assert.deepEqual([textsOf(again), again.more], [['two', 'three'], 1]);
  const all = read(given, ada, { since: 0 });
  assert.deepEqual(textsOf(all), ['ports', 'one', 'two', 'three', 'four']);
});

test('PO10 an answer holds as many whole texts as fit, and at least one', () => {
  const { given, ada, bob } = meeting();
  given.do(ada, 'portal_open', { with: 'bob' });
  const text = 'x'.repeat(textCharactersMax);
  for (let n = 0; n < 7; n += 1) say(given, ada, text);
  const first = read(given, bob);
  assert.deepEqual([first.items.length, first.more, first.unread], [4, 4, 4]);
  assert.deepEqual([...new Set(textsOf(first).slice(1))], [text]);
  assert.deepEqual([read(given, bob).items.length, read(given, bob).items.length], [3, 1]);
});

test('PO10 reading names the requests that wait for an answer', () => {
  const { given, ada, bob } = meeting();
  given.do(ada, 'portal_open', { with: 'bob', text: 'Which port?', kind: 'request' });
  given.do(bob, 'portal_send', { portal: 'P-1', text: 'Of what?', kind: 'request' });
  given.do(bob, 'portal_reply', { portal: 'P-1', request: 1, accept: true });
  const answer = given.do(ada, 'portal_read', { portal: 'P-1' });
  const requests = z.array(z.looseObject({ request: z.number() })).parse(answer['requests']);
  assert.deepEqual(
    requests.map((one) => [one.request, one['from'], one['to'], one['status']]),
    [
      [1, 'ada', 'bob', 'accepted'],
      [2, 'bob', 'ada', 'open'],
    ],
  );
  assert.deepEqual([answer['asked_of_you'], answer['asked_by_you']], [1, 1]);
});

test('PO11 what was shown counts as read, once and in one entry', () => {
  const { given, ada, bob } = meeting();
  given.do(ada, 'portal_open', { with: 'bob', text: 'one' });
  for (const text of ['two', 'three', 'four']) say(given, ada, text);
  const readSeq = () => given.scenario.slices.portals.portals.get('P-1')?.invited.readSeq;
  const first = read(given, bob, { limit: 3 });
  assert.deepEqual(given.types, ['portals.read']);
  assert.equal(readSeq(), first.read_to);
  const again = read(given, bob, { since: 0, limit: 3 });
  assert.deepEqual(given.types, []);
  assert.deepEqual(again.items, first.items);
  // What lies between was never shown.
  read(given, bob, { since: first.read_to + 1 });
  assert.deepEqual(given.types, []);
  const rest = read(given, bob, { since: 0 });
  assert.deepEqual(given.types, ['portals.read']);
  assert.equal(rest.items.length, 5);
  read(given, bob);
  assert.deepEqual(given.types, []);
  read(given, bob, { since: 0, limit: 2 });
  assert.equal(readSeq(), rest.read_to);
});

test('PO12 an agent is told where something is new, and what it was asked and has read', () => {
  const { given, ada, bob } = meeting();
  given.do(ada, 'portal_open', { with: 'bob', about: 'a "port"', text: 'Which?', kind: 'request' });
  assert.deepEqual(given.attention('ada'), []);
  const [asked] = given.written.slice(1);
  assert.deepEqual(given.attention('bob'), [
    {
      kind: 'portal',
      ref: 'P-1',
      seq: asked?.seq,
      since: asked?.time,
      text: '2 new in P-1 with ada about "a \\"port\\""; the latest: a request. Read it with portal_read {"portal":"P-1"}.',
    },
  ]);
  read(given, bob);
  given.pass(hourMs);
  const [waits, ...more] = given.attention('bob');
  assert.deepEqual(more, []);
  assert.deepEqual([waits?.kind, waits?.ref, waits?.seq], ['portal_request', 'P-1 1', asked?.seq]);
  assert.match(waits?.text ?? '', /^ada waits for your answer to request 1 of P-1; 23 h are left\./);
  given.do(bob, 'portal_reply', { portal: 'P-1', request: 1, accept: true });
  assert.match(given.attention('bob')[0]?.text ?? '', /which you accepted/);
  given.do(bob, 'portal_reply', { portal: 'P-1', request: 1, result: '8443' });
  assert.deepEqual(given.attention('bob'), []);
  const [told] = given.attention('ada');
  assert.deepEqual([told?.kind, told?.seq], ['portal', given.written[0]?.seq]);
  assert.match(told?.text ?? '', /^2 new in P-1 with bob .*the latest: the result of a request\./);
  const { waiting } = given.do(ada, 'start', { agent: 'ada' });
  assert.deepEqual(waiting, [{ kind: 'portal', ref: 'P-1', text: told?.text }]);
});

test('PO13 portals with something new are news until they are read', () => {
  const { given, ada, bob, eve } = meeting();
  const newsOf = (agent: string) =>
    portalsArea.news(given.scenario.slices, agent, { now: given.scenario.now, arrived: {} });
  assert.deepEqual(newsOf('bob'), []);
  given.do(ada, 'portal_open', { with: 'bob', text: 'x' });
  given.do(eve, 'portal_open', { with: 'bob' });
  const seq = given.written.at(-1)?.seq;
  given.do(bob, 'portal_open', { with: 'eve' });
  assert.deepEqual(newsOf('bob'), [{ kind: 'portal', count: 2, seq, call: 'portal_list' }]);
  assert.deepEqual(newsOf('ada'), []);
  given.do(bob, 'portal_read', { portal: 'P-2' });
  assert.equal(newsOf('bob')[0]?.count, 1);
  read(given, bob, { limit: 1 });
  assert.equal(newsOf('bob')[0]?.count, 1);
  read(given, bob);
  assert.deepEqual(newsOf('bob'), []);
});

test('PO14 an entry concerns those to whom it is new, and its portal', () => {
  const { given, ada, bob, eve } = meeting();
  const concerned = (entries: readonly Entry[]) => entries.map((entry) => portalsArea.concerns(entry));
  const concernedBy = (actor: Actor, name: string, input: object) => {
    given.do(actor, name, { portal: 'P-1', ...input });
    return concerned(given.written);
  };
  given.do(ada, 'portal_open', { with: 'bob', text: 'x' });
  assert.deepEqual(concerned(given.written), [
    ['portal:P-1', 'agent:bob'],
    ['portal:P-1', 'agent:bob'],
  ]);
  const toAda = [['portal:P-1', 'agent:ada']];
  assert.deepEqual(concernedBy(bob, 'portal_read', {}), [[]]);
  assert.deepEqual(concernedBy(bob, 'portal_send', { text: 'x' }), toAda);
  assert.deepEqual(concernedBy(ada, 'portal_send', { text: 'x', kind: 'request', expires_in_s: 60 }), [
    ['portal:P-1', 'agent:bob'],
  ]);
  assert.deepEqual(concernedBy(bob, 'portal_reply', { request: 1, accept: true }), toAda);
  assert.deepEqual(concerned(given.pass(minuteMs)), [['portal:P-1', 'agent:ada', 'agent:bob']]);
  given.do(ada, 'portal_send', { portal: 'P-1', text: 'x', kind: 'request' });
  assert.deepEqual(concernedBy(bob, 'portal_reply', { request: 2, result: 'x' }), toAda);
  assert.deepEqual(concernedBy(bob, 'portal_close', {}), toAda);
  assert.equal(portalsArea.attention(given.scenario.slices, eve.agent ?? '', 0).length, 0);
});

test('PO2 an entry is seen and found by the two sides of its portal only', () => {
  const { given, ada, bob } = meeting();
  given.do(ada, 'portal_open', { with: 'bob', about: 'x', text: 'x', kind: 'request', expires_in_s: 60 });
  given.do(bob, 'portal_read', { portal: 'P-1' });
  given.do(bob, 'portal_reply', { portal: 'P-1', request: 1, accept: true });
  given.pass(minuteMs);
  given.do(bob, 'portal_close', { portal: 'P-1' });
  const entries = given.scenario.entries.filter(({ type }) => type.startsWith('portals.'));
  for (const entry of entries) {
    const agents = entry.type === 'portals.read' ? ['bob'] : ['ada', 'bob'];
    assert.deepEqual(portalsArea.visibleTo(entry)?.toSorted(), agents, entry.type);
    assert.equal(portalsArea.findable(entry)?.ref, 'P-1');
  }
  assert.deepEqual(
    entries.map((entry) => portalsArea.findable(entry)?.to),
    [['bob'], ['bob'], undefined, ['ada'], undefined, ['ada']],
  );
});

const listed = z.looseObject({
  items: z.array(z.looseObject({ portal: z.string() })),
  total: z.number(),
  next_cursor: z.string().nullable(),
});

test('PO17 a list shows an agent its own portals, the latest first, in pages', () => {
  const { given, ada, bob, eve } = meeting();
  const list = (actor: Actor, input: object = {}) =>
    listed.parse(given.do(actor, 'portal_list', { ...input }));
  const idsOf = (actor: Actor, input: object = {}) => list(actor, input).items.map(({ portal }) => portal);
  given.do(ada, 'portal_open', { with: 'bob', about: 'x', text: 'Which?', kind: 'request' });
  given.do(eve, 'portal_open', { with: 'ada' });
  given.do(eve, 'portal_open', { with: 'bob' });
  given.do(bob, 'portal_open', { with: 'ada' });
  given.do(ada, 'portal_send', { portal: 'P-1', text: 'Still there?' });
  assert.deepEqual(idsOf(ada), ['P-1', 'P-4', 'P-2']);
  assert.deepEqual(idsOf(bob), ['P-1', 'P-4', 'P-3']);
  assert.deepEqual(idsOf(ada, { with: 'bob' }), ['P-1', 'P-4']);
  assert.deepEqual(idsOf(ada, { unread: true }), ['P-4', 'P-2']);
  assert.deepEqual(idsOf(ada, { unread: false }), ['P-1']);
  const [first] = list(bob).items;
  assert.deepEqual(
    [first?.['with'], first?.['about'], first?.['opened_by'], first?.['state'], first?.['unread']],
    ['ada', 'x', 'ada', 'open', 3],
  );
  assert.deepEqual([first?.['asked_of_you'], first?.['asked_by_you']], [1, 0]);
  given.do(bob, 'portal_close', { portal: 'P-4' });
  assert.deepEqual(idsOf(ada), ['P-4', 'P-1', 'P-2']);
  given.do(ada, 'portal_read', { portal: 'P-4' });
  assert.deepEqual(idsOf(ada), ['P-1', 'P-2']);
  assert.deepEqual(idsOf(ada, { state: 'closed' }), ['P-4']);
  assert.deepEqual(idsOf(ada, { state: 'all' }), ['P-4', 'P-1', 'P-2']);
  assert.equal(list(ada, { state: 'closed' }).items[0]?.['closed_by'], 'bob');
  given.refused(visitor, 'portal_list', { code: 'session_required' });

  const { total, next_cursor: cursor } = list(ada, { state: 'all', limit: 2 });
  assert.equal(total, 3);
  const next = list(ada, { state: 'all', limit: 2, cursor });
  assert.deepEqual([next.items.map(({ portal }) => portal), next.next_cursor], [['P-2'], null]);
  const refuse = (actor: Actor, code: 'invalid_input' | 'history_changed', input: object) =>
    given.refused(actor, 'portal_list', { code, input: { ...input } });
  refuse(ada, 'invalid_input', { cursor });
  refuse(bob, 'invalid_input', { state: 'all', cursor });
  refuse(ada, 'invalid_input', { cursor: 'nonsense x' });
  const [, ...rest] = present(cursor, 'there is more').split(' ');
  refuse(ada, 'history_changed', { state: 'all', cursor: ['other.1', ...rest].join(' ') });
});

test('PO19 a repeat is answered as its entries tell it, whatever has happened since', () => {
  const { given, ada, bob } = meeting();
  const repeats: (() => void)[] = [];
  const doOften = (actor: Actor, name: string, input: Readonly<Record<string, unknown>>): void => {
    const answer = given.do(actor, name, input);
    const entries = given.written;
    repeats.push(() => assert.deepEqual(given.repeat(actor, name, { input, entries }), answer, name));
  };
  doOften(ada, 'portal_open', { with: 'bob', text: 'Which?', kind: 'request' });
  doOften(ada, 'portal_send', { portal: 'P-1', text: 'x' });
  doOften(ada, 'portal_send', { portal: 'P-1', text: 'And which host?', kind: 'request' });
  doOften(bob, 'portal_reply', { portal: 'P-1', request: 1, accept: true });
  doOften(bob, 'portal_reply', { portal: 'P-1', request: 1, result: '8443' });
  const shown = given.do(bob, 'portal_read', { portal: 'P-1', limit: 2 });
  const entries = given.written;
  read(given, bob);
  doOften(ada, 'portal_close', { portal: 'P-1' });
  for (const repeat of repeats) repeat();
  const again = given.repeat(bob, 'portal_read', { input: { portal: 'P-1', limit: 2 }, entries });
  assert.deepEqual(again['items'], shown['items']);
  assert.equal(again['read_to'], shown['read_to']);
});

test('PO20 what a side does itself is not new to it', () => {
  const { given, ada, bob } = meeting();
  const unread = (actor: Actor) =>
    listed.parse(given.do(actor, 'portal_list', { state: 'all' })).items[0]?.['unread'];
  given.do(ada, 'portal_open', { with: 'bob', text: 'one' });
  assert.deepEqual([unread(ada), unread(bob)], [0, 2]);
  say(given, bob, 'two');
  assert.deepEqual([unread(ada), unread(bob)], [1, 2]);
  say(given, ada, 'three');
  assert.deepEqual([unread(ada), unread(bob)], [1, 3]);
  assert.deepEqual(textsOf(read(given, ada)), ['two', 'three']);
  assert.deepEqual(textsOf(read(given, bob)), [undefined, 'one', 'two', 'three']);
  say(given, ada, 'four');
  assert.deepEqual([unread(ada), read(given, ada).items.length], [0, 0]);
});

test('their examples run in order where two talk', () => {
  const { given, ada, bob } = meeting();
  for (const { name, examples } of portalOperations) {
    for (const { title, input } of examples) {
      const outcome = given.call(name === 'portal_reply' ? bob : ada, name, input);
      assert.ok(outcome.ok, `${name} "${title}": ${JSON.stringify(outcome)}`);
    }
  }
});
