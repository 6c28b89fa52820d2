/* An identity provider that says and signs whatever a test wants, on a port of this machine. */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { once } from 'node:events';
import { type CryptoKey, type JWK, type JWTPayload, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { OAuthGate, type OAuthGateOptions } from '../../src/host/access/oauth/oauth-gate.ts';
import { rulesIn } from '../../src/host/configuration/oauth-roles.ts';
import type { OAuthSettings } from '../../src/host/configuration/oauth.ts';
import { refuse } from '../../src/kernel/errors.ts';
import type { Gate } from '../../src/surfaces/http/gate.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { Denials } from '../../src/host/access/denials.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { valueIn } from '../surfaces/serving.ts';

/** What a server ends with: a test, or what else it was started for. */
export interface Lasting {
  readonly after: (end: () => void) => void;
}

export type Answering = (request: IncomingMessage, response: ServerResponse, body: string) => void;

interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

const newKey = async (kid: string, alg: string): Promise<SigningKey> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
};

export const json = (response: ServerResponse, value: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};

/** A server on a free port, which ends with the test; what was asked of it, by path. */
export const serveAnswers = async (context: Lasting, answer: Answering) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .once('end', () => answer(request, response, Buffer.concat(chunks).toString()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, asked };
};

export const audience = 'https://hub.example.com';

/** `at` answers an address in place of what stands there; `metadata` replaces members of the metadata. */
export const startIssuer = async (context: Lasting) => {
  const at = new Map<string, Answering>();
  let metadata: Readonly<Record<string, unknown>> = {};
  let key = await newKey('first', 'ES256');
  let published: readonly JWK[] = [key.jwk];
  const { url: issuer, asked } = await serveAnswers(context, (request, response, body) => {
    const path = request.url ?? '';
    const other = at.get(path);
    if (other !== undefined) return other(request, response, body);
    if (path === '/.well-known/oauth-authorization-server') {
      const known = { jwks_uri: `${issuer}/jwks`, introspection_endpoint: `${issuer}/introspect` };
      return json(response, { issuer, ...known, ...metadata });
    }
    return path === '/jwks' ? json(response, { keys: published }) : json(response, {}, 404);
  });
  const claims = (more: Readonly<Record<string, unknown>> = {}): JWTPayload => {
    const now = Math.floor(Date.now() / 1_000);
    const times = { iat: now, exp: now + 600, auth_time: now };
    return { iss: issuer, sub: 'u1', aud: audience, ...times, groups: ['dev'], ...more };
  };
  const sign = (
    more: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
  ): Promise<string> =>
    new SignJWT(claims(more))
      .setProtectedHeader({ typ: 'at+jwt', kid: key.kid, ...header, alg: key.alg })
      .sign(key.privateKey);
  return {
    issuer,
    asked,
    at,
    claims,
    sign,
    key: () => key,
    say: (more: Readonly<Record<string, unknown>>): void => {
      metadata = more;
    },
    publish: (keys: readonly JWK[]): void => {
      published = keys;
    },
    /** Signs with another key from here on, which alone is published. */
    rotate: async (kid: string, alg = 'ES256'): Promise<void> => {
      key = await newKey(kid, alg);
      published = [key.jwk];
    },
  };
};

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

export const usualRoles =
  'group:dev=worker@shop,main; group:ops=admin@*; scope:signalbox.read=reader@*; scope:signalbox.write=worker@*';

/** Keeps everybody out, and says so. */
const closed: Gate = { admit: () => refuse('unauthenticated', 'The inner gate was asked.') };

/** A gate before an issuer, on a clock that the test moves. */
export const gateFor = (
  { issuer }: Pick<Issuer, 'issuer'>,
  {
    roles = usualRoles,
    settings = {},
    ...options
  }: Partial<Omit<OAuthGateOptions, 'settings'>> & {
    readonly roles?: string;
    readonly settings?: Partial<OAuthSettings>;
  } = {},
) => {
  const clock = new ManualClock();
  const log = new CollectedLog();
  const gate = new OAuthGate({
    settings: {
      issuer,
      audiences: [],
      resource: audience,
      groupsClaim: 'groups',
      rules: valueIn(rulesIn(roles)),
      personScope: undefined,
      scopes: [],
      introspection: undefined,
      ...settings,
    },
    inner: closed,
    clock,
    log,
    denials: new Denials({ clock, log }),
    ...options,
  });
  const show = async (token: string, remote = '127.0.0.1', port = 8321) =>
    gate.admit({ authorization: `Bearer ${token}`, remote, port });
  /** The code and the message of a refusal, or `admitted`. */
  const why = async (token: string, remote?: string): Promise<string> => {
    const shown = await show(token, remote);
    return shown.ok ? 'admitted' : `${shown.code} ${shown.message}`;
  };
  return { gate, clock, show, why };
};
