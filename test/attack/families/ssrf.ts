/* Addresses that the hub would fetch. It fetches none but what its own settings name: no operation takes one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, globSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { operations } from '../../../src/areas/operations.ts';
import { Catalogue } from '../../../src/catalogue/catalogue.ts';
import { fieldsOf, typesOf } from '../../bad-input/fields.ts';
import { type Attack, type Family, tally } from '../harness/attack.ts';
import type { Range } from '../harness/range.ts';
import { oauthAttacks } from './ssrf-oauth.ts';

const catalogue = new Catalogue(operations);
const root = join(import.meta.dirname, '../../..');

/** Waits for whoever can be made to come. */
interface Trap {
  readonly url: string;
  readonly visits: string[];
}

const traps = new WeakMap<Range, Promise<Trap>>();

const trapOf = (range: Range): Promise<Trap> => {
  const before = traps.get(range);
  if (before !== undefined) return before;
  const made = openTrap(range);
  traps.set(range, made);
  return made;
};

const openTrap = async (range: Range): Promise<Trap> => {
  const visits: string[] = [];
  const server = createServer((request, response) => {
    visits.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  range.onEnd(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const bound = server.address();
  assert(bound !== null && typeof bound === 'object');
  return { url: `http://127.0.0.1:${bound.port}`, visits };
};

const urls = (url: string): readonly string[] => [
  `${url}/x`,
  `${url.replace('http:', '')}/x`,
  `git+${url}/x.git`,
  `http://user:pass@${url.slice(7)}/`,
  `[x](${url}/x)`,
  `<img src="${url}/x">`,
];

/** The fields that are called like an address, and those that may be one. */
const strings = catalogue.operations.flatMap((operation) =>
  fieldsOf(catalogue, operation)
    .filter((field) => typesOf(field).has('string'))
    .map((field) => ({ operation, field })),
);
const urlLike = strings.filter(({ field: { member, schema } }) =>
  /ur[il]|link|href|host|origin|remote|repositor|webhook|callback|endpoint/i.test(
    `${member} ${JSON.stringify(schema)}`,
  ),
);

const sendTo = async (range: Range, some: typeof strings): Promise<string> => {
  const { url, visits } = await trapOf(range);
  const { session } = await range.must('start', { agent: 'ada' });
  const words: string[] = [];
  for (const { operation, field } of some) {
    const headers: Record<string, string> =
      operation.person === true ? {} : { 'Signalbox-Session': String(session) };
    const answers = await Promise.all(
      urls(url).map((value) => range.call(operation.name, field.with(value), { headers })),
    );
    for (const { status, text } of answers) {
      assert(status < 500, text);
      words.push(status === 200 ? 'taken as text' : 'refused');
    }
  }
  await range.lives();
  assert.deepEqual(visits, []);
  return `${tally(words)}; nobody came to the address`;
};

const headerAttack: Attack = {
  name: 'addresses in headers that others fetch or forward to',
  run: async (range) => {
    const { url, visits } = await trapOf(range);
    const names = [
      'Referer',
      'X-Forwarded-Host',
      'X-Original-URL',
      'X-Rewrite-URL',
      'Destination',
      'Link',
      'Forwarded',
      'X-Callback-URL',
      'jku',
      'x5u',
    ];
    const answer = await range.ask({ target: '/health', headers: names.map((name) => `${name}: ${url}/x`) });
    assert.equal(answer.status, 200);
    assert.deepEqual(visits, []);
    return 'they are not looked at; nobody came';
  },
};

const tokenAttack: Attack = {
  name: 'a JWT that names where its keys are (jku, x5u, iss)',
  run: async (range) => {
    const { url, visits } = await trapOf(range);
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const jwt = `${part({ alg: 'RS256', jku: `${url}/jwks`, x5u: `${url}/x5u`, kid: `${url}/kid` })}.${part({ iss: url, sub: 'owner', aud: 'x' })}.${'A'.repeat(342)}`;
    const answer = await range.ask({
      method: 'POST',
      target: '/v1/operations/task_list',
      headers: [`Authorization: Bearer ${jwt}`],
      body: '{}',
    });
    assert.equal(answer.code, 'unauthenticated', answer.text);
    assert.deepEqual(visits, []);
    return '401 unauthenticated; nobody came';
  },
};

const proxyAttack: Attack = {
  name: 'a request as to a proxy',
  run: async (range) => {
    const { url, visits } = await trapOf(range);
    const answer = await range.ask({ target: `${url}/x`, headers: [range.authorization] });
    assert.equal(answer.code, 'route_unknown', answer.text);
    assert.deepEqual(visits, []);
    return '404 route_unknown; nobody came';
  },
};

/** Types alone open nothing. */
const opens =
  /^import (?!type\b)[^;]*from '(?:node:(?:http|https|http2|net|tls|dgram|dns)(?:\/promises)?|undici|jose)'|\bfetch\((?:['`]|url|address|new URL)|globalThis\.fetch/m;

/** Where the sources can open a connection at all. */
const senders: Attack = {
  name: 'any file of the sources that can open a connection',
  run: async () => {
    const files = globSync('src/**/*.ts', { cwd: root })
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => !/\.test\.ts$|\/testing\//.test(path))
      .filter((path) => opens.test(readFileSync(join(root, path), 'utf8')))
      .filter((path) =>
        /^src\/(?:areas|engine|kernel|journal|stores|followers|catalogue|surfaces\/mcp)\//.test(path),
      )
      // These know one server only, which the configuration of the hub names.
      .filter((path) => !/^src\/stores\/(?:postgres|redis)\//.test(path));
    assert.deepEqual(files, []);
    return 'none in what an operation runs (areas, engine, journal, stores, followers, catalogue, MCP) but the stores of the database that is configured';
  },
};

export const ssrf: Family = {
  name: 'SSRF',
  aim: 'the hub to fetch an address that the attacker chooses.',
  control: {
    name: 'the trap is there for who comes',
    run: async (range) => {
      const { url, visits } = await trapOf(range);
      await (await fetch(`${url}/hello`)).text();
      assert.deepEqual(visits.splice(0), ['GET /hello']);
      return 'it sees who comes';
    },
  },
  attacks: [
    {
      name: `fields that are called or described like an address (${urlLike.length})`,
      run: (range) => sendTo(range, urlLike),
    },
    { name: `all texts of all operations (${strings.length})`, run: (range) => sendTo(range, strings) },
    headerAttack,
    tokenAttack,
    proxyAttack,
    ...oauthAttacks,
    senders,
  ],
};
