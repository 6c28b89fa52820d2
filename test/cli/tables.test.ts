import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { z } from 'zod';
import { answerText, shellWord } from '../../src/surfaces/cli/answer.ts';
import { main, swift } from '../host/processes.ts';
import { type Place, envIn, openPlace } from './program.ts';

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
    const agents = 'Agents without a live session are not listed; --all lists them.\n';
    assert.equal((await place.run(['agent', 'list'])).out, `None.\n${agents}`);
    assert.equal((await place.run(['agent', 'list', '--all'])).out, 'None.\n');
    await place.run(['run', '--lock', 'deploy', '--', 'true']);
    assert.equal(
      (await place.run(['agent', 'list'])).out,
      `None.\n${agents}`,
      'what run was called is gone with it',
    );
    assert.match((await place.run(['agent', 'list', '--all'])).out, /^run-1 /m);
  });
});

describe('a list of what was done', () => {
  it('begins with who did it', async (t) => {
    const place = await openPlace(t);
    await place.run(['task', 'add', 'Mend the fence']);
    await place.run(['start', '--agent', 'ada']);
    await place.run(['task', 'claim', '--agent', 'ada']);
    const about = (await place.run(['why', 'T-1'])).out;
    assert.match(about, /^PRINCIPAL +AGENT +SEQ +TIME +TYPE +WHAT +TOKEN\n/);
    assert.match(about, /^owner +ada +\d+ +\S+ +tasks\.claimed /m);
    const { out } = await place.run(['audit', 'query', '--of', 'hub']);
    assert.match(out, /^PRINCIPAL +KIND +SEQ +TIME +TYPE +REF +WHAT\n/);
    const { out: wide } = await place.run(['audit', 'query', '--wide']);
    assert.match(wide, /^PRINCIPAL .* SESSION .* OPERATION +TYPE .* UNIT/m);
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
        'id      T-1',
        'labels  ui, api',
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
    assert.match(await answerText(value, { ...plain, wide: true }), /^due +-\n.*^metadata +-$/ms);
  });
});

describe('of an answer, people', () => {
  it('see a list among other things, and nothing of what is empty or all there', async () => {
    const items = [{ name: 'docs', token: 4, since: 'x' }];
    const queue = [{ agent: 'bob', since: 'y' }];
    const hidden = ['token', 'items.since'];
    const value = { free: false, items, queue: [], queue_length: 0, total: 1, next_cursor: null };
    assert.equal(await answerText(value, { ...plain, hidden }), 'free  no\n\nNAME\ndocs\n');
    assert.equal(
      await answerText({ ...value, queue, queue_length: 7 }, { ...plain, hidden }),
      'free          no\nqueue length  7\n\nNAME\ndocs\nqueue\n  AGENT  SINCE\n  bob    y\n',
    );
    const wide = await answerText(value, { ...plain, hidden, wide: true });
    assert.match(wide, /^queue length +0$/m);
    assert.match(wide, /^NAME +TOKEN +SINCE$/m);
  });

  it('hear how long in words and when by the clock, and in full when they want everything', async () => {
    const now = new Date(2026, 10, 21, 18, 30).getTime();
    const at = (...when: [number, number, number, number, number]) => new Date(...when).toISOString();
    const left = [0, 400, 9_999, 297_000, 86_382_690, 90_000_000, 7 * 86_400_000];
    const items = left.map((remaining_ms) => ({ remaining_ms }));
    const words = ['0 ms', '400 ms', '9 s', '4 min 57 s', '23 h 59 min', '1 d 1 h', '7 d'];
    const said = await answerText({ items }, { ...plain, now });
    assert.deepEqual(
      said
        .trimEnd()
        .split('\n')
        .map((line) => line.trim()),
      ['REMAINING', ...words],
    );
    const record = {
      since: at(2026, 10, 21, 16, 7),
      due: at(2027, 0, 2, 9, 0),
      title: at(2026, 10, 21, 16, 7),
    };
    assert.equal(
      await answerText(record, { ...plain, now }),
      `since  16:07\ndue    2027-01-02 09:00\ntitle  ${record.title}\n`,
    );
    assert.match(
      await answerText(record, { ...plain, now, wide: true }),
      new RegExp(`^since +${record.since}$`, 'm'),
    );
    assert.match(await answerText({ items }, { ...plain, wide: true }), /^ *REMAINING MS\n.*^ +297000$/ms);
  });
});

