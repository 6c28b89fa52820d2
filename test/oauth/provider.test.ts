/* Whom the hub asks about tokens, and that nobody makes it ask anybody else. */
import assert from 'node:assert/strict';
import type { LookupFunction } from 'node:net';
import { describe, it } from 'node:test';
import { SignJWT } from 'jose';
import { askProvider } from '../../src/host/access/oauth/ask-provider.ts';
import { IssuerMetadata, placesOfMetadata } from '../../src/host/access/oauth/issuer-metadata.ts';
import { isPublicAddress } from '../../src/host/access/oauth/public-address.ts';
import { plainSecret } from './plain-secret.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { type Answering, gateFor, json, serveAnswers, startIssuer } from './issuer.ts';

const discovery = '/.well-known/oauth-authorization-server';

describe('the keys of an identity provider', () => {
  it('are read again for a key that is not known, and not more often than every half minute', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const issuer = await startIssuer(t);
    const { why } = gateFor(issuer);
    const readings = (): number => issuer.asked.filter((path) => path === '/jwks').length;
    assert.equal(await why(await issuer.sign()), 'admitted');
    const old = await issuer.sign({ jti: 'old' });
    await issuer.rotate('second');
    const rotated = await issuer.sign();
    for (let i = 0; i < 5; i += 1) assert.match(await why(rotated), /does not hold/);
    assert.equal(readings(), 1);
    t.mock.timers.tick(30_001);
    assert.equal(await why(rotated), 'admitted');
    assert.match(await why(old), /does not hold/, 'the old key is gone');
    assert.equal(readings(), 2);
  });

  it('are kept for ten minutes', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const issuer = await startIssuer(t);
    const { why } = gateFor(issuer);
    assert.equal(await why(await issuer.sign()), 'admitted');
    const { key } = issuer;
    const stolen = key();
    await issuer.rotate('second');
    const signed = () =>
      new SignJWT(issuer.claims()).setProtectedHeader({ alg: 'ES256', kid: 'first' }).sign(stolen.privateKey);
    assert.equal(await why(await signed()), 'admitted');
    t.mock.timers.tick(600_001);
    assert.match(await why(await signed()), /does not hold/);
  });

  it('hold nothing against tokens while they cannot be read, and are not asked for without a pause', async (t) => {
    const issuer = await startIssuer(t);
    const { why, clock } = gateFor(issuer);
    issuer.at.set('/jwks', (_request, response) => json(response, {}, 500));
    for (let i = 0; i < 30; i += 1)
      assert.match(await why(await issuer.sign({ jti: `${i}` })), /^overloaded .*500/);
    assert.equal(issuer.asked.filter((path) => path === '/jwks').length, 1);
    issuer.at.delete('/jwks');
    clock.advance(5_000);
    assert.equal(await why(await issuer.sign()), 'admitted');
  });

  it('are not taken in any other form', async (t) => {
    const issuer = await startIssuer(t);
    const { clock, why } = gateFor(issuer);
    const { d: _, ...known } = issuer.key().jwk;
    const forms: readonly unknown[] = [
      { keys: 'all' },
      [],
      null,
      { keys: [{ ...known, d: 'AAAA' }] },
      { keys: [{ kty: 'oct', k: 'AAAA', kid: 'first', alg: 'HS256' }] },
      { keys: [{ ...known, x: 'AAAA' }] },
    ];
    for (const form of forms) {
      issuer.at.set('/jwks', (_request, response) => json(response, form));
      assert.doesNotMatch(await why(await issuer.sign()), /admitted|internal/, JSON.stringify(form));
      clock.advance(10_000);
    }
  });
});

describe('the metadata of an identity provider', () => {
  it('stands where RFC 8414 or OpenID Connect puts it', () => {
    assert.deepEqual(placesOfMetadata('https://a.example/'), [
      'https://a.example/.well-known/oauth-authorization-server',
      'https://a.example/.well-known/openid-configuration',
    ]);
    assert.deepEqual(placesOfMetadata('https://a.example/realms/x'), [
      'https://a.example/.well-known/oauth-authorization-server/realms/x',
      'https://a.example/realms/x/.well-known/openid-configuration',
      'https://a.example/.well-known/openid-configuration/realms/x',
    ]);
  });

  it('is looked for in the next place when it is not in the first', async (t) => {
    const issuer = await startIssuer(t);
    issuer.at.set(discovery, (_request, response) => json(response, {}, 404));
    issuer.at.set('/.well-known/openid-configuration', (_request, response) =>
      json(response, { issuer: issuer.issuer, jwks_uri: `${issuer.issuer}/jwks` }),
    );
    assert.equal(await gateFor(issuer).why(await issuer.sign()), 'admitted');
  });

  it('must be that of the issuer that was configured', async (t) => {
    const issuer = await startIssuer(t);
    issuer.say({ issuer: `${issuer.issuer}/` });
    assert.match(await gateFor(issuer).why(await issuer.sign()), /^overloaded .*is another/);
  });

  it('is read again after an hour, and the one before holds while that fails', async (t) => {
    const issuer = await startIssuer(t);
    const clock = new ManualClock();
    const ask = askProvider({ issuer: issuer.issuer, timeoutMs: 5_000, answerBytesMax: 10_000 });
    const metadata = new IssuerMetadata(issuer.issuer, ask, clock);
    const first = await metadata.get();
    assert(first.ok);
    issuer.say({ issuer: 'https://evil.example' });
    clock.advance(3_600_000);
    assert.equal(await metadata.get(), first);
    assert(issuer.asked.length > 1, 'it was asked');
  });
});

