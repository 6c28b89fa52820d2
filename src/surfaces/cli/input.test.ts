import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { operations } from '../../areas/operations.ts';
import { Catalogue } from '../../catalogue/catalogue.ts';
import type { Json } from '../../catalogue/json.ts';
import { present } from '../../kernel/assert.ts';
import type { Outcome } from '../../kernel/errors.ts';
import { jsonBytesMax, jsonDepthMax } from '../json-text.ts';
import { fieldsOf, knownFlag } from './fields.ts';
import { readFlags } from './flags.ts';
import { flagText } from './help.ts';
import { inputOf } from './input.ts';
import { commandOf } from './command-name.ts';

const catalogue = new Catalogue(operations);
const folder = mkdtempSync(join(tmpdir(), 'signalbox-input-'));
after(() => rmSync(folder, { recursive: true }));

const inputFlag = { name: 'input', placeholder: 'JSON', meaning: '' };

const inputFrom = async (
  name: string,
  args: readonly string[],
  piped = '',
): Promise<Outcome<Readonly<Record<string, unknown>>>> => {
  const operation = catalogue.find(name);
  assert(operation.ok);
  const fields = fieldsOf(catalogue, operation.value);
  const command = commandOf(name);
  const line = readFlags(args, { known: [...fields.map(knownFlag), inputFlag], command });
  if (!line.ok) return line;
  const stdin = Readable.from([Buffer.from(piped)]);
  return inputOf({ fields, line: line.value, command, stdin });
};

const given = async (name: string, args: readonly string[], piped?: string) => {
  const input = await inputFrom(name, args, piped);
  assert(input.ok, input.ok ? '' : input.message);
  return input.value;
};

const refused = async (name: string, args: readonly string[], piped?: string) => {
  const input = await inputFrom(name, args, piped);
  assert(!input.ok);
  return input;
};

describe('the words behind a command', () => {
  it('fill the member that it names', async () => {
    assert.deepEqual(await given('task_get', ['T-1']), { id: 'T-1' });
    assert.deepEqual(await given('task_add', ['Fix', 'the', 'login']), { title: 'Fix the login' });
    assert.deepEqual(await given('tool_search', ['end my session']), { query: 'end my session' });
    assert.deepEqual(await given('mode_set', ['minimal']), { mode: 'minimal' });
  });

  it('are each an item where the member may be a list, and one alone is that item', async () => {
    assert.deepEqual(await given('lock_acquire', ['issue:42', 'file:src/{a,b}.ts', '--wait-ms', '5']), {
      name: ['issue:42', 'file:src/{a,b}.ts'],
      wait_ms: 5,
    });
    assert.deepEqual(await given('lock_release', ['pytest', 'issue:42']), { name: ['pytest', 'issue:42'] });
    assert.deepEqual(await given('lock_release', ['pytest', '--token', '17']), { name: 'pytest', token: 17 });
    assert.deepEqual(await given('lock_release', []), {});
    assert.deepEqual(
      await given('lock_renew', ['a', 'b']),
      { name: 'a b' },
      'where there can be one, they are',
    );
    assert.match((await refused('lock_acquire', ['a', 'b', '--name', 'c'])).message, /name is said twice/);
  });

  it('are refused where they mean nothing', async () => {
    assert.match((await refused('task_list', ['T-1'])).message, /takes flags only, and "T-1" is none/);
    assert.match((await refused('task_get', ['T-1', 'T-2'])).message, /one id, and "T-2" is a word too many/);
    assert.match(
      (await refused('task_get', [])).message,
      /task get needs an id. Write signalbox task get ID/,
    );
    assert.match((await refused('task_get', ['T-1', '--id', 'T-1'])).message, /id is said twice/);
  });
});

