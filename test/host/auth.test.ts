import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { newTokenText } from '../../src/host/access/token-text.ts';
import { type HubProcess, openSite, runCommand, startHub, stdioClient } from './processes.ts';

const auth = { auth: true };

const statusWith = async ({ url }: HubProcess, token: string | undefined): Promise<number> => {
  const headers = token === undefined ? undefined : { Authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/v1/operations/task_list`, {
    method: 'POST',
    body: '{}',
    ...(headers && { headers }),
  });
  await response.body?.cancel();
  return response.status;
};

const idOf = async ({ url }: HubProcess, token: string): Promise<string> => {
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/v1/operations/auth_status`, { method: 'POST', body: '{}', headers });
  return JSON.parse(await response.text()).token;
};

describe('a hub that asks who calls', () => {
  it('leaves the token of its owner where only they can read it, and knows it after a restart', async (t) => {
    const site = await openSite(t);
    const path = join(site.dataDir, 'token');
    const hub = await startHub(site, auth);
    const token = readFileSync(path, 'utf8').trim();
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual([await statusWith(hub, undefined), await statusWith(hub, token)], [401, 200]);
    await hub.stop();
    const again = await startHub(site, auth);
    assert.equal(readFileSync(path, 'utf8').trim(), token);
    assert.equal(await statusWith(again, token), 200);
  });

  it('lets in commands and stdio agents of the same data directory by themselves, as long as it runs', async (t) => {
    const site = await openSite(t);
    const hub = await startHub(site, auth);
    const { token } = JSON.parse(readFileSync(join(site.dataDir, 'hub.json'), 'utf8'));
    assert.notEqual(token, readFileSync(join(site.dataDir, 'token'), 'utf8').trim());
    const added = await runCommand(['task', 'add', 'x', '--data-dir', site.dataDir]);
    assert.deepEqual([added.status, added.err], [0, '']);
    const client = await stdioClient(site);
    const { content } = await client.callTool({ name: 'task_list', arguments: {} });
    assert.match(JSON.stringify(content), /T-1/);
    await hub.stop();
    const again = await startHub(site, auth);
    assert.equal(await statusWith(again, token), 401, 'of the run before');
  });

  it('refuses an agent what needs a person', async (t) => {
    const site = await openSite(t);
    await startHub(site, auth);
    const client = await stdioClient(site, { flags: ['--mode', 'full'] });
    const refused = await client.callTool({ name: 'token_create', arguments: {} });
    assert.equal(refused.isError, true);
    assert.match(JSON.stringify(refused.content), /token_create needs a person/);
  });
});

describe('the token of the owner of a hub', () => {
  it('is written nowhere when one is given', async (t) => {
    const site = await openSite(t);
    const token = newTokenText();
    const env = { SIGNALBOX_TOKEN: token };
    const hub = await startHub(site, { auth: true, env });
    assert.deepEqual([await statusWith(hub, undefined), await statusWith(hub, token)], [401, 200]);
    const outside = await runCommand(['task', 'list', '--data-dir', site.dataDir]);
    assert.equal(outside.status, 5);
    assert.match(outside.err, /asks who calls.*SIGNALBOX_TOKEN/);
    await hub.stop();
    const secret = token.slice('sbx_'.length);
    const bytes = Buffer.from(secret, 'base64url');
    const files = readdirSync(site.dataDir, { recursive: true, encoding: 'utf8' })
      .map((name) => join(site.dataDir, name))
      .filter((path) => statSync(path).isFile());
    assert.ok(files.some((path) => path.endsWith('hub.journal')));
    for (const path of files) {
      const content = readFileSync(path);
      assert.ok(!content.includes(secret) && !content.includes(bytes), path);
    }
  });

  it('is made anew when the one in the file was revoked, so that nobody is locked out', async (t) => {
    const site = await openSite(t);
    const path = join(site.dataDir, 'token');
    const hub = await startHub(site, auth);
    const token = readFileSync(path, 'utf8').trim();
    const id = await idOf(hub, token);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ id });
    const revoked = await fetch(`${hub.url}/v1/operations/token_revoke`, { method: 'POST', headers, body });
    assert.equal(revoked.status, 200);
    assert.equal(await statusWith(hub, token), 401);
    await hub.stop();
    const again = await startHub(site, auth);
    const next = readFileSync(path, 'utf8').trim();
    assert.notEqual(next, token);
    assert.deepEqual([await statusWith(again, token), await statusWith(again, next)], [401, 200]);
    assert.equal(readFileSync(`${path}.revoked`, 'utf8').trim(), token);
  });
});

describe('a start with a token that cannot be the owner’s', () => {
  const refusedStart = (dataDir: string, env: Record<string, string> = {}) => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(import.meta.dirname, '../../src/host/main.ts'), 'serve', '--port', '0', '--data-dir', dataDir],
      { encoding: 'utf8', env: { ...process.env, SIGNALBOX_WORKSPACE: 'main', ...env } },
    );
    return [status, stderr] as const;
  };

  it('is refused, and names the mend', async (t) => {
    const { dataDir } = await openSite(t);
    const path = join(dataDir, 'token');
    const [status, given] = refusedStart(dataDir, { SIGNALBOX_TOKEN: 'hunter2-hunter2' });
    assert.equal(status, 2);
    assert.match(given, /SIGNALBOX_TOKEN cannot be the token of the hub's owner/);
    assert.doesNotMatch(given, /hunter2/);
    writeFileSync(path, 'x\n', { mode: 0o600 });
    assert.match(refusedStart(dataDir)[1], /token does not hold a token\. Remove it/);
    writeFileSync(path, `${newTokenText()}\n`);
    chmodSync(path, 0o644);
    assert.match(refusedStart(dataDir)[1], /can be read by others\. Run chmod 600/);
  });
});
