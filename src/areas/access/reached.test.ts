import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, it } from 'node:test';
import { cert, key } from '../../../test/surfaces/tls-pair.ts';
import type { WebSettings } from '../../host/configuration/web.ts';
import { addressesOf, settleExposure } from '../../host/web/exposure.ts';
import { Callers } from '../../surfaces/http/callers.ts';
import { connectHub } from '../../surfaces/http/client.ts';
import { onThisMachine } from '../../surfaces/http/exposure.ts';
import { credentialsOf } from '../../surfaces/http/gate.ts';
import { connectionsPerNetworkMax, underWayPerPrincipalMax } from '../../surfaces/http/limits.ts';
import type { Listen } from '../../surfaces/http/listen.ts';
import { Visitors } from '../../surfaces/http/visitors.ts';

const nothing: WebSettings = {
  tlsCert: undefined,
  tlsKey: undefined,
  behindProxy: false,
  proxyHeader: 'x-forwarded-for',
  allowedHosts: [],
  allowedOrigins: [],
};

const tcp = (host: string): Listen => ({ kind: 'tcp', host, port: 8321 });
const unix: Listen = { kind: 'unix', path: '/run/hub.sock' };

const openFiles = async (context: TestContext) => {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-tls-'));
  context.after(() => rm(folder, { recursive: true }));
  const [tlsCert, tlsKey] = [join(folder, 'hub.crt'), join(folder, 'hub.key')];
  await writeFile(tlsCert, cert);
  await writeFile(tlsKey, key, { mode: 0o600 });
  return { tlsCert, tlsKey, folder };
};

const settled = async (listen: Listen, web: Partial<WebSettings> = {}, auth = true): Promise<string> => {
  const outcome = await settleExposure({ listen, auth, web: { ...nothing, ...web } });
  return outcome.ok ? 'serves' : `${outcome.code}: ${outcome.message}`;
};

it('AC43 is refused elsewhere without a certificate or a proxy, and says what to do', async () => {
  for (const host of ['127.0.0.1', '::1', 'localhost']) {
    assert.equal(await settled(tcp(host)), 'serves');
    assert.equal(await settled(tcp(host), {}, false), 'serves');
  }
  assert.equal(await settled(unix, {}, false), 'serves');
  for (const host of ['0.0.0.0', '::', '10.0.0.5', 'hub.example', '127.0.0.1.evil.example'])
    assert.match(
      await settled(tcp(host)),
      /^forbidden: .*not be encrypted.*--tls-cert FILE --tls-key FILE.*--behind-proxy.*127\.0\.0\.1/,
    );
});

it('AC43 asks who calls wherever other machines come from', async (t) => {
  const files = await openFiles(t);
  for (const [listen, web] of [
    [tcp('0.0.0.0'), files],
    [tcp('0.0.0.0'), { behindProxy: true }],
    [tcp('127.0.0.1'), { behindProxy: true }],
    [unix, { behindProxy: true }],
  ] as const) {
    assert.equal(await settled(listen, web), 'serves');
    assert.match(await settled(listen, web, false), /^forbidden: .*has to ask who calls/);
  }
  assert.equal(await settled(tcp('127.0.0.1'), files, false), 'serves');
});

it('AC43 has a certificate with its key, which nobody else can read', async (t) => {
  const files = await openFiles(t);
  const { tlsCert, tlsKey, folder } = files;
  const all = tcp('0.0.0.0');
  assert.match(await settled(all, { tlsCert }), /^invalid_input: tls-cert is said and tls-key is not/);
  assert.match(await settled(all, { tlsKey }), /^invalid_input: tls-key is said and tls-cert is not/);
  assert.match(await settled(unix, files), /^invalid_input: .*no use for a certificate/);
  assert.match(
    await settled(all, { ...files, tlsKey: tlsCert }),
    /^forbidden: .*read by others|^invalid_input/,
  );
  assert.match(await settled(all, { ...files, tlsCert: join(folder, 'none') }), /ENOENT.*Name a file/);
  assert.match(await settled(all, { ...files, tlsKey: folder }), /EISDIR/);
  await writeFile(tlsCert, 'no certificate');
  assert.match(await settled(all, files), /^invalid_input: .*are not a certificate and its key/);
  if (process.platform === 'win32') return;
  for (const mode of [0o644, 0o604, 0o660]) {
    await chmod(tlsKey, mode);
    assert.match(await settled(all, files), /^forbidden: .*can be read by others.*chmod 600/);
  }
});

