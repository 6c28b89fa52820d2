import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type KnownFlag, readFlags } from './flags.ts';

const known: readonly KnownFlag[] = [
  { name: 'limit', placeholder: 'N', meaning: '' },
  { name: 'note', placeholder: 'TEXT', meaning: '' },
  { name: 'labels', placeholder: 'NAME', meaning: '', many: true, no: true },
  { name: 'ready', placeholder: undefined, meaning: '', no: true },
  { name: 'due', placeholder: 'TIME', meaning: '', no: true },
  { name: 'json', placeholder: undefined, meaning: '' },
  { name: 'data-dir', placeholder: 'DIR', meaning: '' },
  { name: 'help', placeholder: undefined, meaning: '' },
];

const read = (...args: string[]) => readFlags(args, { known, command: 'task list' });

const given = (...args: string[]) => {
  const line = read(...args);
  assert(line.ok, line.ok ? '' : line.message);
  return [line.value.words, Object.fromEntries(line.value.values)];
};

const refused = (...args: string[]): string => {
  const line = read(...args);
  assert(!line.ok && line.code === 'invalid_input');
  assert.match(line.message, /See signalbox help task list\.$/);
  return line.message;
};

describe('a line', () => {
  it('is words and flags in any order', () => {
    assert.deepEqual(given('a', '--limit', '3', 'b'), [['a', 'b'], { limit: ['3'] }]);
    assert.deepEqual(given('--limit=3', 'a', '--json'), [['a'], { limit: ['3'], json: [true] }]);
    assert.deepEqual(given('a', '--', '--limit', '-x'), [['a', '--limit', '-x'], {}]);
    assert.deepEqual(given('-h', '-'), [['-'], { help: [true] }]);
  });

  it('gives a list as often as it is said, and nothing else twice', () => {
    assert.deepEqual(given('--labels', 'a', '--labels=b'), [[], { labels: ['a', 'b'] }]);
    assert.match(refused('--limit', '3', '--limit', '3'), /--limit is given twice/);
    assert.match(refused('--ready', '--no-ready'), /--ready is given twice/);
    assert.match(refused('--labels', 'a', '--no-labels'), /--labels and --no-labels do not go together/);
    assert.match(refused('--no-labels', '--labels', 'a'), /--labels and --no-labels do not go together/);
  });

  it('says no only where that means something', () => {
    assert.deepEqual(given('--no-ready', '--no-due'), [[], { ready: [false], due: [false] }]);
    assert.deepEqual(given('--ready=false'), [[], { ready: [false] }]);
    assert.match(refused('--no-limit'), /has no flag "--no-limit"/);
    assert.match(refused('--no-due=x'), /--no-due takes no value/);
    assert.match(refused('--ready=maybe'), /--ready takes no value/);
    assert.match(refused('--json=true'), /--json takes no value/);
  });

  it('names a yes or no behind a flag without a value as the stray word that it is', () => {
    assert.match(
      refused('L1', '--ready', 'false'),
      /--ready takes no value, so "false" behind it is a stray word\. Write --ready for yes, or --no-ready for no\./,
    );
    assert.match(refused('--ready', 'false', 'L1'), /"false" behind it is a stray word/);
    assert.match(refused('--ready', 'true'), /Write --ready for yes/);
    assert.match(refused('--no-ready', 'false', 'L1'), /--no-ready takes no value, so "false" behind it/);
    assert.match(
      refused('L1', '--json', 'false'),
      /"false" behind it is a stray word\. Write --json alone, or leave it out\./,
    );
    assert.deepEqual(given('--json', 'true'), [['true'], { json: [true] }], 'may be what is looked for');
    assert.deepEqual(given('--ready', '--', 'false'), [['false'], { ready: [true] }]);
    assert.deepEqual(given('L1', 'false', '--ready'), [['L1', 'false'], { ready: [true] }]);
    assert.deepEqual(given('--note', 'false'), [[], { note: ['false'] }]);
    assert.deepEqual(given('--no-labels', 'truest'), [['truest'], { labels: [false] }]);
  });

  it('takes what begins with a dash for a value, unless it is a flag', () => {
    assert.deepEqual(given('--limit', '-1'), [[], { limit: ['-1'] }]);
    assert.deepEqual(given('--note', '- an item'), [[], { note: ['- an item'] }]);
    assert.deepEqual(given('--note=--json'), [[], { note: ['--json'] }]);
    assert.deepEqual(given('--note', '--what'), [[], { note: ['--what'] }]);
    assert.match(refused('--note', '--json'), /--note needs a value. Write --note TEXT/);
    assert.match(refused('--note'), /--note needs a value/);
    assert.deepEqual(given('--note='), [[], { note: [''] }]);
  });

  it('with a mistake is refused with what was probably meant', () => {
    assert.match(refused('--limt', '3'), /task list has no flag "--limt". Did you mean --limit\?/);
    assert.match(refused('--dataDir', 'x'), /Did you mean --data-dir\?/);
    assert.match(refused('-json'), /no flag "-json". Did you mean --json\?/);
    assert.match(refused('--no-redy'), /Did you mean --no-ready\?/);
    assert.match(refused('-x'), /no flag "-x"\. See/);
    assert.match(refused('--quite-another=secret'), /no flag "--quite-another"\. See/);
    const long = refused(`--${'y'.repeat(10_000)}`);
    assert(long.length < 200);
    assert.doesNotMatch(refused('--\u001b[2J'), /\u001b/);
  });
});
