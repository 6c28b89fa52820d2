/* The end of a hub: what was asked is answered, streams end as the protocol has it, and the journals are closed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, describe, it } from 'node:test';
import { type Place, type Started, openPlace } from '../cli/program.ts';
import { RawMcp, begin, modern, request } from '../surfaces/raw-mcp.ts';
import { errorOf, parseAnswer } from '../surfaces/serving.ts';

interface Running {
  readonly place: Place;
  readonly hub: Started;
  readonly url: string;
}

const startHub = async (context: TestContext, args: readonly string[] = []): Promise<Running> => {
  const place = await openPlace(context);
  const hub = place.start(['serve', '--insecure-no-auth', '--port', '0', '--workspace', 'main', ...args]);
  const url = /ready on (\S+)/.exec(await hub.says('Ctrl-C'))?.[1] ?? '';
  return { place, hub, url };
};

/** A connection, with all that has come over it. */
class Line {
  readonly #socket: Socket;
  #text = '';

  constructor(url: string) {
    this.#socket = connect(Number(new URL(url).port), '127.0.0.1');
    this.#socket.setEncoding('utf8').on('data', (part: string) => (this.#text += part));
    this.#socket.on('error', () => {});
  }

  send(...lines: readonly string[]): void {
    this.#socket.write(lines.join('\r\n'));
  }

  /** Waits until this has come. */
  async hears(part: string): Promise<void> {
    while (!this.#text.includes(part)) await once(this.#socket, 'data');
  }

  /** All that has come, once the other side has ended the connection. */
  async rest(): Promise<string> {
    if (!this.#socket.closed) await once(this.#socket, 'close');
    return this.#text;
  }
}

const agent = 'Signalbox-Connection: test';

const callText = (operation: string, body: string): readonly string[] => [
  `POST /v1/operations/${operation} HTTP/1.1`,
  'Host: localhost',
  agent,
  `Content-Length: ${body.length}`,
  '',
  body,
];

const start = async (url: string): Promise<void> => {
  const headers = { 'signalbox-connection': 'test' };
  const response = await fetch(`${url}/v1/operations/start`, { method: 'POST', headers, body: '{}' });
  assert.equal(response.status, 200);
};

/** A call that waits for a task: what comes before it on its connection is answered once it has been begun. */
const waitForTask = async (url: string): Promise<Line> => {
  const line = new Line(url);
  line.send(
    'GET /openapi.json HTTP/1.1',
    'Host: localhost',
    '',
    ...callText('task_claim', '{"wait_ms":50000}'),
  );
  await line.hears('"openapi"');
  return line;
};

describe('a hub that is told to stop', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`answers a call that waits, and leaves the journals closed: ${signal}`, async (t) => {
      const { place, hub, url } = await startHub(t);
      await start(url);
      const line = await waitForTask(url);
      assert(existsSync(join(place.dataDir, 'hub.json')));
      assert(readdirSync(place.dataDir).includes('hub.journal-wal'));
      hub.kill(signal);
      const answer = (await line.rest()).split('HTTP/1.1 ')[2] ?? '';
      const { status, head, body } = parseAnswer(`HTTP/1.1 ${answer}`);
      assert.deepEqual([status, errorOf(body).code], [503, 'stopping']);
      assert.match(head, /^connection: close$/im);
      const { status: exit, err } = await hub.ended;
      assert.deepEqual([exit, err], [0, '']);
      const files = readdirSync(place.dataDir, { recursive: true }).map(String);
      assert.deepEqual(
        files.filter((file) => /-wal$|-shm$|hub\.json/.test(file)),
        [],
      );
      assert(files.includes(join('workspaces', 'main.journal')));
    });
  }

  it('takes an upload that has begun, and answers it', async (t) => {
    const { hub, url } = await startHub(t);
    await start(url);
    const waiting = await waitForTask(url);
    const body = JSON.stringify({ title: 'x', body: 'y'.repeat(10_000) });
    const [head = '', ...rest] = callText('task_add', body);
    const upload = new Line(url);
    upload.send(head, 'Expect: 100-continue', ...rest.slice(0, -1), body.slice(0, 5_000));
    await upload.hears('100 Continue');
    hub.kill('SIGTERM');
    // Its answer shows that the hub is stopping.
    await waiting.rest();
    upload.send(body.slice(5_000));
    assert.match(await upload.rest(), /HTTP\/1\.1 200 OK[\s\S]*connection: close[\s\S]*"T-1"/i);
    assert.equal((await hub.ended).status, 0);
  });
});

