/* A page of another site makes its visitor's browser call the hub. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { operations } from '../../../src/areas/operations.ts';
import { Catalogue } from '../../../src/catalogue/catalogue.ts';
import { type Attack, type Family, refusedBy, together } from '../harness/attack.ts';
import type { Range } from '../harness/range.ts';
import type { WireAnswer } from '../harness/wire.ts';

const names = new Catalogue(operations).operations.map(({ name }) => name);

const routerSource = readFileSync(join(import.meta.dirname, '../../../src/surfaces/http/router.ts'), 'utf8');

interface Route {
  readonly method: string;
  readonly target: string;
}

/** Every address that the router knows, as it stands in its table, and one of each kind that it finds by a prefix. */
const routes: readonly Route[] = [
  ...[...routerSource.matchAll(/\[(?:'(\/[^']*)'|mcpPath), \{((?: [A-Z]+: .*?,?)+) \}\]/g)].flatMap(
    ([, target = '/mcp', methods = '']) =>
      [...methods.matchAll(/\b(GET|HEAD|POST|PUT|PATCH|DELETE): /g)].map(([, method = '']) => ({
        method,
        target,
      })),
  ),
  { method: 'POST', target: '/mcp/full' },
  { method: 'GET', target: '/mcp/full' },
  { method: 'DELETE', target: '/mcp/full' },
];

const strangers: readonly (readonly [string, (port: number) => string])[] = [
  ['another site', () => 'https://evil.example'],
  ['null, as of a sandboxed frame or a file', () => 'null'],
  ['a name that begins with 127.0.0.1', (port) => `http://127.0.0.1.evil.example:${port}`],
  ['a name that ends with localhost', () => 'http://evil-localhost'],
  ['this hub as a user of another site', (port) => `http://127.0.0.1:${port}@evil.example`],
  ['another scheme', (port) => `file://127.0.0.1:${port}`],
  ['an extension of a browser', () => 'chrome-extension://abcdefghijklmnop'],
  ['two origins', (port) => `http://127.0.0.1:${port} https://evil.example`],
  ['two origins with a comma', (port) => `http://127.0.0.1:${port}, https://evil.example`],
  ['this hub with a path', (port) => `http://127.0.0.1:${port}/`],
  ['an empty one', () => ''],
];

const noCors = ({ head }: WireAnswer): void => assert.doesNotMatch(head, /^access-control-/im);

/** Does what it is told, and sees that no journal has moved. */
const unmoved = async (range: Range, work: () => Promise<string[]>): Promise<string> => {
  const before = await range.journals();
  const reasons = await work();
  assert.equal(await range.journals(), before);
  return together(reasons);
};

const perRoute = ({ method, target }: Route): Attack => ({
  name: `${method} ${target} from ${strangers.length} strange origins, with the owner's token`,
  run: (range) =>
    unmoved(range, async () => {
      const reasons: string[] = [];
      for (const [, originOf] of strangers) {
        const headers = [range.authorization, `Origin: ${originOf(range.port)}`];
        const answer = await range.ask({ method, target, headers });
        noCors(answer);
        if (method === 'HEAD') assert.equal(answer.status, 403);
        reasons.push(method === 'HEAD' ? '403' : refusedBy(answer, 'forbidden', /another site/));
      }
      return reasons;
    }),
});

interface Vector {
  readonly name: string;
  readonly headers: (range: Range) => readonly string[];
  readonly method?: string;
  readonly query?: string;
  readonly body?: string;
  readonly refused: (answer: WireAnswer) => string;
}

/** One way to call, tried on every operation. */
const perOperation = ({
  name,
  headers,
  method = 'POST',
  query = '',
  body = '{}',
  refused,
}: Vector): Attack => ({
  name: `every operation (${names.length}): ${name}`,
  run: (range) =>
    unmoved(range, async () => {
      const reasons: string[] = [];
      for (const operation of names) {
        const target = `/v1/operations/${operation}${query}`;
        const answer = await range.ask({ method, target, headers: headers(range), body });
        noCors(answer);
        reasons.push(refused(answer));
      }
      return reasons;
    }),
});

const ownOrigin = ({ port }: Range): string => `Origin: http://127.0.0.1:${port}`;
const wantsJson = (answer: WireAnswer): string => refusedBy(answer, 'invalid_input', /must send JSON/);
const wantsPost = (answer: WireAnswer): string => refusedBy(answer, 'method_not_allowed', /Use POST/);
const wantsToken = (answer: WireAnswer): string =>
  refusedBy(answer, 'unauthenticated', /Authorization|logged in/);
const strange = (answer: WireAnswer): string => refusedBy(answer, 'forbidden', /another site/);

const simpleTypes = ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain'];
const trickyTypes = [
  'text/plain; application/json',
  'application/jsonx',
  'text/json',
  'application/json,text/plain',
];
const overrides = ['X-HTTP-Method-Override: POST', 'X-HTTP-Method: POST', 'X-Method-Override: POST'];

const vectors: readonly Vector[] = [
  ...strangers.map(([name, originOf]) => ({
    name: `Origin is ${name}`,
    headers: (range: Range) => [
      range.authorization,
      'Content-Type: application/json',
      `Origin: ${originOf(range.port)}`,
    ],
    refused: strange,
  })),
  ...[...simpleTypes, ...trickyTypes].map((type) => ({
    name: `the hub's own Origin, and ${type}`,
    headers: (range: Range) => [range.authorization, ownOrigin(range), `Content-Type: ${type}`],
    refused: wantsJson,
  })),
  {
    name: 'another site, and a body without a type, which no browser asks about first',
    headers: (range) => [range.authorization, 'Origin: https://evil.example'],
    refused: strange,
  },
  {
    name: 'a form of another site in a browser that sends no Origin',
    headers: () => ['Sec-Fetch-Site: cross-site', 'Content-Type: application/x-www-form-urlencoded'],
    refused: strange,
  },
  {
    name: 'a cookie instead of a token',
    headers: ({ token }) => [`Cookie: token=${token}; signalbox=${token}; session=${token}`],
    refused: wantsToken,
  },
  ...overrides.map((header) => ({
    name: `GET with ${header}`,
    method: 'GET',
    headers: (range: Range) => [range.authorization, header],
    refused: wantsPost,
  })),
  {
    name: 'GET with ?_method=POST',
    method: 'GET',
    query: '?_method=POST',
    headers: (range) => [range.authorization],
    refused: wantsPost,
  },
  ...['GET', 'PUT', 'PATCH', 'DELETE'].map((method) => ({
    name: `${method} instead of POST`,
    method,
    headers: (range: Range) => [range.authorization],
    refused: wantsPost,
  })),
];

/** A browser asks so before it sends what a form could not: it needs a good status and a header that allows it. */
const preflight = (name: string, originOf: (port: number) => string): Attack => ({
  name: `a preflight of every address from ${name}`,
  run: async (range) => {
    const targets = new Set([...routes.map(({ target }) => target), '/v1/operations/task_add']);
    const reasons: string[] = [];
    for (const target of targets) {
      const headers = [
        `Origin: ${originOf(range.port)}`,
        'Access-Control-Request-Method: POST',
        'Access-Control-Request-Headers: authorization,content-type',
        'Access-Control-Request-Private-Network: true',
      ];
      const answer = await range.ask({ method: 'OPTIONS', target, headers });
      noCors(answer);
      assert([403, 405].includes(answer.status), `${target}: ${answer.status}`);
      reasons.push(`${answer.status} ${answer.code}, no Access-Control header`);
    }
    return together(reasons);
  },
});

/** Browsers say of what a page sends that it comes from another site, also where they send no origin. */
const publicReads: Attack = {
  name: 'GET from another site of what needs no token',
  run: async (range) => {
    for (const target of ['/', '/health', '/ready', '/openapi.json']) {
      const answer = await range.ask({
        target,
        headers: ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors'],
      });
      noCors(answer);
      refusedBy(answer, 'forbidden', /another site/);
    }
    return '403 forbidden, and no Access-Control header';
  },
};

export const crossSiteFamily: Family = {
  name: 'cross-site requests',
  aim: 'a page of another site to act with the rights of its visitor.',
  control: {
    name: "the same call from the hub's own origin, as JSON",
    run: async (range) => {
      assert(routes.length >= 14, 'the table of the router was read');
      const answer = await range.ask({
        method: 'POST',
        target: '/v1/operations/task_add',
        headers: [range.authorization, ownOrigin(range), 'Content-Type: application/json'],
        body: '{"title":"same site"}',
      });
      assert.equal(answer.status, 200, answer.text);
      noCors(answer);
      return '200, and a task is added';
    },
  },
  attacks: [
    ...routes.map(perRoute),
    ...vectors.map(perOperation),
    preflight('another site', () => 'https://evil.example'),
    preflight('the hub itself', (port) => `http://127.0.0.1:${port}`),
    publicReads,
  ],
};
