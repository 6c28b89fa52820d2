/* Request ids: nobody may get the answer of somebody else by repeating their id, nor keep their call from being done. */
import assert from 'node:assert/strict';
import { type Attack, type Family, refusedBy } from '../harness/attack.ts';
import type { Range } from '../harness/range.ts';
import type { WireAnswer } from '../harness/wire.ts';

const known = new WeakMap<Range, Promise<{ readonly vic: string; readonly eve: string }>>();

const people = (range: Range) => {
  const before = known.get(range);
  if (before !== undefined) return before;
  const made = (async () => ({ vic: await range.principal('vic'), eve: await range.principal('eve') }))();
  known.set(range, made);
  return made;
};

const key = (id: string, more: Readonly<Record<string, string>> = {}) => ({ 'Idempotency-Key': id, ...more });
const isReplayed = ({ head }: WireAnswer): boolean => /^signalbox-replayed: true/im.test(head);

const idsIn = ({ value, text }: WireAnswer): string => {
  const ids = /"id":"(T-\d+)"/.exec(JSON.stringify(value))?.[1];
  assert(ids !== undefined, text);
  return ids;
};

const add = async (
  range: Range,
  token: string,
  asked: { readonly id: string; readonly title?: string; readonly workspace?: string },
) => {
  const { id, title = 'secret plan', workspace } = asked;
  const headers = key(id, workspace === undefined ? {} : { 'Signalbox-Workspace': workspace });
  const answer = await range.call('task_add', { title }, { token, headers });
  assert.equal(answer.status, 200, answer.text);
  return answer;
};

/** The victim's call first, then the attacker's with the same id: a task of its own, or the reverse. */
const both = (
  name: string,
  order: readonly ['vic' | 'eve', 'vic' | 'eve'],
  idOf: (id: string) => string = (id) => id,
): Attack => ({
  name,
  run: async (range) => {
    const tokens = await people(range);
    const id = `shared ${name}`.slice(0, 60);
    const first = await add(range, tokens[order[0]], { id });
    const second = await add(range, tokens[order[1]], { id: idOf(id) });
    assert.equal(isReplayed(second), false, second.head);
    assert.notEqual(idsIn(first), idsIn(second));
    return 'each call is done once, with an answer of its own: ids are kept by principal';
  },
});

const differentInput: Attack = {
  name: "the victim's id with another input, to learn that it was used",
  run: async (range) => {
    const { vic, eve } = await people(range);
    await add(range, vic, { id: 'probe' });
    const answer = await add(range, eve, { id: 'probe', title: 'other' });
    const never = await add(range, eve, { id: 'never used', title: 'other' });
    assert.equal(isReplayed(answer), isReplayed(never));
    return 'it is done like any other call: an id that somebody else has used is like one that nobody has';
  },
};

const changedInput: Attack = {
  name: "one's own id with another input, to be answered for what was not done",
  run: async (range) => {
    const { eve } = await people(range);
    await add(range, eve, { id: 'mine' });
    return refusedBy(
      await range.call('task_add', { title: 'other' }, { token: eve, headers: key('mine') }),
      'request_reused',
      /./,
    );
  },
};

const changedOperation: Attack = {
  name: "one's own id with another operation",
  run: async (range) => {
    const { eve } = await people(range);
    const { session } = await range.must('start', { agent: 'eve-agent' }, { token: eve });
    const headers = key('mine too', { 'Signalbox-Session': String(session) });
    assert.equal((await range.call('task_add', { title: 'x' }, { token: eve, headers })).status, 200);
    return refusedBy(await range.call('task_claim', {}, { token: eve, headers }), 'request_reused', /./);
  },
};

