import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { z } from 'zod';
import { answerText } from '../../src/surfaces/cli/answer.ts';
import { main } from '../host/processes.ts';
import { type Place, openPlace } from './program.ts';

const searched = z.object({ items: z.array(z.object({ score: z.number() })) });

const plain = { columns: undefined, colour: false };

/** What a terminal could obey, apart from the ends of lines. */
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

describe('a list', () => {
  it('has its columns in one order, whatever the rows hold', async () => {
    const order = ['id', 'ready', 'holder', 'absent'];
    const items = [
      { id: 'T-1', ready: true, new_here: 1 },
      { id: 'T-2', holder: 'ada' },
    ];
    for (const rows of [items, items.toReversed()]) {
      assert.match(await answerText({ items: rows }, { ...plain, order }), /^ID +READY +NEW HERE +HOLDER\n/);
    }
  });

  it('has no column for what only programs read', async (t) => {
    const place = await openPlace(t);
    await place.run(['start', '--agent', 'ada']);
    await place.run(['start', '--agent', 'bob']);
    await place.run(['task', 'add', 'Mend the fence']);
    await place.run(['message', 'send', 'the fence', '--to', 'bob', '--agent', 'ada']);
    for (const search of [['find'], ['message', 'search', '--agent', 'bob']]) {
      const { out } = await place.run([...search, 'fence']);
      assert.match(out, /^SEQ +AREA +KIND +REF +TIME +(?:AGENT +)?EXCERPT\n/);
      const found = searched.parse(await place.json([...search, 'fence']));
      assert.ok(found.items.every(({ score }) => score > 0));
      assert.ok(found.items.length > 0);
    }
  });

  it('says below what a search for nobody in particular has left out', async (t) => {
    const place = await openPlace(t);
    await place.run(['start', '--agent', 'ada']);
    await place.run(['task', 'add', 'Mend the fence']);
    const remark = 'Messages to agents were left out, because this call names no agent.\n';
    assert.doesNotMatch((await place.run(['find', 'fence'])).out, /left out/);
    await place.run(['message', 'send', 'the fence', '--to', 'ada']);
    const { out } = await place.run(['find', 'fence']);
    assert.match(out, /^SEQ +AREA/);
    assert.ok(out.endsWith(remark), out);
    assert.doesNotMatch((await place.run(['find', 'fence', '--agent', 'ada'])).out, /left out/);
    assert.match((await place.run(['find', 'fence', '--by', 'ada'])).out, /^None\.\n/);
  });

  it('says what a list leaves out, as long as nobody has asked for it', async (t) => {
    const place = await openPlace(t);
    const remark = 'Tasks that are done or cancelled are not listed; --status done,cancelled lists them.\n';
    assert.equal((await place.run(['task', 'list'])).out, `None.\n${remark}`);
    assert.equal((await place.run(['task', 'list', '--status', 'done'])).out, 'None.\n');
    assert.equal((await place.run(['agent', 'list'])).out, 'None.\n');
  });
});

describe('an answer for people', () => {
  it('is a table of what the items have', async () => {
    const value = {
      items: [
        { id: 'T-1', title: 'Fix the login', priority: 2, ready: true },
        { id: 'T-20', title: 'Search', priority: 10, waits_for: ['T-1', 'T-2'], project: 'shop' },
      ],
      total: 5,
      next_cursor: "1 o'clock",
    };
    assert.equal(
      await answerText(value, plain),
      [
        'ID    TITLE          PRIORITY  WAITS FOR  PROJECT  READY',
        'T-1   Fix the login         2  -          -        yes',
        'T-20  Search               10  T-1, T-2   shop     -',
        '2 of 5 shown.',
        String.raw`The next ones: --cursor '1 o'\''clock'`,
        '',
      ].join('\n'),
    );
    assert.equal(await answerText({ items: [], total: 0, next_cursor: null }, plain), 'None.\n');
  });

  it('is lines for one thing, and blocks for what is long', async () => {
    const value = {
      id: 'T-1',
      due: null,
      labels: ['ui', 'api'],
      metadata: {},
      body: 'First.\n\tSecond.',
      hold: { holder: 'ada', yours: false },
      acceptance: [{ n: 1, text: 'works', done: false }],
    };
    assert.equal(
      await answerText(value, plain),
      [
        'id        T-1',
        'due       -',
        'labels    ui, api',
        'metadata  -',
        'body',
        '  First.',
        '      Second.',
        'hold',
        '  holder  ada',
        '  yours   no',
        'acceptance',
        '  N  TEXT   DONE',
        '  1  works  no',
        '',
      ].join('\n'),
    );
  });
});

