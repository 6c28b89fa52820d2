/* A conversation of two agents, step by step, and what of it stands in a journal. */
import assert from 'node:assert/strict';
import { linesOf } from '../race/journal-check.ts';

export type Side = 'ada' | 'bob';

export interface Step {
  readonly by: Side;
  readonly operation: string;
  readonly input: Readonly<Record<string, string | number | true>>;
  /** The same as a command, without who speaks. */
  readonly words: readonly string[];
  /** Found in the answer, also when it is given again. */
  readonly shows: RegExp;
}

const portal = 'P-1';

const read = (by: Side, shows: RegExp): Step => ({
  by,
  operation: 'portal_read',
  input: { portal },
  words: ['portal', 'read', portal],
  shows,
});

const reply = (by: Side, request: number, answer: 'accept' | { readonly result: string }): Step => ({
  by,
  operation: 'portal_reply',
  input: { portal, request, ...(answer === 'accept' ? { accept: true } : answer) },
  words: [
    'portal',
    'reply',
    portal,
    '--request',
    String(request),
    ...(answer === 'accept' ? ['--accept'] : ['--result', answer.result]),
  ],
  shows: answer === 'accept' ? /accepted/ : /result/,
});

/** Each side asks the other for something, and answers. */
export const steps: readonly Step[] = [
  {
    by: 'ada',
    operation: 'portal_open',
    input: { with: 'bob', text: 'Which port?', kind: 'request' },
    words: ['portal', 'open', 'bob', '--text', 'Which port?', '--kind', 'request'],
    shows: /"request":1/,
  },
  read('bob', /Which port\?/),
  reply('bob', 1, 'accept'),
  {
    by: 'bob',
    operation: 'portal_send',
    input: { portal, text: 'Of which host?', kind: 'request' },
    words: ['portal', 'send', portal, '--text', 'Of which host?', '--kind', 'request'],
    shows: /"request":2/,
  },
  read('ada', /Of which host\?/),
  reply('ada', 2, { result: 'Of the staging server.' }),
  read('bob', /Of the staging server\./),
  reply('bob', 1, { result: 'It is 8443.' }),
  read('ada', /It is 8443\./),
  {
    by: 'ada',
    operation: 'portal_send',
    input: { portal, text: 'Thank you.' },
    words: ['portal', 'send', portal, '--text', 'Thank you.'],
    shows: /"seq":/,
  },
  read('bob', /Thank you\./),
  {
    by: 'bob',
    operation: 'portal_close',
    input: { portal },
    words: ['portal', 'close', portal],
    shows: /"failed":\[\]/,
  },
];

/** What every step should have written, by type and text, in this order. */
const expected: readonly string[] = [
  'opened',
  'requested Which port?',
  'read',
  'accepted',
  'requested Of which host?',
  'read',
  'answered Of the staging server.',
  'read',
  'answered It is 8443.',
  'read',
  'said Thank you.',
  'read',
  'closed',
];

/**
 * Reads the journal without any of the program's code. Fails unless each step is there once, each request was asked
 * before it was answered, and each was answered exactly once by the one who was asked.
 */
export const checkConversation = (path: string): void => {
  const lines = linesOf(path).filter(({ type }) => type.startsWith('portals.'));
  const told = lines.map(({ type, data }) =>
    `${type.replace('portals.', '')} ${typeof data['text'] === 'string' ? data['text'] : ''}`.trim(),
  );
  assert.deepEqual(told, expected);
  const asked = new Map<number, unknown>();
  const answered: number[] = [];
  for (const { type, data, actor, seq } of lines) {
    const request = Number(data['request']);
    if (type === 'portals.requested') asked.set(request, data['to']);
    if (type !== 'portals.answered') continue;
    assert.equal(actor.agent, asked.get(request), `entry ${seq}: ${request} was asked of another`);
    answered.push(request);
  }
  // Each exactly once, in the order in which they were answered.
  assert.deepEqual(answered, [2, 1]);
};
