import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { takeOffice } from '../../stores/sqlite/office.ts';
import { type Listen, type Listening, listenAt } from './listen.ts';
import type { Outcome } from '../../kernel/errors.ts';

const openFolder = (context: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-listen-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
};

const newServer = (context: TestContext): Server => {
  const server = createServer((_request, response) => void response.end('here'));
  context.after(() => server.close());
  return server;
};

const unix = (path: string): Listen => ({ kind: 'unix', path });

const listen = (server: Server, path: string): Promise<Outcome<Listening>> =>
  listenAt(server, unix(path), takeOffice);

/** The lock stays, as whoever deletes it could take it from under somebody who has just opened it. */
const socketFiles = ['hub.sock', 'hub.sock.lock'];

/** A socket that nobody listens on any more, as a killed process leaves it. */
const leaveSocket = async (path: string): Promise<void> => {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', script]), 'exit');
  assert(lstatSync(path).isSocket());
};

describe('a socket', () => {
  it('is for its owner alone, and goes away with who listens', async (t) => {
    const path = join(openFolder(t), 'hub.sock');
    const server = newServer(t);
    const mask = process.umask();
    assert.deepEqual(await listen(server, path), {
      ok: true,
      value: { at: unix(path), url: `unix:${path}` },
    });
    assert.equal(lstatSync(path).mode & 0o777, 0o600);
    assert.equal(process.umask(), mask);
    server.close();
    await once(server, 'close');
    assert.throws(() => lstatSync(path), /ENOENT/);
  });
});

describe('a socket that was left behind', () => {
  it('is taken over', async (t) => {
    const folder = openFolder(t);
    const path = join(folder, 'hub.sock');
    await leaveSocket(path);
    const listening = await listen(newServer(t), path);
    assert(listening.ok);
    assert.deepEqual(readdirSync(folder), socketFiles);
    assert.equal(lstatSync(path).mode & 0o777, 0o600);
  });

  it('is one starter’s only', async (t) => {
    const folder = openFolder(t);
    const path = join(folder, 'hub.sock');
    await leaveSocket(path);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => listen(newServer(t), path)));
    assert.equal(outcomes.filter(({ ok }) => ok).length, 1);
    for (const outcome of outcomes) if (!outcome.ok) assert.equal(outcome.details['reason'], 'EADDRINUSE');
    assert.deepEqual(readdirSync(folder), socketFiles);
  });

  it('is left alone while somebody else takes it', async (t) => {
    const path = join(openFolder(t), 'hub.sock');
    await leaveSocket(path);
    const giveBack = takeOffice(`${path}.lock`);
    assert(giveBack !== undefined);
    const refused = await listen(newServer(t), path);
    assert(!refused.ok);
    assert.equal(refused.details['reason'], 'EADDRINUSE');
    giveBack();
    assert((await listen(newServer(t), path)).ok);
  });
});

describe('a socket that is asked for', () => {
  it('is left alone while it is in use', async (t) => {
    const path = join(openFolder(t), 'hub.sock');
    const first = newServer(t);
    assert((await listen(first, path)).ok);
    const refused = await listen(newServer(t), path);
    assert(!refused.ok);
    assert.deepEqual([refused.code, refused.details['reason']], ['invalid_state', 'EADDRINUSE']);
    assert(refused.message.includes(`The socket ${path} is in use.`));
    assert(lstatSync(path).isSocket());
  });

  it('takes the place of nothing else', async (t) => {
    const folder = openFolder(t);
    const path = join(folder, 'file');
    writeFileSync(path, 'mine');
    for (const [at, expected] of [
      [path, /something else than a socket under/],
      [folder, /something else than a socket under/],
      [join(folder, 'none', 'hub.sock'), /The folder of the socket .* does not exist/],
      [join(path, 'hub.sock'), /The folder of the socket .* does not exist/],
    ] as const) {
      const refused = await listen(newServer(t), at);
      assert(!refused.ok);
      assert.match(refused.message, expected);
      assert.match(refused.message, /--listen/);
    }
    assert(lstatSync(path).isFile());
  });
});
