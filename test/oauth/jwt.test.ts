/* Which JWTs of an identity provider let in, and which do not. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { SignJWT, UnsecuredJWT, base64url, exportJWK, exportSPKI, generateKeyPair, importJWK } from 'jose';
import { Logins } from '../../src/host/access/logins.ts';
import { valueIn } from '../surfaces/serving.ts';
import { audience, gateFor, json, startIssuer } from './issuer.ts';

const part = (value: unknown): string => base64url.encode(JSON.stringify(value));

describe('a JWT of the identity provider', () => {
  it('lets in a person, in a name that follows from issuer and subject, for what its groups stand for', async (t) => {
    const issuer = await startIssuer(t);
    const { show } = gateFor(issuer);
    const caller = valueIn(await show(await issuer.sign({ preferred_username: 'owner' })));
    assert.match(caller.principal, /^oidc-[0-9a-f]{32}$/);
    const { principal, standing, until = 0, ...rest } = caller;
    assert.ok((standing?.leftMs() ?? Infinity) <= until - Date.now() + 1_000);
    assert.deepEqual(rest, {
      role: 'worker',
      kind: 'person',
      scope: { workspaces: ['shop', 'main'], categories: ['*'] },
      agent: undefined,
      session: undefined,
      connection: undefined,
      client: undefined,
    });
    const again = valueIn(await show(await issuer.sign({ groups: ['ops'], email: 'other@example.com' })));
    assert.equal(again.principal, principal, 'the same subject is the same principal');
    assert.deepEqual([again.role, again.scope, again.token], ['admin', undefined, undefined]);
    const other = valueIn(await show(await issuer.sign({ sub: 'u2' })));
    assert.notEqual(other.principal, principal);
  });

  it('lets in a program as a service, and never as the person of the same subject', async (t) => {
    const issuer = await startIssuer(t);
    const { show } = gateFor(issuer);
    const person = valueIn(await show(await issuer.sign({ client_id: 'app' })));
    for (const more of [
      { client_id: 'u1' },
      { azp: 'u1' },
      { gty: 'client-credentials' },
      { idtyp: 'app' },
      { cid: 'u1' },
      { appid: 'c1', idtyp: 'app' },
      { appid: 'c1', auth_time: undefined },
    ]) {
      const program = valueIn(await show(await issuer.sign(more)));
      assert.equal(program.kind, 'service', JSON.stringify(more));
      assert.notEqual(program.principal, person.principal);
    }
    const keycloak = await issuer.sign({ azp: 'ci', preferred_username: 'service-account-ci' });
    assert.equal(valueIn(await show(keycloak)).kind, 'service');
  });

  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA'])
    it(`may be signed with ${alg}`, async (t) => {
      const issuer = await startIssuer(t);
      await issuer.rotate('other', alg);
      assert.equal(await gateFor(issuer).why(await issuer.sign()), 'admitted');
    });

  for (const typ of ['at+jwt', 'application/at+jwt', 'AT+JWT', 'JWT', undefined])
    it(`may be of the type ${typ}`, async (t) => {
      const issuer = await startIssuer(t);
      assert.equal(await gateFor(issuer).why(await issuer.sign({}, { typ })), 'admitted');
    });

  it('leaves tokens of the hub, and calls without one, to the gate behind', async (t) => {
    const issuer = await startIssuer(t);
    const { gate, why } = gateFor(issuer);
    assert.equal(await why('sbx_abc'), 'unauthenticated The inner gate was asked.');
    for (const authorization of [undefined, 'Basic eDp5', 'Bearer', `Bearer ${await issuer.sign()} x`]) {
      const refused = await gate.admit({ authorization, remote: undefined });
      assert.equal(!refused.ok && refused.message, 'The inner gate was asked.');
    }
    assert.deepEqual(issuer.asked, []);
  });
});

describe('what is made with a JWT', () => {
  it('AC47 of a browser is over with it, and so is a link', async (t) => {
    const issuer = await startIssuer(t);
    let passedMs = 0;
    const { clock, show } = gateFor(issuer, { now: () => Date.now() + passedMs });
    const desk = new Logins({ clock, failed: (refusal) => refusal });
    const caller = valueIn(await show(await issuer.sign()));
    const [one, other] = [valueIn(desk.offer(caller)), valueIn(desk.offer(caller))];
    const { secret, lastsS } = valueIn(desk.redeem(one.code, undefined));
    assert.ok(lastsS <= 630, String(lastsS));
    assert.equal(desk.find(secret)?.principal, caller.principal);
    const heard: string[] = [];
    desk.find(secret)?.standing?.watch(() => heard.push('over'));
    passedMs = 631_000;
    assert.equal(desk.find(secret), undefined);
    assert.equal(desk.redeem(other.code, undefined).ok, false);
    clock.advance(631_000);
    assert.deepEqual(heard, ['over']);
  });
});

describe('a JWT of a person', () => {
  it('AC40 lets in the agent of a person, in that name, where a scope makes persons and is not there', async (t) => {
    const issuer = await startIssuer(t);
    const { show } = gateFor(issuer, { settings: { personScope: 'person' } });
    const agent = valueIn(await show(await issuer.sign()));
    const person = valueIn(await show(await issuer.sign({ scope: 'person' })));
    assert.deepEqual([agent.kind, person.kind], ['agent', 'person']);
    assert.equal(agent.principal, person.principal);
  });
});

describe('a token that does not hold', () => {
  const now = (): number => Math.floor(Date.now() / 1_000);
  const wrong = {
    'another audience': [{ aud: 'https://other.example.com' }, /not made out to this hub.*hub\.example\.com/],
    'an audience that only begins like the hub': [{ aud: `${audience}.evil.com` }, /not made out/],
    'no audience': [{ aud: undefined }, /not made out/],
    'another issuer': [{ iss: 'https://other.example.com' }, /does not hold/],
    'an issuer with a slash more': [{ iss: 'x/' }, /does not hold/],
    'a time that is over': [{ exp: now() - 60 }, /has expired/],
    'no end': [{ exp: undefined }, /does not hold/],
    'a beginning that is yet to come': [{ nbf: now() + 600 }, /does not hold/],
    'no subject': [{ sub: undefined }, /does not hold/],
    'an empty subject': [{ sub: '', client_id: 'app' }, /does not hold/],
    'a binding to a key of its client': [{ cnf: { jkt: 'x' } }, /bound to a key/],
    'what only an ID token has': [{ nonce: 'x' }, /no access token/],
  } as const;
  for (const [what, [claims, message]] of Object.entries(wrong))
    it(`is one with ${what}`, async (t) => {
      const issuer = await startIssuer(t);
      const said = await gateFor(issuer).why(await issuer.sign(claims));
      assert.match(said, message);
      assert.match(said, /^unauthenticated /);
    });

  it('is one of another type', async (t) => {
    const issuer = await startIssuer(t);
    for (const typ of ['logout+jwt', 'dpop+jwt', 'secevent+jwt'])
      assert.match(await gateFor(issuer).why(await issuer.sign({}, { typ })), /no access token/);
  });

  it('may be half a minute off, by another clock', async (t) => {
    const issuer = await startIssuer(t);
    assert.equal(await gateFor(issuer).why(await issuer.sign({ exp: now() - 5 })), 'admitted');
  });
});

describe('a token that the issuer did not sign so', () => {
  it('is one without a signature', async (t) => {
    const issuer = await startIssuer(t);
    const { why } = gateFor(issuer);
    assert.match(await why(new UnsecuredJWT(issuer.claims()).encode()), /does not hold/);
    for (const alg of ['none', 'None', 'NONE'])
      assert.match(await why(`${part({ alg, kid: 'first' })}.${part(issuer.claims())}.`), /does not hold/);
    const [head, , signature] = (await issuer.sign()).split('.');
    assert.match(
      await why(`${head}.${part(issuer.claims({ groups: ['ops'] }))}.${signature}`),
      /does not hold/,
    );
  });

  it('is one that is signed with the public key as a secret', async (t) => {
    const issuer = await startIssuer(t);
    await issuer.rotate('rsa', 'RS256');
    const { jwk } = issuer.key();
    const publicKey = await importJWK(jwk, 'RS256', { extractable: true });
    assert(!(publicKey instanceof Uint8Array));
    const { why } = gateFor(issuer);
    const signed = `${part({ alg: 'HS256', kid: 'rsa' })}.${part(issuer.claims())}`;
    for (const secret of [await exportSPKI(publicKey), JSON.stringify(jwk), String(jwk.n)]) {
      const signature = createHmac('sha256', secret).update(signed).digest('base64url');
      assert.match(await why(`${signed}.${signature}`), /does not hold/);
    }
  });

  it('is one that brings its own key, or says where to get it', async (t) => {
    const issuer = await startIssuer(t);
    const { why } = gateFor(issuer);
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    issuer.at.set('/evil', (_request, response) => json(response, { keys: [{ ...jwk, kid: 'evil' }] }));
    const ways = [
      { jwk },
      { jku: `${issuer.issuer}/evil`, kid: 'evil' },
      { x5u: `${issuer.issuer}/evil`, kid: 'first' },
      { kid: '../evil' },
      { kid: 'first' },
    ];
    for (const way of ways) {
      const token = await new SignJWT(issuer.claims())
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...way })
        .sign(privateKey);
      assert.match(await why(token), /does not hold/, JSON.stringify(way));
    }
    assert(!issuer.asked.includes('/evil'), 'nobody was asked where the token says');
  });

  it('is one with extensions that must be understood', async (t) => {
    const issuer = await startIssuer(t);
    const said = `${part({ alg: 'ES256', kid: 'first', crit: ['x'], x: 1 })}.${part(issuer.claims())}.AAAA`;
    assert.match(await gateFor(issuer).why(said), /does not hold/);
  });
});

describe('what is shown as a token', () => {
  it('is not looked at when it is too long, and may be none at all', async (t) => {
    const issuer = await startIssuer(t);
    const { why } = gateFor(issuer);
    assert.match(await why(`${part({ alg: 'ES256' })}.${'A'.repeat(8_192)}.AAAA`), /longer than 8192/);
    assert.match(await why('opaque'), /neither a token of this hub/);
    assert.match(await why('a.b.c'), /does not hold/);
    assert.match(await why(`${part([])}.${part('x')}.AAAA`), /does not hold/);
  });

  it('makes its network wait after twenty of them, and nobody who has a good one', async (t) => {
    const issuer = await startIssuer(t);
    const { why } = gateFor(issuer);
    for (let i = 0; i < 20; i += 1) assert.match(await why('opaque', '10.0.0.1'), /^unauthenticated /);
    assert.match(await why('opaque', '10.0.0.1'), /^rate_limited .*Wait \d+ s/);
    assert.equal(await why(await issuer.sign(), '10.0.0.1'), 'admitted');
  });
});

describe('whom no group and no scope lets in', () => {
  it('is refused, and told all scopes that would', async (t) => {
    const issuer = await startIssuer(t);
    const refused = await gateFor(issuer).show(await issuer.sign({ groups: ['sales'], scope: 'openid' }));
    assert(!refused.ok);
    assert.equal(refused.code, 'forbidden');
    assert.deepEqual(refused.details['scopes'], ['signalbox.read', 'signalbox.write']);
  });

  it('is whoever has groups in another form than a list of names', async (t) => {
    const issuer = await startIssuer(t);
    const { why } = gateFor(issuer);
    for (const groups of [{ dev: true }, [['dev']], 'dev ops', 1, null])
      assert.match(await why(await issuer.sign({ groups })), /^forbidden /, JSON.stringify(groups));
    assert.equal(await why(await issuer.sign({ groups: 'dev' })), 'admitted');
  });

  it('may be let in by scopes, of either name, and by groups in another claim', async (t) => {
    const issuer = await startIssuer(t);
    const { show } = gateFor(issuer);
    for (const more of [{ scope: 'openid signalbox.write' }, { scp: ['signalbox.write'] }]) {
      const { role, scope } = valueIn(await show(await issuer.sign({ ...more, groups: [] })));
      assert.deepEqual([role, scope], ['worker', undefined]);
    }
    const nested = gateFor(issuer, { settings: { groupsClaim: 'realm_access.roles' } });
    const token = await issuer.sign({ groups: undefined, realm_access: { roles: ['ops'] } });
    assert.equal(valueIn(await nested.show(token)).role, 'admin');
    const named = gateFor(issuer, { settings: { groupsClaim: 'https://example.com/groups' } });
    assert.equal(await named.why(await issuer.sign({ 'https://example.com/groups': ['dev'] })), 'admitted');
  });
});

describe('what was found out about a token', () => {
  it('is believed for a minute, and never longer than the token holds', async (t) => {
    const issuer = await startIssuer(t);
    let ahead = 0;
    const { clock, why } = gateFor(issuer, { now: () => Date.now() + ahead });
    const token = await issuer.sign();
    const brief = await issuer.sign({ exp: Math.floor(Date.now() / 1_000) + 20 });
    assert.deepEqual([await why(token), await why(brief)], ['admitted', 'admitted']);
    const pass = (ms: number): void => {
      clock.advance(ms);
      ahead += ms;
    };
    issuer.publish([]);
    pass(59_000);
    assert.equal(await why(token), 'admitted');
    assert.match(await why(brief), /has expired/, 'its end came first');
  });

  it('is asked for once by calls that come together', async (t) => {
    const issuer = await startIssuer(t);
    const { why } = gateFor(issuer);
    const token = await issuer.sign();
    const all = await Promise.all(Array.from({ length: 20 }, () => why(token)));
    assert.deepEqual(new Set(all), new Set(['admitted']));
    assert.deepEqual(issuer.asked, ['/.well-known/oauth-authorization-server', '/jwks']);
  });
});
