import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type TestContext, describe, it } from 'node:test';
import { newTokenText } from '../../host/access/token-text.ts';
import { connectFound } from '../../host/found-hub.ts';
import { connectHub } from '../../surfaces/http/client.ts';

const id = '00000000-0000-4000-8000-000000000000';
const ofFile = newTokenText();
const lasting = newTokenText();

/** Somebody who has the address of a hub, says to be it, and notes what is shown. */
const openListener = async (context: TestContext, said: unknown = { status: 'ok', id, version: '1.0.0' }) => {
  const asked: string[] = [];
  const shown: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    shown.push(...(request.headers.authorization === undefined ? [] : [request.headers.authorization]));
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(said));
  }).listen(0, '127.0.0.1');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  return { url: `http://127.0.0.1:${address.port}`, asked, shown };
};

/** A process of this user that does nothing. */
const openProcess = (context: TestContext): ChildProcess => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'ignore' });
  context.after(() => child.kill('SIGKILL'));
  return child;
};

const end = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL');
  await once(child, 'exit');
};

const call = {
  operation: 'task_list',
  input: {},
  caller: {
    principal: 'owner',
    role: 'admin',
    kind: 'person',
    agent: undefined,
    session: undefined,
    connection: 'c',
    client: undefined,
  },
  workspace: undefined,
  requestId: 'r-1',
  signal: undefined,
} as const;

describe('AC49 a token is shown', () => {
  it('to nobody who is no hub', async (t) => {
    const { url, asked, shown } = await openListener(t, { hello: 'world' });
    const found = await connectHub(url, { token: lasting });
    assert.equal(found.ok, false);
    assert.deepEqual([asked, shown], [['GET /health'], []]);
  });

  it('to no other hub than that of the file', async (t) => {
    const { url, asked, shown } = await openListener(t);
    const file = { id: `${id.slice(0, -1)}1`, url, pid: process.pid, token: ofFile };
    for (const token of [lasting, undefined]) assert.equal(await connectFound(file, token), undefined);
    assert.deepEqual([asked, shown], [['GET /health', 'GET /health'], []]);
  });

  it('where it outlasts the hub, to nobody who has its address once its process has ended', async (t) => {
    const { url, asked, shown } = await openListener(t);
    const child = openProcess(t);
    await end(child);
    const file = { id, url, pid: child.pid ?? 0, token: ofFile };
    assert.equal(await connectFound(file, lasting), undefined);
    assert.deepEqual([asked, shown], [[], []]);
  });

  it('also not by who was connected to the hub before', async (t) => {
    const { url, asked, shown } = await openListener(t);
    const child = openProcess(t);
    const hub = await connectFound({ id, url, pid: child.pid ?? 0, token: ofFile }, lasting);
    assert.ok(hub !== undefined);
    t.after(() => hub.close());
    await hub.attempt(call);
    assert.deepEqual(shown, [`Bearer ${lasting}`]);
    await end(child);
    const before = asked.length;
    const attempt = await hub.attempt(call);
    assert.deepEqual([attempt.kind, attempt.kind === 'away' && attempt.begun], ['away', false]);
    await hub.disconnect(call.caller, undefined);
    const [health, link, changes] = [
      await hub.health(),
      await hub.offerLogin(),
      await hub.openChanges(undefined, () => {}),
    ];
    assert.deepEqual([health.status, link.ok, changes.ok], ['stopping', false, false]);
    assert.equal(asked.length, before);
  });
});
