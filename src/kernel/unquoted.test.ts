import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { unquoted } from './unquoted.ts';

const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof Error) return thrown.message;
  }
  return assert.fail('it throws');
};

it('a message of an error keeps nothing of what it quotes', () => {
  const canary = 'zqcanary';
  for (const text of [canary, `{"a":${canary}}`, `{"a":"${canary}" "b":1}`, `'"${canary}`, `{"${canary}`])
    assert.doesNotMatch(unquoted(messageOf(() => JSON.parse(text))), /zq|canary/);
  assert.equal(unquoted(`no answer to: {"id":1,"result":{"a":"it's ${canary}"}}`), 'no answer to: {"…"}}');
  assert.equal(
    unquoted("Cannot read properties of undefined (reading 'x')"),
    'Cannot read properties of undefined (reading "…")',
  );
});

it('a message without quotes stays as it is', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const plain = text.replaceAll(/["'`]/g, '');
      assert.equal(unquoted(plain), plain);
    }),
  );
  assert.equal(unquoted("it wasn't there"), "it wasn't there");
});
