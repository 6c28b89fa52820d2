import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readEnvText } from './env-file.ts';

const read = (text: string) => readEnvText(text, '/x.env');

const pairs = (text: string): readonly (readonly [string, string])[] => {
  const variables = read(text);
  assert(variables.ok, variables.ok ? '' : variables.message);
  return variables.value.map(({ name, text: value }) => [name, value]);
};

const refusal = (text: string): string => {
  const variables = read(text);
  assert(!variables.ok);
  return variables.message;
};

describe('an env file', () => {
  it('has a variable on each line, with comments, export and spaces as people write them', () => {
    const text = [
      '\uFEFF# all of them',
      'A=1',
      '  export B = two words  # a remark',
      '',
      'C=a#b',
      'D=',
      'E= # nothing',
      'F=x=y',
    ].join('\r\n');
    assert.deepEqual(pairs(text), [
      ['A', '1'],
      ['B', 'two words'],
      ['C', 'a#b'],
      ['D', ''],
      ['E', ''],
      ['F', 'x=y'],
    ]);
    assert.deepEqual(pairs(''), []);
  });

  it('has quoted values, over several lines as well, and counts its lines on', () => {
    const text = `A=" # no remark " # one\nB='\${X} \\n'\nC="a\\"b\\\\\\n\\t\\q"\nD="-----\nkey\n-----"\nE='x\ny'\nF=6`;
    const variables = read(text);
    assert(variables.ok);
    assert.deepEqual(
      variables.value.map(({ name, text: value, literal, line }) => [name, value, literal, line]),
      [
        ['A', ' # no remark ', false, 1],
        ['B', '${X} \\n', true, 2],
        ['C', 'a"b\\\n\t\\q', false, 3],
        ['D', '-----\nkey\n-----', false, 4],
        ['E', 'x\ny', true, 7],
        ['F', '6', false, 9],
      ],
    );
  });

  it('is refused with its name and line, and never with what it says', () => {
    for (const [text, place] of [
      ['A=1\nhunter2', '/x.env:2: a line such as NAME=value'],
      ['1A=hunter2', '/x.env:1: '],
      ['A="hunter2\n\n', '/x.env:1: the quote (") that opens the value of A is never closed'],
      ["A='a\nb'hunter2", '/x.env:2: something stands behind the quote'],
      ["A='a\nb'\nB='hunter2'\\''x'", '/x.env:3: something stands behind the quote'],
      ['A=hunter2\0', '/x.env:1: this line has a NUL'],
      ['A="x\nhunter2\0"', '/x.env:1: the value of A has a NUL'],
    ] as const) {
      const message = refusal(text);
      assert(message.startsWith(place), message);
      assert.doesNotMatch(message, /hunter2/);
    }
  });

  it('takes no longer for what looks like a long comment', () => {
    assert.deepEqual(pairs(`A=x${' '.repeat(60_000)}y`)[0]?.[0], 'A');
  });
});
