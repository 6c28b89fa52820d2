/* Tokens that say nothing themselves: their issuer is asked. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, describe, it } from 'node:test';
import { plainSecret } from './plain-secret.ts';
import { hourMs } from '../../src/kernel/instants.ts';
import { valueIn } from '../surfaces/serving.ts';
import { type Answering, audience, gateFor, json, startIssuer } from './issuer.ts';

const client = { clientId: 'hub:1', clientSecret: plainSecret('a secret&') };

/** An issuer that says this of each token, and notes what it was shown. */
const opened = async (context: TestContext, told: Readonly<Record<string, unknown>> = {}) => {
  const issuer = await startIssuer(context);
  const shown: { readonly authorization: string | undefined; readonly body: string }[] = [];
  let said: Readonly<Record<string, unknown>> = {
    active: true,
    sub: 'u1',
    aud: audience,
    groups: ['dev'],
    username: 'ada',
    ...told,
  };
  const answer: Answering = ({ headers }, response, body) => {
    shown.push({ authorization: headers.authorization, body });
    json(response, said);
  };
  issuer.at.set('/introspect', answer);
  const say = (more: Readonly<Record<string, unknown>>): void => {
    said = { ...said, ...more };
  };
  return { issuer, shown, say, ...gateFor(issuer, { settings: { introspection: client } }) };
};

describe('an opaque token', () => {
  it('lets in whom the issuer names, in the same name as a JWT does', async (t) => {
    const { issuer, show, shown } = await opened(t);
    const opaque = valueIn(await show('opaque'));
    const signed = valueIn(await show(await issuer.sign()));
    const { until, standing, ...rest } = signed;
    assert.deepEqual({ ...opaque, until, standing }, { ...rest, until, standing });
    const left = (opaque.standing?.leftMs() ?? Infinity) - hourMs;
    assert.ok(left <= 0, 'nothing lasts without an end that the provider has not said');
    const credentials = Buffer.from('hub%3A1:a+secret%26').toString('base64');
    assert.deepEqual(shown, [
      { authorization: `Basic ${credentials}`, body: 'token=opaque&token_type_hint=access_token' },
    ]);
  });

  it('of a program without a subject is that of a service', async (t) => {
    const { show } = await opened(t, { sub: undefined, client_id: 'ci' });
    assert.equal(valueIn(await show('opaque')).kind, 'service');
  });

  it('that was revoked is believed for a minute at most', async (t) => {
    const { why, clock, say, shown } = await opened(t);
    assert.equal(await why('opaque'), 'admitted');
    say({ active: false });
    clock.advance(59_999);
    assert.equal(await why('opaque'), 'admitted');
    assert.equal(shown.length, 1);
    clock.advance(1);
    assert.match(await why('opaque'), /^unauthenticated .*does not hold, or no longer/);
  });

  it('is never believed beyond its end', async (t) => {
    const end = Math.floor(Date.now() / 1_000) + 10;
    const { why, clock, say } = await opened(t, { exp: end });
    assert.equal(await why('opaque'), 'admitted');
    say({ active: false });
    clock.advance(10_000);
    assert.match(await why('opaque'), /does not hold/);
  });
});

describe('an opaque token of which the issuer says something else', () => {
  const wrong: readonly Readonly<Record<string, unknown>>[] = [
    { active: false },
    { active: 'true' },
    { iss: 'https://other.example.com' },
    { aud: undefined },
    { aud: 'https://other.example.com' },
    { exp: 1 },
    { nbf: 99_999_999_999 },
    { cnf: { jkt: 'x' } },
    { token_type: 'DPoP' },
    { token_type: 'refresh_token' },
    { sub: undefined },
  ];
  for (const more of wrong)
    it(`does not hold with ${JSON.stringify(more)}${'aud' in more ? ' as its audience' : ''}`, async (t) => {
      const { why } = await opened(t, more);
      assert.match(await why('opaque'), /^unauthenticated /);
    });

  it('is judged by nobody while the issuer does not answer as it should', async (t) => {
    const { issuer, why } = await opened(t);
    const answers: readonly Answering[] = [
      (_request, response) => json(response, {}, 401),
      (_request, response) => response.end('<html>'),
      (_request, response) => json(response, { active: true, sub: 1 }),
      (_request, response) => response.destroy(),
    ];
    for (const answer of answers) {
      issuer.at.set('/introspect', answer);
      assert.match(await why('opaque'), /^overloaded /);
    }
  });
});

describe('an opaque token that nobody has seen before', () => {
  it('AC41 is asked about for a network that guesses, as often as all may, and for who has had a good one', async (t) => {
    const { why, say, shown, clock } = await opened(t);
    assert.equal(await why('good', '10.0.0.1'), 'admitted');
    say({ active: false });
    const told = new Map<string | undefined, number>();
    for (let i = 0; i < 100; i += 1) {
      const [code] = (await why(`guess${i}`, '10.0.0.1')).split(' ');
      told.set(code, (told.get(code) ?? 0) + 1);
      if (i < 30) clock.advance(50);
    }
    // Twenty fail, then it is told to wait; without time in between, half of a second's questions are left to others.
    assert.deepEqual(
      [...told],
      [
        ['unauthenticated', 20],
        ['rate_limited', 19],
        ['overloaded', 61],
      ],
    );
    assert.equal(shown.length, 1 + 39);
    say({ active: true });
    assert.equal(await why('fresh', '10.0.0.2'), 'admitted', 'whom nobody has guessed beside');
    assert.equal(await why('good', '10.0.0.1'), 'admitted');
    assert.match(await why('fresh1', '10.0.0.1'), /^overloaded .*in a second/);
    clock.advance(100);
    assert.equal(await why('fresh1', '10.0.0.1'), 'admitted', 'among those who guess');
  });

  it('AC41 is asked about twenty times at once at most, and of those who guess ten times', async (t) => {
    const { why, issuer, clock } = await opened(t, { active: false });
    for (let i = 0; i < 21; i += 1) {
      await why(`guess${i}`, '10.0.0.1');
      clock.advance(1_000);
    }
    const waiting: ServerResponse[] = [];
    const come = Promise.withResolvers<void>();
    issuer.at.set('/introspect', (_request, response) => {
      if (waiting.push(response) === 20) come.resolve();
    });
    const guesses = Array.from({ length: 30 }, (_, i) => why(`more${i}`, '10.0.0.1'));
    const others = Array.from({ length: 30 }, (_, i) => why(`other${i}`, '10.0.0.2'));
    await come.promise;
    for (const response of waiting)
      json(response, { active: true, sub: 'u1', aud: audience, groups: ['dev'] });
    const admitted = async (all: readonly Promise<string>[]): Promise<number> =>
      (await Promise.all(all)).filter((one) => one === 'admitted').length;
    assert.deepEqual([await admitted(guesses), await admitted(others)], [10, 10]);
    clock.advance(1_000);
    issuer.at.set('/introspect', (_request, response) => json(response, { active: false }));
    assert.match(
      await why('later', '10.0.0.2'),
      /^unauthenticated /,
      'what was answered is not under way any more',
    );
  });
});