describe('what others wrote', () => {
  it('is no wider than the terminal, whatever it is, unless a word alone is, and nothing of it is lost', async () => {
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
        fc.integer({ min: 30, max: 140 }),
        fc.boolean(),
        async (items, columns, colour) => {
          const said = await answerText({ items }, { columns, colour });
          for (const line of said.split('\n')) {
            const [, value = line] = /^(?:[a-z]+)? {2,}(\S+)$/.exec(stripVTControlCharacters(line)) ?? [];
            assert(stringWidth(line) <= columns || !value.includes(' '), line);
          }
          const whole = await answerText({ items }, { ...plain, wide: true });
          const words = whole
            .slice(whole.indexOf('\n'))
            .split(/\s+/)
            .filter((word) => /^[\u0021-\u007e]+$/.test(word));
          for (const word of words.filter((one) => one !== '-')) assert(said.includes(word), word);
        },
      ),
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

interface OnTerminal {
  readonly env?: Record<string, string>;
  readonly args?: readonly string[];
}

/** What a command prints on a terminal of that width. */
const onTerminal = async (
  place: Place,
  columns: number,
  { env = {}, args = ['task', 'list'] }: OnTerminal = {},
): Promise<string> => {
  const command = `stty cols ${columns} && '${process.execPath}' ${swift.join(' ')} '${main}' ${args.map(shellWord).join(' ')}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: place.cwd,
    env: { ...envIn(place.home), TERM: 'xterm-256color', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [said] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return said.replaceAll('\r\n', '\n');
};

describe('a table', () => {
  const name = 'file:src/surfaces/cli/a-rather-long-folder/another-one/answer.ts';
  const purpose =
    'Rewriting how answers are printed on narrow terminals, so that nothing of what identifies a row or was written by somebody is lost';

  /** The words of a text, wherever they were broken. */
  const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

  for (const columns of [80, 100])
    it(`cuts no name and no text in ${columns} columns`, async (t) => {
      const place = await openPlace(t);
      for (const agent of ['ada', 'grace']) await place.run(['start', '--agent', agent]);
      const title = `Write down ${'what has changed, and '.repeat(6)}why`;
      await place.run([
        'task',
        'add',
        title,
        '--labels',
        'docs,links',
        '--slug',
        'a-long-name-for-a-task-of-the-docs',
      ]);
      await place.run(['lock', 'acquire', name, '--purpose', purpose, '--agent', 'ada', '--ttl', 'session']);
      await place.run(['lock', 'acquire', 'docs', '--purpose', 'Short', '--agent', 'ada']);
      const reason =
        'I need one line of it before noon, because the release waits for that and for nothing else';
      await place.run(['lock', 'break', name, '--reason', reason, '--agent', 'grace']);
      const on = async (...args: readonly string[]): Promise<string> => {
        const said = await onTerminal(place, columns, { env: { NO_COLOR: '1' }, args });
        assert.doesNotMatch(said, /…/);
        for (const line of said.split('\n')) assert(line.length <= columns, line);
        return said;
      };
      const locks = await on('lock', 'list');
      for (const part of [name, 'exclusive', 'ada', 'docs', 'held', 'Short', '4 min 5'])
        assert(locks.includes(part), part);
      assert.doesNotMatch(locks, /token|mine|tier|queue|cursor/i);
      assert(flat(locks).includes(purpose));
      const board = await on('task', 'list');
      assert(flat(board).includes('a-long-name-for-a-task-of-the-docs'));
      const docs = await on('lock', 'list', 'docs', '--agent', 'grace');
      assert.match(docs, /^free +no$/m);
      assert.match(docs, /^NAME +MODE +REMAINING +STATE +HOLDER +PURPOSE$/m);
      const events = await on('wait', '--agent', 'ada');
      for (const part of [name, reason, 'Release it with signalbox lock release as soon as you can.'])
        assert(flat(events).includes(part), part);
      assert.match(await on('lock', 'list', '--wide'), /token +\d+$/im);
    });

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
    const narrow = await onTerminal(place, 50, { env: { NO_COLOR: '1' } });
    for (const line of narrow.split('\n')) assert(line.length <= 50, line);
    assert.doesNotMatch(narrow, /…/);
    assert(narrow.replaceAll(/\s+/g, ' ').includes(`A long title that says ${'very '.repeat(20)}much`));
    assert.doesNotMatch(narrow, obeyed);
    await place.run(['start', '--agent', 'ada']);
    await place.run(['task', 'claim', '--agent', 'ada']);
    assert.match(await onTerminal(place, 100), /\u001b\[33min_progress\u001b\[39m/);
  });
});