const secret: Attack = {
  name: 'the call by which a token was made, repeated by somebody else',
  run: async (range) => {
    const { vic, eve } = await people(range);
    const input = { label: 'mine' };
    const made = await range.call('token_create', input, { token: vic, headers: key('make') });
    assert.match(made.text, /"token":"sbx_/);
    const other = await range.call('token_create', input, { token: eve, headers: key('make') });
    const tokenOf = ({ text }: WireAnswer): string => /"token":"(sbx_[^"]+)"/.exec(text)?.[1] ?? '';
    assert.notEqual(tokenOf(other), tokenOf(made));
    assert.match(other.text, /"principal":"eve"/);
    return 'a token of their own, for themselves';
  },
};

const secretAgain: Attack = {
  name: 'the same call repeated with the stolen token of who made it',
  run: async (range) => {
    const { vic } = await people(range);
    const input = { label: 'once' };
    await range.must('token_create', input, { token: vic, headers: key('once') });
    const again = await range.call('token_create', input, { token: vic, headers: key('once') });
    assert.equal(isReplayed(again), true);
    assert.doesNotMatch(again.text, /sbx_/);
    assert.match(again.text, /"shown":false/);
    return 'the secret is in the first answer only: "shown": false';
  },
};

const otherWorkspace: Attack = {
  name: "one's own id in another workspace",
  run: async (range) => {
    const { eve } = await people(range);
    await range.must('workspace_add', { name: 'second' });
    await add(range, eve, { id: 'wide' });
    const answer = await add(range, eve, { id: 'wide', workspace: 'second' });
    assert.equal(isReplayed(answer), false);
    return 'done there as well: ids are kept by workspace';
  },
};

const scoped: Attack = {
  name: 'a repeat with a token that is for another workspace',
  run: async (range) => {
    await range.call('workspace_add', { name: 'second' });
    const { token } = await range.tokenFor({ workspaces: ['second'] });
    await add(range, range.token, { id: 'narrow' });
    const answer = await range.call(
      'task_add',
      { title: 'secret plan' },
      { token, headers: { ...key('narrow'), 'Signalbox-Workspace': 'main' } },
    );
    return refusedBy(answer, 'workspace_unknown', /./);
  },
};

const reader: Attack = {
  name: 'a repeat with a token of the same principal that may only read',
  run: async (range) => {
    const { token } = await range.tokenFor({ role: 'reader' });
    await add(range, range.token, { id: 'reader' });
    const answer = await range.call('task_add', { title: 'secret plan' }, { token, headers: key('reader') });
    return refusedBy(answer, 'forbidden', /needs the role worker/);
  },
};

const receipts: Attack = {
  name: 'telling the hub that answers of the victim were lost',
  run: async (range) => {
    const { vic, eve } = await people(range);
    await add(range, vic, { id: 'kept' });
    const headers = { 'Signalbox-Lost': 'kept', 'Signalbox-Receipts': 'true', 'Signalbox-Received': '1' };
    const answer = await range.call('task_list', {}, { token: eve, headers });
    assert([200, 400].includes(answer.status), answer.text);
    assert.equal(isReplayed(await add(range, vic, { id: 'kept' })), true);
    return "the victim's call is still known as done";
  },
};

export const replay: Family = {
  name: 'request ids of others',
  aim: 'to get the answer of somebody else, or to keep a call of theirs from being done.',
  control: {
    name: 'a repeat by who called first',
    run: async (range) => {
      const { vic } = await people(range);
      const first = await add(range, vic, { id: 'again' });
      const second = await add(range, vic, { id: 'again' });
      assert.equal(isReplayed(second), true);
      assert.equal(idsIn(first), idsIn(second));
      return 'the answer of the first, and Signalbox-Replayed: true';
    },
  },
  attacks: [
    both('the same id after the victim', ['vic', 'eve']),
    both('the same id before the victim, to suppress its call', ['eve', 'vic']),
    both("the victim's name before the id", ['vic', 'eve'], (id) => `vic:${id}`),
    both("the victim's name before the id, with a slash", ['vic', 'eve'], (id) => `vic/${id}`),
    differentInput,
    changedInput,
    changedOperation,
    secret,
    secretAgain,
    otherWorkspace,
    scoped,
    reader,
    receipts,
  ],
};
