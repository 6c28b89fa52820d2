import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PassThrough } from 'node:stream';
import { isYes } from './ask.ts';
import { type Differing, diffText } from './diff.ts';

const diff = (
  [head, text, tail]: readonly [head: string, piece: string, tail: string],
  more: Partial<Differing> = {},
): string =>
  diffText({
    path: '/x',
    whole: head + text + tail,
    piece: { at: head.length, text },
    adds: true,
    isAlone: false,
    ...more,
  });

const lines = (...rows: readonly string[]): string => rows.map((row) => `${row}\n`).join('');

describe('a change that is shown', () => {
  it('has the lines that come and go, and of others only their brackets', () => {
    assert.equal(
      diff(['a = "hunter2"\n', '\n[b]\nc = 1\n', '']),
      lines('--- /x', '+++ /x', '@@ -1,0 +2,3 @@', '+', '+[b]', '+c = 1'),
    );
    assert.equal(
      diff(['{\n  "k": {"t": "hunter2"}', ',\n  "b": 1', '\n}\n']),
      lines('--- /x', '+++ /x', '@@ -2,1 +2,2 @@', '-…}', '+…},', '+  "b": 1'),
    );
    assert.equal(
      diff(['{"t": "hunter2", "s": {}', ',"b": 1', ', "u": "hunter2"}'], { adds: false }),
      lines('--- /x', '+++ /x', '@@ -1,1 +1,1 @@', '-… {},"b": 1, …', '+… {}, …'),
    );
    assert.equal(
      diff(['a = "hunter2"', '\n\n[b]\n', '']),
      lines('--- /x', '+++ /x', '@@ -1,0 +2,2 @@', '+', '+[b]'),
    );
    assert.equal(
      diff(['', '{\r\n\t"a": 1\r\n}\r\n', ''], { isAlone: true }),
      lines('--- /dev/null', '+++ /x', '@@ -0,0 +1,3 @@', '+{', '+  "a": 1', '+}'),
    );
    assert.equal(
      diff(['', 'a\n', ''], { isAlone: true, adds: false }),
      lines('--- /x', '+++ /dev/null', '@@ -1,1 +0,0 @@', '-a'),
    );
  });
});

describe('the question before a change', () => {
  it('is answered by yes alone', async () => {
    for (const [typed, yes] of [
      ['y\n', true],
      ['Yes \n', true],
      ['\n', false],
      ['no\ny\n', false],
      ['yep\n', false],
      ['', false],
    ] as const) {
      const [from, to] = [new PassThrough(), new PassThrough()];
      const answer = isYes('So? ', from, to);
      from.end(typed);
      assert.equal(await answer, yes, typed);
      assert.equal(String(to.read()), 'So? ');
    }
  });
});
