import assert from 'node:assert/strict';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { operations } from '../../src/areas/operations.ts';
import { Catalogue } from '../../src/catalogue/catalogue.ts';
import type { ErrorCode } from '../../src/kernel/errors.ts';
import { jsonBytesMax, jsonDepthMax } from '../../src/surfaces/json-text.ts';
import { Board } from './board.ts';
import { fieldsOf, isAbout, typesOf } from './fields.ts';

const catalogue = new Catalogue(operations);

/** One board for all that a test sends, which must be as before when all is over. */
const onBoard = async (context: TestContext, work: (board: Board) => Promise<void>): Promise<void> => {
  const board = await Board.open(context);
  await board.unchangedBy(() => work(board));
};

const nested = `${'['.repeat(jsonDepthMax)}${']'.repeat(jsonDepthMax)}`;

const bodies: readonly [what: string, body: unknown, code: ErrorCode][] = [
  ['not JSON', '{"title":', 'not_json'],
  ['a form', 'title=x&priority=1', 'not_json'],
  ['a list', [], 'invalid_input'],
  ['null', 'null', 'invalid_input'],
  ['a text', '"x"', 'invalid_input'],
  ['a number', '7', 'invalid_input'],
  ['too deep', `{"x":${nested}}`, 'too_deep'],
  ['too deep and unfinished', '{"x":['.repeat(10_000), 'too_deep'],
  ['too long', `{"x":"${'x'.repeat(jsonBytesMax)}"}`, 'too_large'],
  ['too long and nothing but spaces', ' '.repeat(jsonBytesMax + 1), 'too_large'],
];

/** A value of each type that JSON has, and a number that is no integer. */
const values: readonly [type: string, value: unknown][] = [
  ['null', null],
  ['boolean', true],
  ['integer', 1],
  ['number', 1.5],
  ['string', 'x'],
  ['array', []],
  ['object', {}],
];

const issuesSchema = z.looseObject({ issues: z.array(z.object({ at: z.string(), message: z.string() })) });

for (const operation of catalogue.operations) {
  const { name, examples } = operation;
  const example = examples[0]?.input ?? {};
  const inputFields = fieldsOf(catalogue, operation).filter(({ isKey }) => !isKey);
  describe(`the body of ${name}`, () => {
    it('is refused when it is no input at all', (t) =>
      onBoard(t, async (board) => {
        for (const [what, body, code] of bodies) {
          await t.test(what, async () => {
            await board.refused(name, { body, headers: board.callerOf(name) }, code);
          });
        }
      }));

    it('is refused with fields that nobody knows', (t) =>
      onBoard(t, async (board) => {
        for (const unknown of [
          { no_such_field: 1 },
          { constructor: 1 },
          { session_id: 'x' },
          { Title: 'x' },
        ]) {
          const body = { ...example, ...unknown };
          const { message } = await board.refused(
            name,
            { body, headers: board.callerOf(name) },
            'invalid_input',
          );
          assert(message.includes(`"${Object.keys(unknown).join()}"`), message);
        }
        const body = `{"__proto__":{"admin":true},${JSON.stringify(example).slice(1)}`.replace(',}', '}');
        await board.refused(name, { body, headers: board.callerOf(name) }, 'invalid_input');
        assert.equal('admin' in {}, false);
      }));

    it(`is refused with a value of a wrong type, which is named: ${inputFields.length} fields`, (t) =>
      onBoard(t, async (board) => {
        for (const field of inputFields) {
          const types = typesOf(field);
          for (const [type, value] of values) {
            if (types.has(type) || (type === 'integer' && types.has('number'))) continue;
            const asked = { body: field.with(value), headers: board.callerOf(name) };
            const { issues } = issuesSchema.parse(
              (await board.refused(name, asked, 'invalid_input')).details,
            );
            assert(
              issues.some(({ at }) => isAbout(field, at)),
              `${field.label} = ${JSON.stringify(value)}: ${JSON.stringify(issues)}`,
            );
          }
        }
      }));

    it('is refused without what it must have', (t) =>
      onBoard(t, async (board) => {
        const { required } = catalogue.inputSchemaOf(operation);
        for (const member of z.array(z.string()).default([]).parse(required)) {
          const { [member]: _left, ...body } = example;
          const { issues } = issuesSchema.parse(
            (await board.refused(name, { body, headers: board.callerOf(name) }, 'invalid_input')).details,
          );
          assert(issues.some(({ at }) => at === member));
        }
      }));
  });
}

describe('an operation that there is not', () => {
  const names = [
    'task_delete',
    'TASK_ADD',
    'task_add/',
    'task_add%00',
    'task%5Fadd',
    '..%2Ftask_add',
    '%2e%2e%2f%2e%2e%2fhealth',
    'task_add%1b[2J',
    'constructor',
    '__proto__',
    '',
    'x'.repeat(2_000),
  ];
  for (const name of names) {
    it(`is refused as unknown: ${JSON.stringify(name.slice(0, 30))}`, (t) =>
      onBoard(t, async (board) => {
        await board.refused(name, { body: { title: 'x' }, headers: board.ada }, 'unknown_operation');
      }));
  }
});

describe('the answer to bad input', () => {
  const many = (length: number, name: string): Readonly<Record<string, number>> =>
    Object.fromEntries(Array.from({ length }, (_, index) => [`${name}_${index}`, 1]));

  const huge: readonly [what: string, operation: string, body: unknown][] = [
    ['list', 'task_add', { title: 'x', labels: Array.from({ length: 100_000 }, () => 1) }],
    ['name', 'task_add', { title: 'x', ['x'.repeat(500_000)]: 1 }],
    ['number of names', 'task_add', { title: 'x', ...many(30_000, 'unknown') }],
    ['map', 'start', { metadata: many(30_000, 'member') }],
    [
      'number of tasks',
      'task_add',
      { tasks: Array.from({ length: 100 }, () => ({ title: 'x', labels: Array(20).fill(1) })) },
    ],
  ];
  for (const [what, operation, body] of huge) {
    it(`stays short however long the ${what} is in which all is wrong`, async (t) => {
      const board = await Board.open(t);
      const error = await board.refused(operation, { body }, 'invalid_input');
      assert(JSON.stringify(error).length < 10_000);
    });
  }

  it('may have a length that nothing can be compared with', () => {
    const strange = { length: { toString: 1, valueOf: null } };
    for (const [name, input] of [
      ['task_add', { title: strange }],
      ['task_add', { tasks: strange }],
      ['lock_renew', { name: strange }],
    ] as const) {
      const operation = catalogue.find(name);
      const prepared = operation.ok ? operation.value.prepare(input) : operation;
      assert.equal(prepared.ok ? 'accepted' : prepared.code, 'invalid_input', name);
    }
  });

  it('counts what it leaves out', async (t) => {
    const board = await Board.open(t);
    const asked = { body: { metadata: many(1_000, 'member') } };
    const { message, details } = await board.refused('start', asked, 'invalid_input');
    const { issues } = issuesSchema.parse(details);
    assert.equal(issues.length + Number(details['unlisted']), 1_000);
    assert.match(message, /; and 995 more\./);
  });

  it('repeats no control characters from the names of fields', async (t) => {
    const board = await Board.open(t);
    await board.unchangedBy(async () => {
      const body = { title: 'x', 'a\u001b[2J\u0000\u2028b': 1 };
      const { message, details } = await board.refused('task_add', { body }, 'invalid_input');
      assert.match(message, /"a\?\[2J\?\?b"/);
      assert.doesNotMatch(JSON.stringify(details), /\\u00|\u2028/);
    });
  });
});
