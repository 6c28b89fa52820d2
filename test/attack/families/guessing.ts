/* Tokens that were never given out, or no longer hold. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { type Attack, type Family, refusedBy, together } from '../harness/attack.ts';
import type { Range } from '../harness/range.ts';
import type { WireAnswer } from '../harness/wire.ts';

const target = '/v1/operations/task_list';

/** Each attacker comes from a network of its own: all of 127.0.0.0/8 is this machine, and failures are counted by address. */
let networks = 0;
const elsewhere = (): string => {
  networks += 1;
  return `127.77.${Math.floor(networks / 250)}.${1 + (networks % 250)}`;
};

interface Shown {
  readonly headers?: readonly string[];
  readonly query?: string;
  readonly body?: string;
  readonly from?: string;
}

const show = (
  range: Range,
  { headers = [], query = '', body = '{}', from = elsewhere() }: Shown,
): Promise<WireAnswer> => range.ask({ method: 'POST', target: `${target}${query}`, headers, body, from });

const bearer = (text: string): readonly string[] => [`Authorization: Bearer ${text}`];
const newToken = (): string => `sbx_${randomBytes(32).toString('base64url')}`;

const unknown = (answer: WireAnswer): string =>
  refusedBy(
    answer,
    'unauthenticated',
    /^This hub does not know this token\. Send one that it made: [^0-9]*$/,
  );
const noToken = (answer: WireAnswer): string => refusedBy(answer, 'unauthenticated', /no token of this hub/);
const nothing = (answer: WireAnswer): string => refusedBy(answer, 'unauthenticated', /the call does not say/);

const swapCase = (text: string): string =>
  text.replaceAll(/[a-z]/gi, (letter) =>
    /[a-z]/.test(letter) ? letter.toUpperCase() : letter.toLowerCase(),
  );

const changedAt = (token: string, at: number): string => {
  const other = token[at] === 'A' ? 'E' : 'A';
  return `${token.slice(0, at)}${other}${token.slice(at + 1)}`;
};

const each = (
  name: string,
  tokensOf: (range: Range) => readonly string[],
  refused: (answer: WireAnswer) => string,
): Attack => ({
  name,
  run: async (range) => {
    const answers = await Promise.all(
      tokensOf(range).map((token) => show(range, { headers: bearer(token) })),
    );
    return together(answers.map(refused));
  },
});

const spellings = (token: string): readonly string[] => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet
    .split('')
    .map((last) => `${token.slice(0, -1)}${last}`)
    .filter((one) => one !== token);
};

const shapes: readonly Attack[] = [
  each('200 tokens drawn at random', () => Array.from({ length: 200 }, newToken), unknown),
  each(
    'the true token with one character changed, at each of its 43 places',
    ({ token }) => Array.from({ length: 43 }, (_, i) => changedAt(token, 4 + i)),
    unknown,
  ),
  each(
    'the true token with any other last character, as base64 has four spellings of it',
    ({ token }) => spellings(token),
    (answer) => (answer.message?.includes('does not know') === true ? unknown(answer) : noToken(answer)),
  ),
  each(
    'the beginnings of the true token',
    ({ token }) => [5, 20, 40, 46].map((end) => token.slice(0, end)),
    noToken,
  ),
  each(
    'the true token and more',
    ({ token }) => ['A', '=', '.', '%00', `,${token}`].map((more) => `${token}${more}`),
    noToken,
  ),
  each(
    'the true token in other letters',
    ({ token }) => [`sbx_${swapCase(token.slice(4, -1))}${token.slice(-1)}`],
    unknown,
  ),
  each(
    'the true token behind another prefix',
    ({ token }) => [
      `SBX_${token.slice(4)}`,
      `sbx-${token.slice(4)}`,
      token.slice(4),
      `sbx_sbx_${token.slice(4)}`,
    ],
    noToken,
  ),
  each('the true token in quotes', ({ token }) => [`"${token}"`, `'${token}'`, `<${token}>`], noToken),
  each(
    'standard base64 instead of that of addresses',
    () => [`sbx_${'+'.repeat(43)}`, `sbx_${'/'.repeat(43)}`],
    noToken,
  ),
  each(
    'the hash by which the journal knows the token',
    ({ token }) => {
      const bytes = createHash('sha256')
        .update(Buffer.from(token.slice(4), 'base64url'))
        .digest();
      return [`sbx_${bytes.toString('base64url')}`];
    },
    unknown,
  ),
  each(
    'words instead of a token',
    () => ['null', 'undefined', 'true', 'owner', 'admin', '*', '[object_Object]'],
    noToken,
  ),
];

const inHeader = (
  name: string,
  headersOf: (token: string) => readonly string[],
  refused: (answer: WireAnswer) => string,
): Attack => ({
  name,
  run: async (range) => refused(await show(range, { headers: headersOf(range.token) })),
});

