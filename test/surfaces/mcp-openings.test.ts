/* What the clients of today send first, as it was recorded of them, and what they rely on after it. */
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { type TestContext, describe, it } from 'node:test';
import { openStdio } from './stdio-surface.ts';
import { type Message, RawMcp, initialize, modern, notification, request } from './raw-mcp.ts';
import { type Served, serve } from './serving.ts';

const resultIn = (messages: readonly Message[]): Readonly<Record<string, unknown>> => {
  const [message, ...more] = messages;
  assert.deepEqual(more, []);
  assert(message?.result !== undefined, JSON.stringify(message));
  return message.result;
};

const toolsIn = (messages: readonly Message[]): readonly string[] =>
  (resultIn(messages)['tools'] as readonly { name: string }[]).map(({ name }) => name);

const initialized = notification('notifications/initialized');

interface Opening {
  readonly client: string;
  readonly version: string;
  readonly capabilities: object;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it names the revision in a header once it has been agreed on. */
  readonly namesVersion: boolean;
  readonly callMeta: object;
  /** Whether it ends its session when it ends. */
  readonly deletes: boolean;
}

const openings: readonly Opening[] = [
  {
    client: 'claude-code',
    version: '2025-11-25',
    capabilities: { roots: { listChanged: true }, elicitation: { form: {}, url: {} } },
    headers: { 'user-agent': 'claude-code/2.1.329 (cli)' },
    namesVersion: true,
    callMeta: { 'claudecode/toolUseId': 'toolu_01', progressToken: 2 },
    deletes: false,
  },
  {
    client: 'codex-mcp-client',
    version: '2025-06-18',
    capabilities: { elicitation: { form: {}, url: {} }, experimental: { 'codex/auth-change': {} } },
    headers: { 'user-agent': 'codex/0.169.0' },
    namesVersion: true,
    callMeta: {
      threadId: '019a',
      sessionId: '019a',
      'x-codex-turn-metadata': { thread_id: '019a', turn_id: '1', sandbox: 'workspace-write' },
      progressToken: 0,
    },
    deletes: true,
  },
  {
    client: 'gemini-cli-mcp-client',
    version: '2025-06-18',
    capabilities: { roots: { listChanged: true } },
    headers: { 'user-agent': 'GeminiCLI/0.61.0' },
    namesVersion: false,
    callMeta: {},
    deletes: false,
  },
];

const url = ({ url: base }: Served): string => `${base}/mcp`;

for (const { client: name, version, capabilities, headers, namesVersion, callMeta, deletes } of openings) {
  describe(`${name} on a revision with sessions`, () => {
    it('is let in, opens its stream, lists, calls, and leaves in its own way', async (t) => {
      const served = await serve(t);
      const stranger = new RawMcp(t, url(served), headers);
      const begun = await stranger.post(initialize(version, capabilities, name));
      assert.equal(begun.status, 200);
      const { protocolVersion, serverInfo } = resultIn(begun.messages);
      assert.equal(protocolVersion, version);
      assert.equal((serverInfo as { name: string }).name, 'signalbox');
      const session = begun.headers.get('mcp-session-id') ?? '';
      const client = stranger.with({
        'mcp-session-id': session,
        ...(namesVersion && { 'mcp-protocol-version': version }),
      });

      const accepted = await client.post(initialized);
      assert.deepEqual([accepted.status, accepted.messages], [202, []]);
      const stream = await client.get();
      assert(toolsIn((await client.post(request(1, 'tools/list'))).messages).includes('start'));
      const called = await client.post(
        request(2, 'tools/call', { name: 'start', arguments: {}, _meta: callMeta }),
      );
      const started = resultIn(called.messages)['structuredContent'] as { agent: string };
      assert.equal(started.agent, `${name}-1`);
      const { caller } = served.calls.at(-1) ?? {};
      assert.deepEqual([caller?.connection, caller?.client], [`mcp:${session}`, name]);

      if (deletes) {
        assert.equal(await client.delete(), 200);
        assert.equal(await stream.next(), undefined);
        assert.equal(served.left.length, 1);
      } else {
        await stream.cut();
        assert.equal(served.left.length, 0);
      }
    });
  });
}

const claudeMeta = { 'claudecode/toolUseId': 'toolu_02', progressToken: 5 };

