import assert from 'node:assert/strict';
import test from 'node:test';
import { findInCode, lineAt, scan } from './scan.ts';

const words = (source: string): readonly string[] => findInCode(scan(source), /\w+/g).map(({ text }) => text);

test('comments are set apart from the code, and nothing moves', () => {
  const source = 'a; // b\n/* c\nd */ e;';
  const { code, comments } = scan(source);
  assert.equal(code, 'a;     \n    \n     e;');
  assert.deepEqual(
    comments.map(({ text }) => text),
    ['// b', '/* c\nd */'],
  );
});

test('a quote inside a comment begins no string, a comment mark inside a string begins no comment', () => {
  assert.deepEqual(words("a // it's\nb"), ['a', 'b']);
  assert.deepEqual(words("f('http://x', g) // y"), ['f', 'g']);
});

test('escaped quotes stay inside the string', () => {
  const { strings } = scan('f(\'it\\\'s\', "b\\"c")');
  assert.deepEqual(
    strings.map(({ text }) => text),
    ["it\\'s", 'b\\"c'],
  );
});

test('code inside a template is code, its text is not, nested templates and braces included', () => {
  const source = 'x(`one ${two({ three: `four ${five}` })} six`, seven)';
  assert.deepEqual(words(source), ['x', 'two', 'three', 'five', 'seven']);
  assert.deepEqual(
    scan(source).strings.map(({ text }) => text),
    ['one ', 'four ', '', ' six'],
  );
});

test('regular expressions are blanked, divisions are not', () => {
  assert.deepEqual(words('a.replace(/b"[/c]/g, d)'), ['a', 'replace', 'd']);
  assert.deepEqual(words('a / b / c'), ['a', 'b', 'c']);
  assert.deepEqual(words('return /x`/.test(y)'), ['return', 'test', 'y']);
  assert.deepEqual(words('(a) / b; // "c'), ['a', 'b']);
});

test('an unfinished string or comment ends the scan instead of hanging it', () => {
  assert.deepEqual(words("a 'b\nc"), ['a', 'c']);
  assert.deepEqual(words('a /* b'), ['a']);
  assert.deepEqual(words('a `b ${c'), ['a', 'c']);
});

test('a line number counts from one', () => {
  assert.equal(lineAt('a\nb\nc', 0), 1);
  assert.equal(lineAt('a\nb\nc', 4), 3);
});
