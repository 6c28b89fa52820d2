/* An identity provider, a token or a name server that leads the hub somewhere else, or keeps it waiting. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type LookupFunction, type Socket, createServer } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { askProvider } from '../../../src/host/access/oauth/ask-provider.ts';
import { type Answering, type Issuer, gateFor, json, startIssuer } from '../../oauth/issuer.ts';
import { plainSecret } from '../../oauth/plain-secret.ts';
import { type Attack, together } from '../harness/attack.ts';
import type { Range } from '../harness/range.ts';

const discovery = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];
const settings = { introspection: { clientId: 'hub', clientSecret: plainSecret('a secret of the hub') } };

/** Counts who comes, whatever they speak. */
const openTrap = async (range: Range) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {}).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  range.onEnd(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const bound = server.address();
  assert(bound !== null && typeof bound === 'object');
  return { port: bound.port, visits: () => sockets.length };
};

const issuerOf = (range: Range): Promise<Issuer> =>
  startIssuer({ after: (end) => range.onEnd(async () => end()) });

/** What the hub says to a JWT and to an opaque token: why, without what differs from run to run. */
const refusedAs = async (said: Promise<string>, expected: RegExp): Promise<string> => {
  const text = await said;
  const [why] = expected.exec(text) ?? [];
  assert(why !== undefined, text);
  return `${text.split(' ')[0]}: ${why}`;
};

/** `PORT` is that of the trap. */
const places: Readonly<Record<string, string>> = {
  'the metadata service of a cloud': 'http://169.254.169.254/latest/meta-data/iam/',
  'the metadata service of a cloud by TLS': 'https://169.254.169.254/latest/meta-data/iam/',
  'another port of this machine': 'http://127.0.0.1:PORT/jwks',
  'another port of this machine by TLS': 'https://127.0.0.1:PORT/jwks',
  'this machine by its name': 'https://localhost:PORT/jwks',
  'this machine as a number': 'https://2130706433:PORT/jwks',
  'this machine as version 4 in version 6': 'https://[::ffff:127.0.0.1]:PORT/jwks',
  'a private network': 'https://10.0.0.1/jwks',
  'file:': 'file:///etc/passwd',
  'gopher:': 'gopher://127.0.0.1:PORT/_GET%20/',
  'ftp:': 'ftp://127.0.0.1:PORT/jwks',
  'data:': 'data:application/json,{"keys":[]}',
  'a name and a password': 'https://user:pass@127.0.0.1:PORT/jwks',
  'a host behind what looks like another': 'https://login.example.com@127.0.0.1:PORT/jwks',
};

const placeAttacks: readonly Attack[] = Object.entries(places).map(([what, place]) => ({
  name: `metadata of an identity provider that leads to ${what}`,
  run: async (range) => {
    const issuer = await issuerOf(range);
    const trap = await openTrap(range);
    const address = place.replace('PORT', String(trap.port));
    issuer.say({ jwks_uri: address, introspection_endpoint: address });
    const { why } = gateFor(issuer, { settings });
    const expected =
      /which is not https|neither its own host nor one on the public network|no plain address|its keys cannot be used/;
    const stopped = [
      await refusedAs(why(await issuer.sign()), expected),
      await refusedAs(why('opaque'), expected),
    ];
    assert.equal(trap.visits(), 0);
    return `${together(stopped)}; nobody came`;
  },
}));

const publicIssuer: Attack = {
  name: 'this machine and private networks, named by a provider on the public network',
  run: async (range) => {
    const trap = await openTrap(range);
    const ask = askProvider({ issuer: 'https://login.example.com', timeoutMs: 1_000, answerBytesMax: 1_000 });
    for (const place of Object.values(places)) {
      const answer = await ask(place.replace('PORT', String(trap.port)));
      assert.equal(answer.ok ? 'asked' : answer.code, 'overloaded', place);
    }
    assert.equal(trap.visits(), 0);
    return 'overloaded; nobody came';
  },
};

const redirects: readonly Attack[] = [301, 302, 303, 307, 308].map((status) => ({
  name: `a redirect (${status}) of metadata, keys and introspection`,
  run: async (range) => {
    const issuer = await issuerOf(range);
    const trap = await openTrap(range);
    const location = `http://127.0.0.1:${trap.port}/x`;
    const redirect: Answering = (_request, response) =>
      response.writeHead(status, { location, refresh: `0; url=${location}` }).end();
    const answers = new RegExp(`answers ${status}`);
    issuer.at.set('/jwks', redirect).set('/introspect', redirect);
    const { why } = gateFor(issuer, { settings });
    const stopped = [
      await refusedAs(why(await issuer.sign()), answers),
      await refusedAs(why('opaque'), answers),
    ];
    for (const path of discovery) issuer.at.set(path, redirect);
    stopped.push(await refusedAs(gateFor(issuer).why(await issuer.sign()), answers));
    assert.equal(trap.visits(), 0);
    return `${together(stopped)}; nobody came`;
  },
}));

