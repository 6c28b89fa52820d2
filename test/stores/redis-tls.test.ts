import { equal, match, ok } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { openRedisStorage } from '../../src/stores/redis/storage.ts';
import { startRedis, testsThatStartRedis } from '../../src/testing/redis-server.ts';
import { startCommand } from '../../src/testing/store-process.ts';
import { cert, key } from '../surfaces/tls-pair.ts';

const script = fileURLToPath(new URL('../../src/testing/redis-child.ts', import.meta.url));

testsThatStartRedis('Redis over TLS', () => {
  test('rediss:// speaks TLS, with a server that shows a certificate that is trusted', {
    timeout: 30_000,
  }, async (context) => {
    const directory = mkdtempSync(join(tmpdir(), 'signalbox-redis-'));
    const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
    const server = await startRedis({
      directory,
      settings: [
        'port 0',
        'tls-port $port',
        `tls-cert-file ${certFile}`,
        `tls-key-file ${keyFile}`,
        `tls-ca-cert-file ${certFile}`,
        'tls-auth-clients no',
      ],
    });
    context.after(server.stop);
    const url = `rediss://127.0.0.1:${server.port}`;
    const untrusted = await openRedisStorage({ url, cluster: 'test', acceptDataLossWindow: false });
    ok(!untrusted.ok);
    match(
      untrusted.message,
      /rediss:\/\/127\.0\.0\.1:\d+\/0\) cannot be reached.*self-signed certificate.*NODE_EXTRA_CA_CERTS/,
    );
    const plain = await openRedisStorage({
      url: server.url,
      cluster: 'test',
      acceptDataLossWindow: false,
    });
    ok(!plain.ok);
    match(plain.message, /cannot be reached/);
    const trusting = ['env', `NODE_EXTRA_CA_CERTS=${certFile}`, process.execPath];
    const child = startCommand(context, [...trusting, script, 'hold', url, 'test', '1000']);
    equal(await child.line(), 'elected');
  });
});