describe('a flag', () => {
  it('carries a number, a yes or a no, a choice or nothing at all', async () => {
    assert.deepEqual(await given('task_list', ['--limit', '5', '--ready', '--no-flagged', '--sort', 'due']), {
      limit: 5,
      ready: true,
      flagged: false,
      sort: 'due',
    });
    assert.deepEqual(await given('task_update', ['T-1', '--no-due', '--no-body']), {
      id: 'T-1',
      due: null,
      body: null,
    });
    assert.match((await refused('task_list', ['--limit', 'ten'])).message, /takes a whole number, and "ten"/);
    assert.match((await refused('task_list', ['--limit', '1.5'])).message, /takes a whole number/);
    assert.match((await refused('task_list', ['--limit='])).message, /takes a whole number/);
    assert.match((await refused('task_list', ['--limit', '0x10'])).message, /takes a whole number/);
    const choice = await refused('task_list', ['--status', 'doen']);
    assert.match(choice.message, /one of todo, .*, and "doen" is none. Did you mean done\?/);
  });

  it('carries a number or a word that may stand for one', async () => {
    assert.deepEqual(await given('lock_acquire', ['pytest', '--ttl', 'session']), {
      name: 'pytest',
      ttl: 'session',
    });
    assert.deepEqual(await given('lock_renew', ['pytest', '--ttl', '600']), { name: 'pytest', ttl: 600 });
    for (const ttl of ['forever', '', '1.5', 'Session']) {
      assert.match(
        (await refused('lock_acquire', ['pytest', `--ttl=${ttl}`])).message,
        /^--ttl takes a whole number or session, and ".*" is neither\. See signalbox help lock acquire\.$/,
      );
    }
  });

  it('carries a list, by repeating it or by commas where no item can hold one', async () => {
    assert.deepEqual(
      await given('task_add', ['x', '--depends-on', 'T-1', '--depends-on', 'T-2,shop/a', '--labels', 'a, b']),
      { title: 'x', depends_on: ['T-1', 'T-2', 'shop/a'], labels: ['a', 'b'] },
    );
    assert.deepEqual(
      await given('task_add', ['x', '--acceptance', 'works, always', '--files', 'src/{a,b}.ts']),
      {
        title: 'x',
        acceptance: ['works, always'],
        files: ['src/{a,b}.ts'],
      },
    );
    assert.deepEqual(await given('task_update', ['T-1', '--tick', '1,3', '--no-labels']), {
      id: 'T-1',
      tick: [1, 3],
      labels: [],
    });
    assert.deepEqual(await given('task_list', ['--status', 'todo,done']), { status: ['todo', 'done'] });
    assert.match((await refused('task_update', ['T-1', '--tick', '1,x'])).message, /whole number, and "x"/);
  });

  it('carries a map, whose members can be taken away where null does that', async () => {
    assert.deepEqual(await given('start', ['--metadata', 'a=1', '--metadata', 'b=x=y', '--metadata', 'c=']), {
      metadata: { a: '1', b: 'x=y', c: '' },
    });
    assert.deepEqual(await given('agent_update', ['--metadata', 'a=']), { metadata: { a: null } });
    assert.match((await refused('start', ['--metadata', 'a'])).message, /KEY=VALUE, and "a" has no "="/);
  });
});

describe('a member that may be one thing or another', () => {
  const strict = { minimum: 1, maximum: 9 };
  const session = { type: 'string', const: 'session' };
  const modes = { type: 'string', enum: ['shared', 'exclusive'] };
  const cases: readonly (readonly [title: string, anyOf: Json[], flag: string])[] = [
    ['a number or a word', [session, { type: 'integer', ...strict }], '--x N|session'],
    ['a number, a word or nothing', [{ type: 'number' }, session, { type: 'null' }], '--[no-]x N|session'],
    ['one word or others', [session, modes], '--x session|shared|exclusive'],
    ['a text or a number', [{ type: 'string' }, { type: 'integer' }], '--x JSON'],
    ['a number or a yes', [{ type: 'integer' }, { type: 'boolean' }], '--x JSON'],
    ['an item or a list of them', [modes, { type: 'array', items: modes }], '--[no-]x shared|exclusive'],
  ];
  for (const [title, anyOf, flag] of cases) {
    it(`is shown as what can be typed: ${title}`, () => {
      const operation = present(operations[0], 'there are operations');
      const inputSchemaOf = () => ({ type: 'object', properties: { x: { anyOf } } });
      const [field] = fieldsOf(
        { operations, find: catalogue.find, columnsOf: () => [], inputSchemaOf },
        operation,
      );
      assert.equal(flagText(knownFlag(present(field, 'there is one member'))), flag);
    });
  }
});

describe('the whole input', () => {
  it('comes as text, from a file or from stdin, and flags go on top of it', async () => {
    const file = join(folder, 'input.json');
    writeFileSync(file, '{"title":"from the file","priority":1}');
    assert.deepEqual(await given('task_add', ['--input', '{"title":"a","priority":2}', '--priority', '4']), {
      title: 'a',
      priority: 4,
    });
    assert.deepEqual(await given('task_add', ['--input', `@${file}`]), {
      title: 'from the file',
      priority: 1,
    });
    assert.deepEqual(await given('task_add', ['word', '--input', '-'], '{"title":"piped"}'), {
      title: 'word',
    });
    assert.deepEqual(await given('task_add', ['--tasks', '[{"title":"a"}]']), { tasks: [{ title: 'a' }] });
    assert.deepEqual(await given('task_list', ['--input', '-'], ''), {});
  });

  it('is refused when it is no JSON object, too long, too deep or not there', async () => {
    const code = async (...args: [readonly string[], string?]) => (await refused('task_add', ...args)).code;
    assert.equal(await code(['--input', '{']), 'not_json');
    assert.equal(await code(['--input', '[]']), 'invalid_input');
    assert.equal(await code(['--input', '['.repeat(jsonDepthMax + 1)]), 'too_deep');
    assert.equal(await code(['--input', '-'], ' '.repeat(jsonBytesMax + 1)), 'too_large');
    assert.match(
      (await refused('task_add', ['--input', `@${join(folder, 'nowhere')}`])).message,
      /cannot be read \(there is none\)/,
    );
    assert.match((await refused('task_add', ['--input', `@${folder}`])).message, /\(it is a folder\)/);
  });
});
