import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { confirmPerson } from './confirmation.ts';

const act = { lines: ['Makes a token \u001b[2Jfor ci.'], command: 'signalbox token create' };

/** What was asked, the number in it, and what became of it when `typed` was answered. */
const asked = async (typed: (number: string) => string | undefined) => {
  const [from, to] = [new PassThrough(), new PassThrough()];
  const confirming = confirmPerson(act, { from, to, isTerminal: true });
  let text = '';
  let number: string | undefined;
  while (number === undefined) {
    await once(to, 'readable');
    text += String(to.read() ?? '');
    number = /Type (\d{4}) /.exec(text)?.[1];
  }
  const line = typed(number);
  if (line === undefined) from.end();
  else from.write(line);
  return { outcome: await confirming, number, text };
};

describe('AC17: what needs a person', () => {
  it('is done when the number that was shown is typed', async () => {
    assert.deepEqual((await asked((number) => `${number}\n`)).outcome, { ok: true, value: true });
    assert.deepEqual((await asked((number) => ` ${number} \r\n`)).outcome, { ok: true, value: true });
  });

  it('says first what is to be done, without what could steer the terminal', async () => {
    const { text } = await asked(() => '\n');
    assert.match(text, /^Makes a token .*for ci\.\nType \d{4} to do this/);
    assert.ok(!text.includes('\u001b'));
  });

  it('is refused when anything else is typed', async () => {
    const typed = [
      () => '\n',
      () => 'y\n',
      () => 'yes\n',
      () => undefined,
      (number: string) => `${number}0\n`,
      (number: string) => `${(Number(number) + 1) % 10_000}\n`,
      (number: string) => `no\n${number}\n`,
    ];
    for (const one of typed) {
      const { outcome } = await asked(one);
      assert.ok(!outcome.ok);
      assert.equal(outcome.code, 'forbidden');
      assert.match(outcome.message, /Nothing was done\. Run it again: signalbox token create$/);
    }
  });

  it('is asked with another number each time', async () => {
    const numbers = new Set<string>();
    // That twenty draws of ten thousand are the same has a chance of 1 in 10^76.
    for (let i = 0; i < 20; i += 1) numbers.add((await asked(() => '\n')).number);
    assert.ok(numbers.size > 1);
  });

  it('is refused, and nothing asked, where there is no terminal', async () => {
    const [from, to] = [new PassThrough(), new PassThrough()];
    const outcome = await confirmPerson(act, { from, to, isTerminal: false });
    assert.ok(!outcome.ok);
    assert.equal(outcome.code, 'forbidden');
    assert.deepEqual(outcome.details, { needs: 'person' });
    assert.match(outcome.message, /in a terminal: signalbox token create$/);
    assert.equal(to.read(), null);
  });
});
