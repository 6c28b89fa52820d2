/* What `signalbox mcp` makes of the file of a hub, and what hubs make of one another's. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { readHubFile, writeHubFile } from './hub-file.ts';
import { version } from './version.ts';

const main = join(import.meta.dirname, 'main.ts');

/** A directory that goes away with the test, after the programs have ended: one that writes there meanwhile keeps it. */
const directoryFor = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-found-'));
  context.after(async () => {
    for (const program of programs) await program.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
};

/** A process of the program, with what it has said so far. */
class Program {
  readonly child: ChildProcess;
  readonly #ended: Promise<unknown>;
  out = '';
  err = '';

  constructor(dataDir: string, args: readonly string[]) {
    const { SIGNALBOX_URL: _url, ...env } = process.env;
    const child = spawn(process.execPath, [main, ...args, '--data-dir', dataDir], {
      env: { ...env, SIGNALBOX_WORKSPACE: 'main' },
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.child = child;
    this.#ended = once(child, 'close');
    programs.add(this);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    await this.#ended;
    programs.delete(this);
    return this.child.exitCode;
  }

  /** Waits until it has said on stdout what matches. */
  async said(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.out);
      if (found !== null) return found[1] ?? '';
      assert(this.child.exitCode === null && this.child.stdout !== null, `it ended: ${this.err}`);
      await Promise.race([once(this.child.stdout, 'data'), this.#ended]);
    }
  }
}

/** Those that may be running. */
const programs = new Set<Program>();

const startHub = async (dataDir: string) => {
  const program = new Program(dataDir, ['serve', '--port', '0', '--insecure-no-auth']);
  return { program, url: await program.said(/ready on (http:\/\/\S+)[\s\S]*Ctrl-C/) };
};

/** Puts a task on the board through a `signalbox mcp` of its own; what that said on stderr. */
const addOverStdio = async (dataDir: string, title: string): Promise<string> => {
  const program = new Program(dataDir, ['mcp', '--workspace', 'stdio']);
  const say = (message: object): unknown =>
    program.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const clientInfo = { name: 'test', version: '1' };
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };
  say({ id: 1, method: 'initialize', params });
  await program.said(/"id":1\b/);
  say({ method: 'notifications/initialized' });
  say({ id: 2, method: 'tools/call', params: { name: 'task_add', arguments: { title } } });
  await program.said(/"id":2\b/);
  assert.match(program.out, /T-1/);
  await program.end('SIGTERM');
  return program.err;
};

const healthOf = async (url: string) =>
  z.looseObject({ id: z.string() }).parse(await (await fetch(`${url}/health`)).json());

const workspacesOf = async (url: string): Promise<string> =>
  (await fetch(`${url}/v1/operations/workspace_list`, { method: 'POST', body: '{}' })).text();

test('the hub of the file gets the calls', async (context) => {
  const dataDir = directoryFor(context);
  const { url } = await startHub(dataDir);
  const { id } = await healthOf(url);
  assert.equal((await readHubFile(dataDir))?.id, id);
  assert.equal(await addOverStdio(dataDir, 'x'), '');
  assert.match(await workspacesOf(url), /"stdio"/);
});

test('a hub of another data directory at the address in the file gets nothing', async (context) => {
  const [mine, others] = [directoryFor(context), directoryFor(context)];
  const { program } = await startHub(mine);
  await program.end('SIGKILL');
  const stale = await readHubFile(mine);
  assert(stale !== undefined, 'a killed hub leaves its file');
  const { url } = await startHub(others);
  assert.notEqual((await healthOf(url)).id, stale.id);
  await writeHubFile(mine, { ...stale, url });
  assert.match(await addOverStdio(mine, 'x'), /is gone; opening the journals instead/);
  assert.doesNotMatch(await workspacesOf(url), /"stdio"/);
  assert(existsSync(join(mine, 'workspaces', 'stdio.journal')));
});

test('an address that does not answer is given up soon, and not in silence', async (context) => {
  const dataDir = directoryFor(context);
  const waits: number[] = [];
  const server = createServer((socket) => {
    const from = performance.now();
    socket.on('error', () => {});
    socket.resume().once('close', () => waits.push(performance.now() - from));
  }).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  await writeHubFile(dataDir, { id: 'hub', url: `http://127.0.0.1:${address.port}`, pid: 1 });
  assert.match(await addOverStdio(dataDir, 'x'), /"warn".* opening the journals instead/);
  assert.equal(waits.length, 1);
  assert((waits[0] ?? 0) < 4_000, `it took ${waits[0]} ms`);
});

test('a hub that cannot write its file says so and serves on', async (context) => {
  const dataDir = directoryFor(context);
  mkdirSync(join(dataDir, 'hub.json'));
  const { program, url } = await startHub(dataDir);
  await healthOf(url);
  assert.equal(await program.end('SIGTERM'), 0, program.err);
  assert.match(
    program.err,
    /^\{"level":"warn",.*"hub\.json cannot be written \(.+\): agents will not find this hub by themselves; give them its address"\}\n$/,
  );
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => name.startsWith('hub.json')),
    ['hub.json'],
    'no draft stays behind',
  );
});

test('a second hub on a data directory leaves the file to the first, and serves', async (context) => {
  const dataDir = directoryFor(context);
  const first = await startHub(dataDir);
  const file = await readHubFile(dataDir);
  assert.equal(file?.url, first.url);
  const second = await startHub(dataDir);
  assert.deepEqual(await readHubFile(dataDir), file);
  assert.equal((await healthOf(second.url)).id, file?.id);
  assert.equal(await second.program.end('SIGTERM'), 0);
  assert(
    second.program.err.includes(
      `a hub with URL ${first.url} already serves this data directory (version ${version}, process ${first.program.child.pid}): `,
    ),
  );
  assert.deepEqual(await readHubFile(dataDir), file);
  assert.equal(await first.program.end('SIGTERM'), 0);
  assert.equal(first.program.err, '');
  assert.equal(await readHubFile(dataDir), undefined);
});

test('the file of a killed hub is replaced by the next', async (context) => {
  const dataDir = directoryFor(context);
  const first = await startHub(dataDir);
  await first.program.end('SIGKILL');
  const second = await startHub(dataDir);
  assert.equal((await readHubFile(dataDir))?.url, second.url);
  assert.equal(await second.program.end('SIGTERM'), 0);
  assert.equal(second.program.err, '');
});