describe('a hub that is stopping', () => {
  it('says so to those who ask while it still answers', async (t) => {
    const { hub, url } = await startHub(t);
    await start(url);
    const waiting = await waitForTask(url);
    const paths = ['/ready', '/health'];
    // What is asked next has begun when the hub hears that it is to stop, and ends later.
    const lines = paths.map((path) => {
      const line = new Line(url);
      const head = `GET ${path} HTTP/1.1`;
      line.send(head, 'Host: localhost', '', head, 'Host: local');
      return line;
    });
    for (const line of lines) await line.hears('HTTP/1.1 200 OK');
    hub.kill('SIGTERM');
    await waiting.rest();
    for (const line of lines) line.send('host', '', '');
    const [ready, health] = await Promise.all(lines.map((line) => line.rest()));
    assert.match(ready ?? '', /HTTP\/1\.1 503 [\s\S]*\{"ready":false,"reason":"stopping"\}$/);
    assert.match(health ?? '', /HTTP\/1\.1 503 [\s\S]*"status":"stopping"/);
    assert.equal((await hub.ended).status, 0);
  });

  it('answers calls over MCP in both eras, and ends streams with their last result', async (t) => {
    const { hub, url } = await startHub(t);
    const client = new RawMcp(t, `${url}/mcp/`);
    const listen = modern(7, 'subscriptions/listen', {
      notifications: { resourceSubscriptions: ['signalbox://board'] },
    });
    const stream = await client.postStream(listen.body, listen.headers);
    assert.equal((await stream.message()).method, 'notifications/subscriptions/acknowledged');
    const { client: legacy } = await begin(t, `${url}/mcp`);
    const notifications = await legacy.get();
    const call = (id: number, name: string, args: object) => ({
      name,
      arguments: args,
      _meta: { progressToken: id },
    });
    await legacy.post(request(1, 'tools/call', call(1, 'start', { agent: 'old' })));
    const modernCall = (id: number, name: string, args: object) => {
      const { body, headers } = modern(id, 'tools/call', call(id, name, args));
      return [body, { ...headers, 'signalbox-connection': 'new' }] as const;
    };
    assert.equal((await client.post(...modernCall(2, 'start', { agent: 'new' }))).status, 200);
    // The first word on its progress shows that a call is under way.
    const waits = [
      await legacy.postStream(request(3, 'tools/call', call(3, 'task_claim', { wait_ms: 50_000 }))),
      await client.postStream(...modernCall(4, 'task_claim', { wait_ms: 50_000 })),
    ];
    for (const wait of waits) assert.equal((await wait.message()).method, 'notifications/progress');
    hub.kill('SIGTERM');
    for (const wait of waits) {
      let message = await wait.message();
      while (message.method === 'notifications/progress') message = await wait.message();
      assert.match(JSON.stringify(message.result), /\[stopping\]/);
      assert.equal(await wait.next(), undefined);
    }
    const last = await stream.message();
    assert.deepEqual([last.id, last.result?.['resultType']], [7, 'complete']);
    assert.deepEqual([await stream.next(), await notifications.next()], [undefined, undefined]);
    assert.equal((await hub.ended).status, 0);
  });
});

const begunUpload = async (url: string): Promise<Line> => {
  const upload = new Line(url);
  upload.send(
    'POST /v1/operations/task_add HTTP/1.1',
    'Host: localhost',
    'Content-Length: 9',
    'Expect: 100-continue',
    '',
    '',
  );
  await upload.hears('100 Continue');
  return upload;
};

describe('a second signal', () => {
  it('ends the hub at once, whatever is under way', async (t) => {
    const { hub, url } = await startHub(t);
    const upload = await begunUpload(url);
    hub.kill('SIGTERM');
    hub.kill('SIGINT');
    const { status, signal } = await hub.ended;
    assert.equal(status, null);
    assert(signal === 'SIGINT' || signal === 'SIGTERM');
    await upload.rest();
  });

  it('of the same kind does so as well, unless it only repeats the first', async (t) => {
    const script = `
      const { stopSignal } = await import(${JSON.stringify(import.meta.resolve('../../src/host/stop-signal.ts'))});
      const told = stopSignal();
      process.emit('SIGINT', 'SIGINT');
      process.emit('SIGINT', 'SIGINT');
      process.stdout.write(await told);
      setInterval(() => process.emit('SIGINT', 'SIGINT'), 1);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    t.after(() => child.kill('SIGKILL'));
    const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    assert.deepEqual([said, child.signalCode], ['SIGINT', 'SIGINT']);
  });
});

/** Makes a process hear a signal at the very moment when it says this in its log. */
const hearingAt = (part: string): string => {
  const script = `
    const { stderr } = process;
    const write = stderr.write;
    stderr.write = (text, ...rest) => {
      if (String(text).includes(${JSON.stringify(part)})) process.emit('SIGTERM', 'SIGTERM');
      return write.call(stderr, text, ...rest);
    };`;
  return `--import data:text/javascript,${encodeURIComponent(script)}`;
};

describe('a signal before the hub is ready', () => {
  it('ends it like any other, and nothing is announced', async (t) => {
    const place = await openPlace(t);
    const { status, out, err } = await place.run(['serve', '--port', '0', '--log-level', 'info'], {
      env: { NODE_OPTIONS: hearingAt('"listening"') },
    });
    assert.deepEqual([status, out], [0, '']);
    assert.match(err, /"told to stop"[\s\S]*"stopped"/);
    assert.deepEqual(
      readdirSync(place.dataDir).filter((file) => /-wal$|hub\.json/.test(file)),
      [],
    );
  });
});