it('AC43 sends a token to no other machine without TLS', async () => {
  for (const url of ['http://hub.example', 'http://10.0.0.5:8321', 'http://127.0.0.1.evil.example']) {
    const refused = await connectHub(url, { token: 'sbx_x' });
    assert.match(refused.ok ? '' : `${refused.code}: ${refused.message}`, /^forbidden: .*https:\/\//);
  }
  // Where nobody listens: it was tried.
  for (const url of ['http://127.0.0.1:1', 'http://[::1]:1', 'https://localhost:1']) {
    const refused = await connectHub(url, { token: 'sbx_x' });
    assert.equal(refused.ok ? '' : refused.code, 'stopping', url);
  }
});

it('AC43 is called by a name that its certificate is for, and on this machine else', () => {
  const at = (host: string, web: Partial<WebSettings>, secure = false) => {
    const listening = { at: { kind: 'tcp', host, port: 8321, ...(secure && { secure }) } as const, url: '' };
    const exposure = {
      ...onThisMachine,
      behindProxy: web.behindProxy === true,
      tls: secure ? { cert, key } : undefined,
    };
    const { url, publicUrl } = addressesOf(listening, exposure, { ...nothing, ...web });
    return url === publicUrl ? url : [url, publicUrl];
  };
  const allowedHosts = ['other.example', 'hub.example:444'];
  assert.equal(at('127.0.0.1', {}), 'http://127.0.0.1:8321');
  assert.equal(at('::1', {}), 'http://[::1]:8321');
  assert.equal(at('0.0.0.0', { allowedHosts }, true), 'https://hub.example:8321');
  assert.equal(at('127.0.0.1', {}, true), 'https://127.0.0.1:8321');
  const behindProxy = true;
  assert.equal(at('0.0.0.0', { behindProxy }), 'http://127.0.0.1:8321');
  assert.deepEqual(at('::', { behindProxy, allowedHosts }), ['http://[::1]:8321', 'https://other.example']);
});

it('AC44 answers to the names that it listens on, and to those that were allowed', async () => {
  const hostsOf = async (listen: Listen, allowedHosts: readonly string[] = []) => {
    const web = { ...nothing, behindProxy: true, allowedHosts };
    const outcome = await settleExposure({ listen, auth: true, web });
    assert(outcome.ok);
    const visitors = new Visitors(outcome.value);
    return ['localhost:1', '10.0.0.5:8321', '0.0.0.0', '[2001:db8::5]:1', 'hub.example'].map(
      (host) => visitors.refusal({ host }) === undefined,
    );
  };
  assert.deepEqual(await hostsOf(tcp('10.0.0.5')), [true, true, false, false, false]);
  assert.deepEqual(await hostsOf(tcp('2001:DB8::5')), [true, false, false, true, false]);
  assert.deepEqual(await hostsOf(tcp('0.0.0.0'), ['hub.example']), [true, false, false, false, true]);
  assert.deepEqual(await hostsOf(unix), [true, false, false, false, false]);
});

it('AC45 takes the word of the proxy, in the header that it uses, and not of the client', async () => {
  const said = { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.2' };
  for (const [proxyHeader, remote] of [
    ['x-forwarded-for', '192.0.2.1'],
    ['forwarded', '192.0.2.2'],
  ] as const) {
    const web = { ...nothing, behindProxy: true, proxyHeader };
    const exposure = await settleExposure({ listen: unix, auth: true, web });
    assert(exposure.ok);
    const request = new IncomingMessage(new Socket());
    Object.assign(request.headers, said);
    assert.equal(credentialsOf(request, exposure.value).remote, remote);
  }
});

it('AC45 lets no principal have more under way than the limit', () => {
  assert.deepEqual([underWayPerPrincipalMax, connectionsPerNetworkMax], [2_048, 1_024]);
  const callers = new Callers(underWayPerPrincipalMax);
  const begin = () => callers.begin('anna')?.code;
  const all = Array.from({ length: underWayPerPrincipalMax }, begin);
  assert.deepEqual([...new Set(all)], [undefined]);
  assert.deepEqual([begin(), callers.begin('bert')], ['rate_limited', undefined]);
  callers.end('anna');
  assert.deepEqual([begin(), begin()], [undefined, 'rate_limited']);
});