describe('claude-code on the revision without sessions', () => {
  it('asks what there is, lists, listens for new tools, and calls', async (t) => {
    const served = await serve(t);
    const client = new RawMcp(t, url(served), { 'user-agent': 'claude-code/2.1.329 (cli)' });
    const ask = async (id: number, method: string, params = {}) => {
      const { body, headers } = modern(id, method, params);
      const { status, headers: answered, messages } = await client.post(body, headers);
      assert.deepEqual([status, answered.get('mcp-session-id')], [200, null]);
      return messages;
    };
    const discovered = resultIn(await ask(1, 'server/discover'));
    assert.deepEqual(discovered['supportedVersions'], ['2026-07-28']);
    assert.equal(discovered['resultType'], 'complete');
    assert.match(String(discovered['instructions']), /^Signalbox/);
    assert(Number(discovered['ttlMs']) > 0);
    assert(toolsIn(await ask(2, 'tools/list')).includes('start'));

    const { body, headers } = modern(3, 'subscriptions/listen', {
      notifications: { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true },
    });
    const stream = await client.postStream(body, headers);
    const acknowledged = await stream.message();
    assert.equal(acknowledged.method, 'notifications/subscriptions/acknowledged');
    assert.deepEqual(acknowledged.params?.['notifications'], { toolsListChanged: true });

    const called = await ask(4, 'tools/call', { name: 'start', arguments: {}, _meta: claudeMeta });
    assert.equal(resultIn(called)['isError'] ?? false, false);
    assert.equal(served.calls.at(-1)?.requestId, 'toolu_02');
    await stream.cut();
  });

  it('is told what there is when it asks for a revision that is newer still', async (t) => {
    const served = await serve(t);
    const client = new RawMcp(t, url(served));
    const { body, headers } = modern(1, 'server/discover');
    const text = JSON.stringify(body).replaceAll('2026-07-28', '2027-03-01');
    const { status, messages } = await client.post(text, {
      ...headers,
      'mcp-protocol-version': '2027-03-01',
    });
    assert.equal(status, 400);
    assert.equal(messages[0]?.error?.code, -32022);
    assert.deepEqual(messages[0]?.error?.['data'], { supported: ['2026-07-28'], requested: '2027-03-01' });
  });

  it('falls back to initialize at the same address, whatever it tried before', async (t) => {
    const served = await serve(t);
    const client = new RawMcp(t, url(served));
    const plain = await client.post(request(1, 'server/discover'));
    assert.equal(plain.status, 400);
    assert.equal(plain.messages[0]?.error?.code, -32000);
    const { body, headers } = modern(2, 'server/discover');
    assert.equal((await client.post(body, headers)).status, 200);
    assert.equal(
      resultIn((await client.post(initialize('2025-11-25'))).messages)['protocolVersion'],
      '2025-11-25',
    );
  });
});

describe('the revision that is agreed on', () => {
  const asked: readonly [string, string][] = [
    ['2024-11-05', '2024-11-05'],
    ['2025-03-26', '2025-03-26'],
    ['2025-06-18', '2025-06-18'],
    ['2025-11-25', '2025-11-25'],
    ['1999-01-01', '2025-11-25'],
    ['2026-07-28', '2025-11-25'],
    ['2099-01-01', '2025-11-25'],
  ];
  for (const [version, answered] of asked) {
    it(`is ${answered} when initialize asks for ${version}`, async (t) => {
      const served = await serve(t);
      const { status, messages } = await new RawMcp(t, url(served)).post(initialize(version));
      assert.equal(status, 200);
      assert.equal(resultIn(messages)['protocolVersion'], answered);
    });
  }

  it('may be one with batches', async (t) => {
    const served = await serve(t);
    const stranger = new RawMcp(t, url(served));
    const begun = await stranger.post(initialize('2025-03-26'));
    const client = stranger.with({ 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '' });
    const { status, messages } = await client.post([
      request(1, 'ping'),
      initialized,
      request(2, 'tools/list'),
    ]);
    assert.equal(status, 200);
    assert.deepEqual(new Set(messages.map(({ id }) => id)), new Set([1, 2]));
  });

  for (const version of ['2025-06-18', '2025-11-25']) {
    it(`has none when it is ${version}`, async (t) => {
      const served = await serve(t);
      const stranger = new RawMcp(t, url(served), { 'mcp-protocol-version': version });
      const begun = await stranger.post(initialize(version));
      const client = stranger.with({ 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '' });
      const { status, messages } = await client.post([request(1, 'ping'), request(2, 'ping')]);
      assert.equal(status, 400);
      assert.equal(messages[0]?.error?.code, -32600);
      assert.equal((await client.post(request(3, 'ping'))).status, 200);
    });
  }
});

/** The surface of a stdio process, and a way to write to it line by line. */
const openPipe = (context: TestContext, served: Served) => {
  const { input, output } = openStdio(context, served);
  const lines = createInterface({ input: output })[Symbol.asyncIterator]();
  return {
    say: (message: object): unknown => input.write(`${JSON.stringify(message)}\n`),
    /** The next answer; what the server tells unasked is passed over. */
    hear: async (): Promise<Message> => {
      for (;;) {
        const { value, done } = await lines.next();
        assert(done !== true, 'the pipe ended before the answer came');
        const message = JSON.parse(value) as Message;
        if (message.id !== undefined) return message;
      }
    },
  };
};

describe('a pipe', () => {
  it('is asked what there is, and then used with a revision before that', async (t) => {
    const { say, hear } = openPipe(t, await serve(t));
    say(modern(1, 'server/discover').body);
    assert.deepEqual((await hear()).result?.['supportedVersions'], ['2026-07-28']);
    say(initialize('2025-06-18'));
    assert.equal((await hear()).result?.['protocolVersion'], '2025-06-18');
    say(initialized);
    say(request(2, 'tools/list'));
    assert(toolsIn([await hear()]).includes('start'));
    say(request(3, 'tools/call', { name: 'start', arguments: { agent: 'anna' } }));
    assert.match(JSON.stringify((await hear()).result), /"agent":"anna"/);
  });

  it('is used with the revision without sessions from its first message', async (t) => {
    const { say, hear } = openPipe(t, await serve(t));
    say(modern(1, 'server/discover').body);
    assert.equal((await hear()).result?.['resultType'], 'complete');
    say(modern(2, 'tools/call', { name: 'start', arguments: {}, _meta: claudeMeta }).body);
    assert.match(JSON.stringify((await hear()).result), /"agent":"raw-1"/);
  });

  it('learns at once that there is no method of a name', async (t) => {
    const { say, hear } = openPipe(t, await serve(t));
    say(initialize('2025-11-25'));
    await hear();
    say(initialized);
    say(request(2, 'no/such/method'));
    assert.equal((await hear()).error?.code, -32601);
  });
});