describe('what others wrote', () => {
  it('is no wider than the terminal, and what has no room is named', async () => {
    const row = fc.record(
      {
        id: fc.string({ maxLength: 12 }),
        title: fc.string({ unit: 'grapheme', maxLength: 60 }),
        status: fc.constantFrom('todo', 'done', 'blocked'),
        labels: fc.array(fc.string({ maxLength: 9 }), { maxLength: 4 }),
        priority: fc.nat(),
        blocked: fc.string({ unit: 'grapheme', maxLength: 80 }),
        project: fc.string({ maxLength: 20 }),
      },
      { requiredKeys: ['id'] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 20, max: 140 }),
        fc.boolean(),
        async (items, columns, colour) => {
          const said = await answerText({ items }, { columns, colour });
          for (const line of said.split('\n')) assert(stringWidth(line) <= columns, line);
        },
      ),
    );
    const wide = {
      items: [Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`column${i}`, 'x'.repeat(20)]))],
    };
    assert.match(
      await answerText(wide, { columns: 80, colour: false }),
      /\n\(--json has all; no room for column8, column9,[^…]*\)\n$/,
    );
  });

  it('holds nothing that a terminal obeys, and nothing that forges a line', async () => {
    const members = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }));
    const values = fc.oneof(
      members,
      fc.record({ items: fc.array(members) }),
      fc.record({ deep: fc.array(members) }),
    );
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        const said = await answerText(value, { columns: 60, colour: false });
        assert.doesNotMatch(said, obeyed);
        assert(said.isWellFormed());
      }),
    );
    const forged = await answerText({ id: 'T-1', body: 'x\nstatus  done\r\u001b[2Kstatus  done' }, plain);
    assert.equal(forged, 'id  T-1\nbody\n  x\n  status  done??[2Kstatus  done\n');
    const cells = await answerText({ items: [{ title: 'a\nT-2  b', holder: 'ada' }] }, plain);
    assert.equal(cells, 'TITLE    HOLDER\na T-2 b  ada\n');
  });

  it('has no colour, which is for words of ours, and is not in the widths', async () => {
    const items = [
      { title: 'done', status: 'done' },
      { title: 'x', status: 'in_progress' },
    ];
    const coloured = await answerText({ items }, { columns: 80, colour: true });
    assert.equal(
      stripVTControlCharacters(coloured),
      await answerText({ items }, { columns: 80, colour: false }),
    );
    assert.equal(coloured.split('\n')[1], 'done   \u001b[32mdone\u001b[39m');
  });
});

/** What a command prints on a terminal of that width. */
const onTerminal = async (
  place: Place,
  columns: number,
  env: Record<string, string> = {},
): Promise<string> => {
  const command = `stty cols ${columns} && '${process.execPath}' '${main}' task list`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: place.cwd,
    env: { PATH: process.env['PATH'], HOME: place.home, TERM: 'xterm-256color', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [said] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return said.replaceAll('\r\n', '\n');
};

describe('a table', () => {
  it('fits the terminal that it is printed on, in colour unless that is not wanted', async (t) => {
    const place = await openPlace(t);
    await place.run([
      'task',
      'add',
      `A long title that says ${'very '.repeat(20)}much`,
      '--labels',
      'one,two,three',
    ]);
    const { out } = await place.run(['task', 'list']);
    assert.match(out, /very very much/);
    const narrow = await onTerminal(place, 50, { NO_COLOR: '1' });
    for (const line of narrow.split('\n')) assert(line.length <= 50, line);
    assert.match(narrow, /A long t…/);
    assert.doesNotMatch(narrow, obeyed);
    await place.run(['start', '--agent', 'ada']);
    await place.run(['task', 'claim', '--agent', 'ada']);
    assert.match(await onTerminal(place, 100), /\u001b\[33min_progress\u001b\[39m/);
  });
});
