import assert from 'node:assert/strict';
import { it } from 'node:test';
import { commandsIn, textsOf } from './shell-blocks.ts';

const textsIn = (...lines: readonly string[]): readonly string[] =>
  commandsIn(lines.join('\n')).map(({ text }) => text);

it('finds each command of a line, without comments', () => {
  assert.deepEqual(textsIn('x', '```sh', 'a b && c   # d && e', '', '# f', '```', 'y'), ['a b', 'c']);
});

it('leaves quoted text alone', () => {
  const command = `curl x -d '{"a": "b && c # d"}' "e \\" # f"`;
  assert.deepEqual(textsIn('```sh', command, '```'), [command]);
});

it('joins what goes on in the next line, and says where it began', () => {
  assert.deepEqual(commandsIn(['```sh', 'a \\', '  b', 'c#d', '```'].join('\n')), [
    { text: 'a   b', line: 2 },
    { text: 'c#d', line: 4 },
  ]);
});

it('passes over blocks that hold no commands, and refuses those that might', () => {
  assert.deepEqual(textsIn('```json', '{}', '```', '```text', 'npm ci', '```'), []);
  for (const language of ['', 'bash', 'console']) {
    assert.throws(() => textsIn(`\`\`\`${language}`, 'npm ci', '```'), /a block of/);
  }
  assert.throws(() => textsIn('```sh', 'npm ci'), /no end/);
});

it('gives the text of every block of a language', () => {
  const document = ['```yaml', 'port: 1', '', 'host: x', '```', '```sh', 'a', '```', '```yaml', '```'].join(
    '\n',
  );
  assert.deepEqual(textsOf(document, 'yaml'), ['port: 1\n\nhost: x', '']);
  assert.deepEqual(textsOf(document, 'json'), []);
});
