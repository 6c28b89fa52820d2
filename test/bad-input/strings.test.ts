import assert from 'node:assert/strict';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { operations } from '../../src/areas/operations.ts';
import { Catalogue } from '../../src/catalogue/catalogue.ts';
import type { ErrorCode } from '../../src/kernel/errors.ts';
import { Board } from './board.ts';
import { type Field, fieldsOf, isAbout, typesOf } from './fields.ts';

const catalogue = new Catalogue(operations);

/** Members that hold what people write, or paths in the worktree of an agent: in these `../` is a text like any other. */
const freeTexts: ReadonlySet<string> = new Set([
  'title',
  'body',
  'note',
  'reason',
  'result',
  'open_items_reason',
  'acceptance',
  'label',
  'links',
  'text',
  'subject',
  'worktree',
  'branch',
  'model',
  'client',
  'metadata',
  'query',
  'about',
  'failure',
  'purpose',
  'match',
  'ref',
]);

/** What is looked up instead of being checked: the code with which a value that was never given out is refused. */
const handles: ReadonlyMap<string, ErrorCode> = new Map([
  ['start session', 'session_ended'],
  ['agent_list cursor', 'history_changed'],
  ['token_list cursor', 'history_changed'],
  ['task_list cursor', 'invalid_input'],
  ['portal_list cursor', 'invalid_input'],
  ['find cursor', 'invalid_input'],
  ['audit_query cursor', 'invalid_input'],
  ['message_search cursor', 'invalid_input'],
  ['lock_list cursor', 'invalid_input'],
  ['tool_search category', 'not_found'],
]);

const stringsOf = (name: string): readonly Field[] => {
  const found = catalogue.find(name);
  assert(found.ok);
  return fieldsOf(catalogue, found.value).filter((field) => typesOf(field).has('string'));
};

const paths = ['../x', '..', 'a/../../b', '/etc/passwd', '..\\x', 'a/..'];
/** What moves a terminal's cursor, forges a line, or turns the direction of writing. */
const controls = ['\u0000', '\u0007', '\u000b', '\r', '\u001b[2J', '\u007f', '\u0085', '\u2028', '\u202e'];

/** What agents write to each other is passed on as it is, and loses its effect where it is shown. */
const rawTexts: ReadonlySet<string> = new Set([
  'message_send text',
  'portal_open text',
  'portal_send text',
  'portal_reply result',
  'portal_reply failure',
]);

const halvesOfPairs = ['\ud83d', '\ude00'];
const unseen = ['\u200b', '\u2060\u200d', '\ufeff', '\u3164', '\u2800'];

/** Texts of several lines: an empty one is as good as one in which nothing can be seen. */
const mayBeUnseen: ReadonlySet<string> = new Set(['body', 'note', 'result', 'failure']);

const issuesSchema = z.looseObject({ issues: z.array(z.object({ at: z.string() })).optional() });

interface Bad {
  readonly field: Field;
  readonly values: readonly string[];
  /** How a value is refused that fits the schema and is looked up. */
  readonly handle?: ErrorCode | undefined;
}

/** Sends every value in the field; each must be refused, because of this very field. */
const refuses = async (board: Board, { field, values, handle }: Bad): Promise<void> => {
  const [operation = ''] = field.label.split(' ');
  for (const value of values) {
    const asked = { body: field.with(value), headers: board.callerOf(operation) };
    const { details } = await board.refused(operation, asked, handle ?? 'invalid_input');
    const { issues = [] } = issuesSchema.parse(details);
    assert(
      handle !== undefined || issues.some(({ at }) => isAbout(field, at)),
      `${field.label} = ${JSON.stringify(value.slice(0, 20))}: ${JSON.stringify(details)}`,
    );
  }
};

/** One board for all fields of an operation, which must be as before when all is over. */
const onBoard = async (context: TestContext, work: (board: Board) => Promise<void>): Promise<void> => {
  const board = await Board.open(context);
  await board.unchangedBy(() => work(board));
};

for (const { name } of catalogue.operations) {
  const strings = stringsOf(name);
  const names = strings.filter(({ member, isKey }) => isKey || !freeTexts.has(member));
  describe(`the texts in the input of ${name}`, () => {
    it(`hold no path that leads elsewhere, where they are names: ${names.length}`, (t) =>
      onBoard(t, async (board) => {
        for (const field of names)
          await refuses(board, { field, values: paths, handle: handles.get(field.label) });
      }));

    it(`hold no control characters: ${strings.length}`, (t) =>
      onBoard(t, async (board) => {
        for (const field of strings) {
          const refused = rawTexts.has(field.label) ? ['\u0000'] : controls;
          const values = refused.map((control) => `a${control}b`);
          await refuses(board, { field, values, handle: handles.get(field.label) });
        }
      }));

    it(`hold no halves of surrogate pairs: ${strings.length}`, (t) =>
      onBoard(t, async (board) => {
        const values = halvesOfPairs.map((half) => `a${half}b`);
        for (const field of strings)
          await refuses(board, { field, values, handle: handles.get(field.label) });
      }));

    it('can be seen, where they are one line', (t) =>
      onBoard(t, async (board) => {
        for (const field of strings.filter(
          ({ member, label }) => !mayBeUnseen.has(member) && !mayBeUnseen.has(label),
        ))
          await refuses(board, { field, values: unseen, handle: handles.get(field.label) });
      }));

    it(`are not longer than their limits, which all have: ${strings.length}`, (t) =>
      onBoard(t, async (board) => {
        for (const field of strings) await refuses(board, { field, values: ['x'.repeat(100_000)] });
      }));
  });
}

describe('the lists of this test', () => {
  const all = catalogue.operations.flatMap(({ name }) => stringsOf(name));

  it('name fields that there are', () => {
    const members = new Set(all.map(({ member }) => member));
    const labels = new Set(all.map(({ label }) => label));
    assert.deepEqual(
      [...freeTexts].filter((member) => !members.has(member)),
      [],
    );
    assert.deepEqual(
      [...handles.keys()].filter((label) => !labels.has(label)),
      [],
    );
  });

  it('come from schemas read to their ends', () => {
    const labels = new Set(all.map(({ label }) => label));
    for (const expected of [
      'start metadata{}',
      'start metadata{}.key',
      'start capabilities[]',
      'task_add slug',
      'task_add tasks[].slug',
      'task_add tasks[].labels[]',
      'task_list status',
      'task_list status[]',
      'task_update sprint',
      'agent_update metadata{}',
    ])
      assert(labels.has(expected), expected);
  });

  it('find names that objects have of themselves to be names like any other', async (t) => {
    const { served, ada } = await Board.open(t);
    for (const name of ['constructor', 'toString', 'hasOwnProperty', 'prototype']) {
      const said = await fetch(`${served.url}/v1/operations/task_add`, {
        method: 'POST',
        headers: ada,
        body: JSON.stringify({ title: name, slug: name, project: name, labels: [name], requires: [name] }),
      });
      assert.equal(said.status, 200, await said.text());
      const started = await fetch(`${served.url}/v1/operations/start`, {
        method: 'POST',
        body: JSON.stringify({ agent: name, capabilities: [name], metadata: { [name]: name } }),
      });
      assert.equal(started.status, 200, await started.text());
    }
    assert.deepEqual(served.log.errors, []);
  });
});
