import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { type AddressInfo, connect as open } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { connect } from 'node:tls';
import { connectFound } from '../../src/host/found-hub.ts';
import { readHubFile } from '../../src/host/hub-file.ts';
import { present } from '../../src/kernel/assert.ts';
import { newTokenText } from '../../src/host/access/token-text.ts';
import { connectHub } from '../../src/surfaces/http/client.ts';
import { cert, key } from '../surfaces/tls-pair.ts';
import { openPlace } from '../cli/program.ts';
import { type HubOptions, openSite, startHub } from './processes.ts';

const startSecure = async (context: TestContext, { env = {} }: HubOptions = {}) => {
  const site = await openSite(context);
  const [certFile, keyFile] = [join(site.dataDir, 'hub.crt'), join(site.dataDir, 'hub.key')];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  const files = { SIGNALBOX_TLS_CERT: certFile, SIGNALBOX_TLS_KEY: keyFile };
  const hub = await startHub(site, { auth: true, env: { ...files, ...env } });
  const file: { url: string; token: string } = JSON.parse(
    readFileSync(join(site.dataDir, 'hub.json'), 'utf8'),
  );
  return { site, hub, file, certFile, port: Number(new URL(hub.url).port) };
};

/** Asks for the health of the hub by a name in its certificate, wherever that leads elsewhere. */
const ask = async (port: number, host: string, said = `${host}:${port}`) => {
  const sent = request({
    host: '127.0.0.1',
    port,
    path: '/health',
    servername: host,
    ca: cert,
    agent: false,
    headers: { host: said },
  });
  sent.end();
  const [response] = await once(sent, 'response');
  response.resume();
  await once(response, 'end');
  return response;
};

describe('a hub with a certificate', () => {
  it('is called over TLS only, of 1.2 or newer, and holds browsers to that', async (t) => {
    const { hub, port } = await startSecure(t, {
      env: { SIGNALBOX_HOST: '0.0.0.0', SIGNALBOX_ALLOWED_HOSTS: 'hub.example' },
    });
    assert.equal(hub.url, `https://hub.example:${port}`);
    const far = await ask(port, 'hub.example');
    assert.deepEqual([far.statusCode, far.headers['strict-transport-security']], [200, 'max-age=31536000']);
    const near = await ask(port, 'localhost');
    assert.deepEqual([near.statusCode, near.headers['strict-transport-security']], [200, undefined]);
    assert.equal((await ask(port, 'hub.example', 'evil.example')).statusCode, 403);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
    const old = connect({
      port,
      host: '127.0.0.1',
      ca: cert,
      servername: 'localhost',
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
    });
    const [fault] = await once(old, 'error').catch((thrown: unknown) => [thrown]);
    assert(fault instanceof Error);
  });

  it('stops at once also while somebody is still agreeing with it on TLS', async (t) => {
    const { hub, port } = await startSecure(t);
    const silent = open(port, '127.0.0.1');
    silent.on('error', () => {});
    await once(silent, 'connect');
    // Its own first word has arrived when that of somebody later has been answered.
    await ask(port, 'localhost');
    assert.equal(await hub.stop(), 0);
  });

  it('is found by commands of its data directory, and of the others by those that trust its certificate', async (t) => {
    const { site, hub, file, certFile } = await startSecure(t);
    assert.equal(file.url, hub.url);
    const place = await openPlace(t);
    const task = ['task', 'list', '--url', file.url];
    const env = { SIGNALBOX_TOKEN: file.token, SIGNALBOX_WORKSPACE: 'main' };
    const trusted = await place.run(task, { env: { ...env, NODE_EXTRA_CA_CERTS: certFile } });
    assert.deepEqual([trusted.status, trusted.err], [0, '']);
    const wary = await place.run(task, { env });
    assert.equal(wary.status, 5);
    assert.match(wary.err, /certificate that this machine trusts.*NODE_EXTRA_CA_CERTS/s);
    const own = await place.run(['status', '--json', '--data-dir', site.dataDir], {
      env: { SIGNALBOX_WORKSPACE: 'main' },
    });
    assert.deepEqual([own.status, own.err], [0, '']);
    const here = present(await readHubFile(site.dataDir), 'the hub runs');
    const found = await connectFound(here, undefined);
    assert.equal(found?.url, file.url);
    found?.close();
    const { certificate, ...unproven } = here;
    assert.equal(certificate, cert);
    assert.equal(await connectFound(unproven, undefined), undefined);
  });
});

describe('a hub behind a proxy', () => {
  it('knows who fails by what the proxy adds last, and calls itself by its name there', async (t) => {
    const site = await openSite(t);
    const env = {
      SIGNALBOX_BEHIND_PROXY: 'true',
      SIGNALBOX_HOST: '0.0.0.0',
      SIGNALBOX_ALLOWED_HOSTS: 'hub.example',
    };
    const hub = await startHub(site, { auth: true, env });
    assert.equal(hub.url, 'https://hub.example');
    const { url, token }: { url: string; token: string } = JSON.parse(
      readFileSync(join(site.dataDir, 'hub.json'), 'utf8'),
    );
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    const statusFrom = async (forwarded: string, bearer = newTokenText()): Promise<number> => {
      const headers = { Authorization: `Bearer ${bearer}`, 'X-Forwarded-For': forwarded };
      const response = await fetch(`${url}/v1/operations/task_list`, { method: 'POST', body: '{}', headers });
      await response.body?.cancel();
      return response.status;
    };
    // What the client says of itself changes nothing.
    const statuses: number[] = [];
    for (let i = 0; i < 21; i += 1) statuses.push(await statusFrom(`10.0.0.${i}, 192.0.2.1`));
    assert.deepEqual([statuses[19], statuses[20]], [401, 429]);
    assert.equal(await statusFrom('192.0.2.1, 192.0.2.2'), 401);
    assert.equal(await statusFrom('192.0.2.1', token), 200);
  });
});

describe('a hub that other machines would reach', () => {
  it('does not start unless that is safe', async (t) => {
    const place = await openPlace(t);
    const bare = await place.run(['serve', '--host', '0.0.0.0', '--port', '0']);
    assert.equal(bare.status, 5);
    assert.match(bare.err, /would not be encrypted.*--tls-cert/s);
    const open = await place.run(['serve', '--behind-proxy', '--port', '0'], {
      env: { SIGNALBOX_INSECURE_NO_AUTH: 'true' },
    });
    assert.equal(open.status, 5);
    assert.match(open.err, /has to ask who calls/);
  });
});

describe('a token', () => {
  it('is sent to nobody to whom a hub points', async (t) => {
    const listen = async (location: string | undefined) => {
      const seen: (string | undefined)[] = [];
      const server = createServer(({ headers }, response) => {
        seen.push(headers.authorization);
        response
          .writeHead(location === undefined ? 200 : 307, location === undefined ? {} : { location })
          .end('{}');
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => server.close());
      const { port } = server.address() as AddressInfo;
      return { url: `http://127.0.0.1:${port}`, seen };
    };
    const thief = await listen(undefined);
    const pointing = await listen(`${thief.url}/health`);
    const outcome = await connectHub(pointing.url, { token: 'sbx_secret' });
    assert.equal(outcome.ok ? '' : outcome.details['strange'], true);
    assert.deepEqual([pointing.seen, thief.seen], [[undefined], []]);
  });
});