const places: readonly Attack[] = [
  inHeader('no header at all', () => [], nothing),
  inHeader('an empty header', () => ['Authorization:'], noToken),
  inHeader('the scheme alone', () => ['Authorization: Bearer'], noToken),
  inHeader('the token without a scheme', (token) => [`Authorization: ${token}`], noToken),
  inHeader(
    'the scheme Basic',
    (token) => [`Authorization: Basic ${Buffer.from(`owner:${token}`).toString('base64')}`],
    noToken,
  ),
  inHeader('the scheme Token', (token) => [`Authorization: Token ${token}`], noToken),
  inHeader('the scheme twice', (token) => [`Authorization: Bearer Bearer ${token}`], noToken),
  inHeader(
    'two tokens in one header',
    (token) => [`Authorization: Bearer ${newToken()}, Bearer ${token}`],
    noToken,
  ),
  inHeader(
    'a wrong header before a right one',
    (token) => [...bearer(newToken()), ...bearer(token)],
    unknown,
  ),
  inHeader('the header of a proxy', (token) => [`Proxy-Authorization: Bearer ${token}`], nothing),
  inHeader(
    'headers that others use',
    (token) => ['X-Api-Key', 'X-Auth-Token', 'Token'].map((name) => `${name}: ${token}`),
    nothing,
  ),
  inHeader('a cookie', (token) => [`Cookie: token=${token}; access_token=${token}`], nothing),
  {
    name: 'the address',
    run: async (range) =>
      together(
        await Promise.all(
          ['access_token', 'token', 'authorization'].map(async (name) =>
            nothing(await show(range, { query: `?${name}=${range.token}` })),
          ),
        ),
      ),
  },
  {
    name: 'the body',
    run: async (range) => nothing(await show(range, { body: JSON.stringify({ access_token: range.token }) })),
  },
  {
    name: 'a name and a password in the request line',
    run: async (range) => {
      const line = `http://owner:${range.token}@127.0.0.1:${range.port}${target}`;
      const answer = await range.ask({ method: 'POST', target: line, body: '{}', from: elsewhere() });
      return refusedBy(answer, 'route_unknown', /Nothing is served/).slice(0, 17);
    },
  },
];

const flood: Attack = {
  name: 'a hundred guesses a second from one network',
  run: async (range) => {
    const from = elsewhere();
    const answers: WireAnswer[] = [];
    for (let i = 0; i < 100; i += 1) answers.push(await show(range, { headers: bearer(newToken()), from }));
    const limited = answers.slice(20);
    assert(answers.slice(0, 20).every(({ code }) => code === 'unauthenticated'));
    assert(limited.every(({ head }) => /^retry-after: \d+\r?$/im.test(head)));
    return `from the 21st on ${together(limited.map((answer) => refusedBy(answer, 'rate_limited', /./).slice(0, 16)))}, with Retry-After`;
  },
};

const lockout: Attack = {
  name: 'failing on purpose, so that others of the same network are kept out',
  run: async (range) => {
    const from = elsewhere();
    for (let i = 0; i < 40; i += 1) await show(range, { headers: bearer(newToken()), from });
    const answer = await show(range, { headers: bearer(range.token), from });
    assert.equal(answer.status, 200, answer.text);
    const other = await show(range, { headers: bearer(newToken()) });
    return `who shows a good token gets in all the same; another network hears ${unknown(other).slice(0, 19)}`;
  },
};

/** Whether a token is known of old is told only to who has it. */
const oracle: Attack = {
  name: 'telling a token that once was good from one that never was',
  run: async (range) => {
    const { id, token } = await range.tokenFor({ label: 'old' });
    await range.must('token_revoke', { id });
    const told = await show(range, { headers: bearer(token) });
    refusedBy(told, 'unauthenticated', /was revoked/);
    const near = await show(range, { headers: bearer(changedAt(token, 20)) });
    const far = await show(range, { headers: bearer(newToken()) });
    assert.equal(near.message, far.message);
    assert.equal(near.head.replaceAll(/^date:.*$/gim, ''), far.head.replaceAll(/^date:.*$/gim, ''));
    return `one and the same answer to all but the token itself: ${unknown(near)}`;
  },
};

/** A token that once was good, and how it stopped to be. */
const gone = (name: string, end: (range: Range) => Promise<string>, says: RegExp): Attack => ({
  name,
  run: async (range) => {
    const token = await end(range);
    const answer = await show(range, { headers: bearer(token) });
    return refusedBy(answer, 'unauthenticated', says)
      .replaceAll(/tk_\w+/g, 'tk_…')
      .replaceAll(/\d+ s ago/g, '… ago');
  },
});

const ended: readonly Attack[] = [
  gone(
    'a token that was revoked',
    async (range) => {
      const { id, token } = await range.tokenFor({});
      await range.must('token_revoke', { id });
      return token;
    },
    /was revoked/,
  ),
  gone(
    'the secret that a token had before it was refreshed',
    async (range) => {
      const { id, token } = await range.tokenFor({});
      await range.must('token_refresh', { id });
      return token;
    },
    /./,
  ),
  gone(
    'a token of somebody who was removed',
    async (range) => {
      const token = await range.principal('gone');
      await range.must('principal_remove', { name: 'gone' });
      return token;
    },
    /./,
  ),
  gone(
    'that token, after somebody tried to get the same name',
    async (range) => {
      const token = await range.principal('twice');
      await range.must('principal_remove', { name: 'twice' });
      const { status } = await range.call('principal_add', { name: 'twice', kind: 'person', role: 'worker' });
      assert.equal(status, 409);
      return token;
    },
    /./,
  ),
];

export const guessing: Family = {
  name: 'token guessing',
  aim: 'to be let in without a token that holds, or to learn which tokens there are.',
  control: {
    name: 'the true token, from the networks of the attackers too',
    run: async (range) => {
      assert.equal((await show(range, { headers: bearer(range.token) })).status, 200);
      assert.equal((await show(range, { headers: [`authorization: bearer ${range.token}`] })).status, 200);
      return '200';
    },
  },
  attacks: [...shapes, ...places, flood, lockout, oracle, ...ended],
};
