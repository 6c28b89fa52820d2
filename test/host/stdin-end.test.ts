/* `printf ... | signalbox mcp`: all that was asked is answered before the process ends. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { main, mainOnly, openSite, startHub, type Site } from './processes.ts';

interface Piped {
  readonly status: number | null;
  readonly errors: string;
  /** By the id of the request: the whole answer. */
  readonly answers: ReadonlyMap<number, string>;
}

/** What a process that is given these messages at once, and then the end of its input, answers. */
const piped = async (
  { dataDir }: Site,
  messages: readonly object[],
  flags: readonly string[] = [],
): Promise<Piped> => {
  const child = spawn(process.execPath, [main, 'mcp', '--data-dir', dataDir, ...flags], {
    env: { ...process.env, ...mainOnly },
  });
  const closed = once(child, 'close');
  const [out, errors] = [text(child.stdout), text(child.stderr)];
  child.stdin.end(messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''));
  await closed;
  const answers = new Map<number, string>();
  for (const line of (await out).trimEnd().split('\n')) {
    const { id } = z.looseObject({ id: z.number().optional() }).parse(JSON.parse(line));
    if (id !== undefined) answers.set(id, line);
  }
  return { status: child.exitCode, errors: await errors, answers };
};

const eras = {
  legacy: {
    opening: [
      {
        id: 1,
        method: 'initialize',
        params: {
          protocolVersion: '2025-06-18',
          capabilities: {},
          clientInfo: { name: 'raw', version: '1' },
        },
      },
      { method: 'notifications/initialized' },
    ],
    meta: {},
  },
  modern: {
    opening: [],
    meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
} as const;

for (const [era, { opening, meta }] of Object.entries(eras)) {
  const request = (id: number, method: string, params: object = {}) => ({
    id,
    method,
    params: { ...params, ...(era === 'modern' && { _meta: meta }) },
  });
  const call = (id: number, name: string, input: object = {}) =>
    request(id, 'tools/call', { name, arguments: input });
  const conversation = [
    ...opening,
    call(2, 'start', { agent: 'ada' }),
    ...Array.from({ length: 20 }, (_, i) => call(10 + i, 'task_add', { title: `task ${i}` })),
    request(40, 'tools/list'),
  ];

  describe(`stdin that ends at once, ${era}`, { concurrency: true }, () => {
    for (const way of ['over the journals', 'over a hub'] as const) {
      it(`leaves nothing unanswered ${way}`, async (t) => {
        const site = await openSite(t);
        if (way === 'over a hub') await startHub(site);
        const { status, errors, answers } = await piped(site, conversation);
        assert.deepEqual([status, errors], [0, '']);
        assert.match(answers.get(2) ?? '', /"structuredContent":\{"agent":"ada"/);
        for (let id = 10; id < 30; id += 1) assert.match(answers.get(id) ?? '', /"structuredContent"/);
        assert.match(answers.get(40) ?? '', /"task_claim"/);
      });
    }

    it('waits for a stream no longer', async (t) => {
      const listen = request(3, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
      const { status, answers } = await piped(await openSite(t), [...conversation, listen]);
      assert.equal(status, 0);
      assert.match(answers.get(29) ?? '', /"structuredContent"/);
      assert.equal(answers.has(3), true);
    });

    it('cuts waits short, and answers them', async (t) => {
      const messages = [...opening, call(2, 'start'), call(3, 'task_claim', { wait_ms: 50_000 })];
      const from = performance.now();
      const { status, answers } = await piped(await openSite(t), messages);
      assert.equal(status, 0);
      assert.match(answers.get(3) ?? '', /"isError":true.*\[nothing_free\]|\[nothing_free\].*"isError":true/);
      assert(performance.now() - from < 20_000);
    });
  });
}

describe('stdin that ends', { concurrency: true }, () => {
  it('with nothing asked ends the process, whether there is a hub or not', async (t) => {
    const site = await openSite(t);
    for (const flags of [[], ['--url', 'http://127.0.0.1:1']]) {
      const { status, errors } = await piped(site, [...eras.legacy.opening], flags);
      assert.deepEqual([status, errors], [0, '']);
    }
  });

  it('while its hub is away answers with the reason', async (t) => {
    const messages = [
      ...eras.legacy.opening,
      { id: 2, method: 'tools/call', params: { name: 'task_list', arguments: {} } },
    ];
    const { answers } = await piped(await openSite(t), messages, ['--url', 'http://127.0.0.1:1']);
    assert.match(answers.get(2) ?? '', /\[stopping\]/);
  });
});