/** An issuer whose metadata names this address for its keys. */
const elsewhere = {
  'an address of this machine': 'http://127.0.0.1:1/jwks',
  'one of this machine by TLS': 'https://127.0.0.1:1/jwks',
  'the name of this machine': 'https://localhost:1/jwks',
  'this machine in version 6': 'https://[::1]/jwks',
  'this machine as version 4 in version 6': 'https://[::ffff:127.0.0.1]/jwks',
  'this machine as a number': 'https://2130706433/jwks',
  'this machine in short': 'https://127.1/jwks',
  'the metadata service of a cloud': 'http://169.254.169.254/latest/meta-data/',
  'the same by TLS': 'https://169.254.169.254/latest/meta-data/',
  'a private network': 'https://10.1.2.3/jwks',
  'a local address of version 6': 'https://[fd00::1]/jwks',
  'a public host without TLS': 'http://example.com/jwks',
  'a file': 'file:///etc/passwd',
  data: 'data:application/json,{"keys":[]}',
  'a name and a password': 'https://user:secret@example.com/jwks',
  'no address': 'jwks',
} as const;

describe('what is asked on behalf of a token', () => {
  for (const [what, address] of Object.entries(elsewhere))
    it(`is never ${what}`, async (t) => {
      const issuer = await startIssuer(t);
      issuer.say({ jwks_uri: address, introspection_endpoint: address });
      const introspection = { clientId: 'hub', clientSecret: plainSecret('secret') };
      const { why } = gateFor(issuer, { settings: { introspection } });
      assert.match(await why(await issuer.sign()), /^overloaded .*(?:metadata names|cannot be used)/);
      assert.match(await why('opaque'), /^overloaded .*metadata names/);
    });

  it('is never where a redirect leads', async (t) => {
    const issuer = await startIssuer(t);
    const inner = await serveAnswers(t, (_request, response) => json(response, { keys: [issuer.key().jwk] }));
    const redirect: Answering = (_request, response) =>
      response.writeHead(302, { location: inner.url }).end();
    issuer.at.set('/jwks', redirect);
    assert.match(await gateFor(issuer).why(await issuer.sign()), /answers 302/);
    issuer.at.set(discovery, redirect);
    issuer.at.set('/.well-known/openid-configuration', redirect);
    assert.match(await gateFor(issuer).why(await issuer.sign()), /answers 302/);
    assert.deepEqual(inner.asked, []);
  });

  it('is never a public name that leads inside, whichever of its addresses does', async () => {
    const looked: string[] = [];
    for (const addresses of [['127.0.0.1'], ['93.184.216.34', '10.0.0.1'], ['::1'], []]) {
      const lookup: LookupFunction = (host, _options, done) => {
        looked.push(host);
        done(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        );
      };
      const ask = askProvider({
        issuer: 'https://login.example.com',
        timeoutMs: 5_000,
        answerBytesMax: 1_000,
        lookup,
      });
      const answer = await ask('https://keys.example.com/jwks');
      assert(!answer.ok);
      assert.match(answer.message, /neither its own host nor one on the public network/);
    }
    assert.deepEqual(new Set(looked), new Set(['keys.example.com']));
  });

  it('ends with the time and the size that an answer may have', async (t) => {
    const issuer = await startIssuer(t);
    const limits = { timeoutMs: 50 };
    issuer.at.set('/jwks', () => {});
    assert.match(await gateFor(issuer, { limits }).why(await issuer.sign()), /^overloaded /);
    issuer.at.set('/jwks', (_request, response) => response.writeHead(200).write('{"keys":['));
    assert.match(await gateFor(issuer, { limits }).why(await issuer.sign()), /^overloaded /);
    const more = `{"keys":[${'1,'.repeat(200_000)}1]}`;
    issuer.at.set('/jwks', (_request, response) => response.end(more));
    assert.match(await gateFor(issuer).why(await issuer.sign()), /^overloaded .*longer than 262144 bytes/);
  });
});

describe('an address', () => {
  const inside =
    '0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.255.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.2.1 192.168.1.1 198.18.0.1 224.0.0.1 255.255.255.255 :: ::1 ::ffff:8.8.8.8 64:ff9b::a00:1 fe80::1 fc00::1 fd00::1 ff02::1 2001::1 2001:db8::1 2002:7f00:1:: localhost 8.8.8 8.8.8.8x';
  for (const address of inside.split(' '))
    it(`is not public: ${address}`, () => assert.equal(isPublicAddress(address), false));
  for (const address of ['8.8.8.8', '172.15.0.1', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::8'])
    it(`is public: ${address}`, () => assert.equal(isPublicAddress(address), true));
});
