/* A real identity provider on a port of this machine, and a person with a browser who logs in there. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { TestContext } from 'node:test';
import {
  type OAuthClientInformationMixed,
  type OAuthClientProvider,
  type OAuthTokens,
} from '@modelcontextprotocol/client';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';
import { plainSecret } from './plain-secret.ts';

const hubSecret = 'hub-secret';

export const hubClient = { clientId: 'hub', clientSecret: plainSecret(hubSecret) };
export const scopes = ['signalbox.read', 'signalbox.write'];

const configuration = async (
  groups: ReadonlyMap<string, readonly string[]>,
  accessTokenFormat: 'jwt' | 'opaque',
): Promise<Configuration> => {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const none = { redirect_uris: [], response_types: [], grant_types: [] };
  return {
    clients: [
      { ...none, client_id: hubClient.clientId, client_secret: hubSecret },
      { ...none, client_id: 'ci', client_secret: 'ci-secret', grant_types: ['client_credentials'] },
    ],
    scopes: ['openid', 'offline_access', ...scopes],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'one', alg: 'RS256', use: 'sig' }] },
    cookies: { keys: ['a key of a test'] },
    features: {
      devInteractions: { enabled: true },
      registration: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => ({
          scope: scopes.join(' '),
          audience: resource,
          accessTokenFormat,
          accessTokenTTL: 3_600,
        }),
      },
    },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    extraTokenClaims: (_context, token) =>
      'accountId' in token
        ? {
            groups: groups.get(String(token.accountId)) ?? [],
            preferred_username: String(token.accountId),
          }
        : {},
    issueRefreshToken: () => true,
    pkce: { required: () => true },
  };
};

/** `groups`: who is in which. */
export const startProvider = async (
  context: TestContext,
  {
    groups = new Map(),
    format = 'jwt',
  }: {
    readonly groups?: ReadonlyMap<string, readonly string[]>;
    readonly format?: 'jwt' | 'opaque';
  } = {},
): Promise<{ readonly issuer: string }> => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(typeof address === 'object' && address !== null);
  const issuer = `http://127.0.0.1:${address.port}`;
  const provider = new Provider(issuer, await configuration(groups, format));
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { issuer };
};

const callback = 'http://127.0.0.1:9/callback';

/** What a client of MCP keeps of its login. Where the person is to go is noted. */
export class Login implements OAuthClientProvider {
  readonly redirectUrl = callback;
  readonly clientMetadata = {
    client_name: 'Test Client',
    redirect_uris: [callback],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  /** The addresses that the person was sent to. */
  readonly sentTo: URL[] = [];
  #client: OAuthClientInformationMixed | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = '';

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.#client;
  }

  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.#client = client;
  }

  tokens(): OAuthTokens | undefined {
    return this.#tokens;
  }

  saveTokens(tokens: OAuthTokens): void {
    this.#tokens = tokens;
  }

  redirectToAuthorization(url: URL): void {
    this.sentTo.push(url);
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }
}

const formPattern = /<form[^>]*action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/;
const inputPattern = /<input[^>]*>/g;
const stepsMax = 20;

/** Goes where the client sends the person, logs in under this name and agrees to all; what comes back to the client. */
export const logIn = async (start: URL, name: string): Promise<URLSearchParams> => {
  const cookies = new Map<string, string>();
  let url = start;
  let form: URLSearchParams | undefined;
  for (let step = 0; step < stepsMax; step += 1) {
    if (url.href.startsWith(callback)) return url.searchParams;
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([key, value]) => `${key}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: form }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(key, value);
    }
    const page = await response.text();
    const location = response.headers.get('location');
    form = undefined;
    if (location !== null) {
      url = new URL(location, url);
      continue;
    }
    const [, action, inside = ''] = formPattern.exec(page) ?? [];
    assert(action !== undefined, `a page without a form: ${response.status} ${page}`);
    url = new URL(action, url);
    form = new URLSearchParams();
    for (const [input] of inside.matchAll(inputPattern)) {
      const key = /name="([^"]*)"/.exec(input)?.[1] ?? '';
      const isCredential = key === 'login' || key === 'password';
      form.set(key, isCredential ? name : (/value="([^"]*)"/.exec(input)?.[1] ?? ''));
    }
  }
  return assert.fail('the login has no end');
};
