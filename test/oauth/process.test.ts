/* A hub that is started with an identity provider, as people start it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openSite, runCommand, startHub } from '../host/processes.ts';
import { post } from '../surfaces/serving.ts';
import { startIssuer } from './issuer.ts';

describe('a hub with an identity provider', () => {
  it('lets in with its tokens as well as with its own, and keeps out who has neither', async (t) => {
    const { issuer, sign } = await startIssuer(t);
    const site = await openSite(t);
    const hub = await startHub(site, {
      auth: true,
      env: {
        SIGNALBOX_OAUTH_ISSUER: issuer,
        SIGNALBOX_OAUTH_ROLES: 'group:dev=worker@main',
      },
    });
    const as = async (token: string | undefined) => {
      const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
      return post(hub, 'auth_status', { headers, body: {} });
    };
    const { status, body } = await as(await sign({ aud: `${hub.url}/mcp` }));
    assert.equal(status, 200);
    assert.match(JSON.stringify(body), /"principal":"oidc-.*"role":"worker","workspaces":\["main"\]/);
    const own = readFileSync(join(site.dataDir, 'token'), 'utf8').trim();
    assert.equal((await as(own)).status, 200);
    const silent = await as(undefined);
    assert.equal(silent.status, 401);
    assert.match(
      silent.headers.get('www-authenticate') ?? '',
      /resource_metadata="http:\/\/127\.0\.0\.1:\d+\//,
    );
    assert.equal((await as(await sign({ aud: 'http://127.0.0.1:1/mcp' }))).status, 401);
    assert.equal((await as(await sign({ aud: `${hub.url}/mcp`, groups: [] }))).status, 403);
  });

  it('does not start with a part of what it has to know', async (t) => {
    const { dataDir } = await openSite(t);
    const flags = ['--oauth-issuer', 'https://login.example.com', '--port', '0', '--data-dir', dataDir];
    const { status, err } = await runCommand(['serve', ...flags]);
    assert.equal(status, 2);
    assert.match(err, /lets nobody in without oauth-roles/);
  });
});