const tokenKeys: Attack = {
  name: 'a JWT that brings its own key, or leads to it, where there is a provider (jwk, jku, x5u, x5c, kid)',
  run: async (range) => {
    const issuer = await issuerOf(range);
    const trap = await openTrap(range);
    const there = `http://127.0.0.1:${trap.port}`;
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    issuer.at.set('/evil', (_request, response) => json(response, { keys: [{ ...jwk, kid: 'evil' }] }));
    const { why } = gateFor(issuer, { settings });
    const stopped: string[] = [];
    for (const way of [
      { jwk },
      { jku: `${there}/jwks`, kid: 'evil' },
      { jku: `${issuer.issuer}/evil`, kid: 'evil' },
      { x5u: `${there}/x5u`, kid: 'first' },
      { x5c: ['AAAA'], kid: 'first' },
      { kid: `${there}/kid` },
      { kid: '../../../../etc/passwd' },
    ]) {
      const header = { alg: 'ES256', typ: 'at+jwt', ...way };
      const token = new SignJWT(issuer.claims()).setProtectedHeader(header).sign(privateKey);
      stopped.push(await refusedAs(why(await token), /does not hold/));
    }
    assert.deepEqual([trap.visits(), issuer.asked.includes('/evil')], [0, false]);
    assert.equal(await why(await issuer.sign()), 'admitted', 'one with its real key holds');
    return `${together(stopped)}; nobody came`;
  },
};

const names: Attack = {
  name: 'public names that name servers say are inside, alone or among others',
  run: async (range) => {
    const trap = await openTrap(range);
    const told: Readonly<Record<string, readonly string[]>> = {
      'inside.example': ['127.0.0.1'],
      'cloud.example': ['169.254.169.254'],
      'mixed.example': ['8.8.8.8', '127.0.0.1'],
      'six.example': ['::1'],
      'mapped.example': ['::ffff:127.0.0.1'],
      'none.example': [],
      'login.example': ['127.0.0.1'],
    };
    const looked: string[] = [];
    const lookup: LookupFunction = (host, _options, done) => {
      looked.push(host);
      const found = told[host] ?? [];
      done(
        null,
        found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    };
    const issuer = `https://login.example:${trap.port}`;
    const ask = askProvider({ issuer, timeoutMs: 1_000, answerBytesMax: 1_000, lookup });
    const others = Object.keys(told).filter((host) => host !== 'login.example');
    for (const host of others) {
      const answer = await ask(`https://${host}:${trap.port}/jwks`);
      assert.match(
        answer.ok ? '' : answer.message,
        /neither its own host nor one on the public network/,
        host,
      );
    }
    assert.deepEqual(looked, others, 'each is looked up once, and what was found is what is connected to');
    assert.equal(trap.visits(), 0);
    await ask(`${issuer}/jwks`);
    assert.equal(trap.visits(), 1, 'the trap is there for the host that was configured');
    return 'overloaded: neither its own host nor one on the public network; nobody came';
  },
};

/** What a provider sends in place of an answer; the first byte is written when the question is there. */
const hostile: Readonly<Record<string, readonly [string | undefined, RegExp]>> = {
  never: [undefined, /aborted due to timeout/],
  'a head without a body': ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', /aborted due to timeout/],
  'more than it may': [`HTTP/1.1 200 OK\r\n\r\n${'a'.repeat(300_000)}`, /longer than 262144 bytes/],
  'another protocol (101)': [
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    /changes the protocol/,
  ],
  'that it will go on (100), and nothing': ['HTTP/1.1 100 Continue\r\n\r\n', /aborted due to timeout/],
  'no HTTP': ['SSH-2.0-OpenSSH_9.6\r\n', /Parse Error/],
  'a head without end': [`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(100_000)}`, /Parse Error/],
};

const answers: readonly Attack[] = Object.entries(hostile).map(([what, [bytes, expected]]) => ({
  name: `a provider that answers ${what}`,
  run: async (range) => {
    const issuer = await issuerOf(range);
    const send: Answering = ({ socket }) => void (bytes !== undefined && socket.write(bytes));
    const { why, clock } = gateFor(issuer, { settings, limits: { timeoutMs: 200 } });
    for (const path of ['/jwks', '/introspect', ...discovery]) issuer.at.set(path, send);
    const stopped = [await refusedAs(why(await issuer.sign()), expected)];
    for (const path of discovery) issuer.at.delete(path);
    clock.advance(5_000);
    stopped.push(
      await refusedAs(why(await issuer.sign()), /cannot be asked now/),
      await refusedAs(why('opaque'), expected),
    );
    issuer.at.clear();
    clock.advance(5_000);
    assert.equal(await why(await issuer.sign()), 'admitted', 'once it answers, it is believed again');
    return together(stopped);
  },
}));

export const oauthAttacks: readonly Attack[] = [
  ...placeAttacks,
  publicIssuer,
  ...redirects,
  tokenKeys,
  names,
  ...answers,
];
