/* The log of a busy hub, with everything told: none of it is a secret, or what somebody has written. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { operations } from '../../src/areas/operations.ts';
import { openSite, startHub, stdioClient } from './processes.ts';

/** In every text that callers write. */
const canary = 'zqcanary';

/** What has this in it cannot be written as JSON, and the error says what that was in every way that errors have. */
const defective = `${canary}-defect`;

const broken = `
  const { stringify } = JSON;
  JSON.stringify = (value, ...rest) => {
    const text = stringify(value, ...rest);
    if (typeof text !== 'string' || !text.includes('${defective}')) return text;
    // The log itself has to work, or nothing would be seen of what it tells.
    if (new Error().stack.includes('pino')) return text;
    const cause = new RangeError("unexpected '" + text + "'");
    throw Object.assign(new TypeError('odd: "' + text + '"', { cause }), { input: text, code: 'ERR_ODD' });
  };`;

/** Everything that can be asked, with the word in each text, by somebody who may do it all. */
const callAll = async (url: string, headers: Readonly<Record<string, string>>): Promise<void> => {
  const inputs = [
    ...operations.flatMap(({ name, examples }) =>
      examples.map(({ input }) => [name, { ...input, title: canary, body: canary, text: canary }] as const),
    ),
    ...operations.map(({ name }) => [name, { id: canary, [canary]: canary }] as const),
    ...operations.flatMap(({ name, examples }) => examples.map(({ input }) => [name, input] as const)),
    ['task_add', { title: canary, body: canary }] as const,
    ['task_add', { title: defective, body: canary }] as const,
    ['task_get', { id: defective }] as const,
  ].filter(([name]) => name !== 'wait' && name !== 'auth_enable');
  for (const [name, input] of inputs) {
    const response = await fetch(`${url}/v1/operations/${name}`, {
      method: 'POST',
      headers: { ...headers, 'signalbox-client': canary, 'idempotency-key': `${canary} ${Math.random()}` },
      body: JSON.stringify({ ...input, ...(Object.hasOwn(input, 'wait_ms') && { wait_ms: 0 }) }),
    });
    await response.text();
  }
};

/** What cannot be understood. */
const babble = async (url: string, headers: Readonly<Record<string, string>>): Promise<void> => {
  const mcp = {
    ...headers,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const garbage = [
    canary,
    `{"${canary}`,
    `{"jsonrpc":"2.0","id":"${canary}","result":{"text":"it's ${canary}"}}`,
  ];
  for (const body of [
    ...garbage,
    `{"jsonrpc":"2.0","id":1,"method":"${canary}","params":{"a":"${canary}"}}`,
  ]) {
    for (const path of ['/v1/operations/task_add', '/mcp', '/login', '/v1/login'])
      await (await fetch(`${url}${path}`, { method: 'POST', headers: mcp, body })).text();
  }
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.resume().end(`${canary} / HTTP/9.9\r\nX: ${canary}\r\n\r\n`);
  await once(socket, 'close');
};

it('a busy hub that tells everything tells no secret and nothing that callers have written', async (t) => {
  const site = await openSite(t);
  let log = '';
  // Not in an address: that would stand in the stack of what it throws.
  const preload = join(site.dataDir, 'broken.mjs');
  writeFileSync(preload, broken);
  const hub = await startHub(site, {
    auth: true,
    env: { SIGNALBOX_LOG_LEVEL: 'debug' },
    nodeArgs: ['--import', preload],
    hears: (text) => (log += text),
  });
  const owner = readFileSync(join(site.dataDir, 'token'), 'utf8').trim();
  const own = JSON.parse(readFileSync(join(site.dataDir, 'hub.json'), 'utf8')).token;
  const made = await fetch(`${hub.url}/v1/operations/token_create`, {
    method: 'POST',
    headers: { authorization: `Bearer ${owner}` },
    body: JSON.stringify({ label: canary }),
  });
  const { token: secret } = Object(await made.json());
  assert.equal(typeof secret, 'string');
  const known = { authorization: `Bearer ${owner}` };
  const started = await fetch(`${hub.url}/v1/operations/start`, {
    method: 'POST',
    headers: known,
    body: JSON.stringify({ agent: 'ada', metadata: { [canary]: canary } }),
  });
  const { session } = Object(await started.json());
  await callAll(hub.url, { ...known, 'signalbox-session': session });
  const wrong = `sbx_${'A'.repeat(43)}`;
  for (const headers of [known, { authorization: `Bearer ${wrong}` }, { authorization: `Basic ${canary}` }])
    await babble(hub.url, headers);
  await (
    await fetch(`${hub.url}/health?token=${secret}`, { headers: { cookie: `signalbox=${canary}` } })
  ).text();
  const client = await stdioClient(site);
  for (const name of ['task_add', 'message_send', canary])
    await client.callTool({ name, arguments: { title: canary, text: canary } }).catch(() => undefined);
  await client.close();
  await hub.stop();
  const lines = log.trim().split('\n');
  for (const line of lines) assert.doesNotThrow(() => JSON.parse(line), line);
  const said = (part: string): boolean => lines.some((line) => line.includes(part));
  assert.ok(said('"answered"') && said('defect '), 'it tells of calls and of defects');
  assert.ok(said('askedCall'), 'and where a defect was');
  const telling = lines.filter((line) => line.includes(canary));
  assert.deepEqual(telling, []);
  for (const shown of [owner, own, secret, wrong, session])
    assert.ok(!log.includes(String(shown).replace(/^sbx_/, '')), 'no token and no handle');
});
