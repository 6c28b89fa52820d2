/* Clients that take their time, so that nobody else gets any. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { z } from 'zod';
import { headersTimeoutMs, keepAliveTimeoutMs, requestTimeoutMs } from '../../../src/surfaces/http/limits.ts';
import type { Attack, Family } from '../harness/attack.ts';
import type { Range } from '../harness/range.ts';

/** So much faster the clock of the port goes, that nobody waits for the real limits. */
const faster = 40;
const socketsAtOnce = 200;

/** Loaded into the hub: its port keeps the limits that it was given, in a smaller unit. */
const hurry = `
  import http from 'node:http';
  import { syncBuiltinESMExports } from 'node:module';
  const plain = http.createServer;
  let given = {};
  http.createServer = ({ headersTimeout, requestTimeout, keepAliveTimeout, ...others }, ...rest) => {
    given = { headersTimeout, requestTimeout, keepAliveTimeout };
    const shorter = Object.fromEntries(Object.entries(given).map(([name, ms]) => [name, ms / ${faster}]));
    return plain({ ...others, ...shorter, connectionsCheckingInterval: 50 }, ...rest);
  };
  syncBuiltinESMExports();
  process.on('message', (asked) => { if (asked === 'limits') process.send(given); });
  process.channel?.unref();`;

const limitsSchema = z.object({
  headersTimeout: z.number(),
  requestTimeout: z.number(),
  keepAliveTimeout: z.number(),
});

const headersMs = headersTimeoutMs / faster;
const requestMs = requestTimeoutMs / faster;
const idleMs = keepAliveTimeoutMs / faster;
/** Beside the limit itself: looking for what is over, and a machine with other work. */
const graceMs = 3_000;

interface Slow {
  readonly name: string;
  /** What is sent at once, and then again and again. */
  readonly first: (range: Range) => string;
  readonly drip: string;
  readonly limitMs: number;
  readonly words: string;
}

const open = async ({ port }: Range, first: string): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  if (first !== '') socket.write(first);
  return socket;
};

/** All are over in time, and whoever is in no hurry to attack is answered meanwhile. */
const slow = ({ name, first, drip, limitMs, words }: Slow): Attack => ({
  name: `${socketsAtOnce} connections ${name}`,
  run: async (range) => {
    const sockets = await Promise.all(Array.from({ length: socketsAtOnce }, () => open(range, first(range))));
    const begunAt = performance.now();
    const over = Promise.all(
      sockets.filter((socket) => !socket.destroyed).map((socket) => once(socket, 'close')),
    );
    const dripping = setInterval(() => {
      for (const socket of sockets) if (socket.writable && drip !== '') socket.write(drip);
    }, 50);
    try {
      const asked = performance.now();
      await range.lives();
      assert(performance.now() - asked < 2_000, 'others are answered');
      await over;
      const ms = performance.now() - begunAt;
      assert(ms < limitMs + graceMs, `it took ${Math.round(ms)} ms`);
      assert(ms > limitMs / 4, 'it was the limit that ended them');
      await range.lives();
      return words;
    } finally {
      clearInterval(dripping);
      for (const socket of sockets) socket.destroy();
    }
  },
});

const lines = ({ port, authorization }: Range, line: string, more: readonly string[]): string =>
  [line, `Host: 127.0.0.1:${port}`, authorization, ...more, '', ''].join('\r\n');

const task = 'POST /v1/operations/task_add HTTP/1.1';
const headersWords = `cut off after ${headersTimeoutMs / 1_000} s; others are answered meanwhile`;
const requestWords = `cut off after ${requestTimeoutMs / 1_000} s; others are answered meanwhile`;

const unread: Attack = {
  name: '50 connections that ask for 200 answers each and read none',
  run: async (range) => {
    const one = lines(range, 'GET /openapi.json HTTP/1.1', []);
    const sockets = await Promise.all(Array.from({ length: 50 }, () => open(range, '')));
    try {
      for (const socket of sockets) {
        socket.pause();
        socket.write(one.repeat(200));
      }
      for (let i = 0; i < 20; i += 1) await range.lives();
      return 'each gets no more than its buffers hold; others are answered meanwhile';
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  },
};

const streams: Attack = {
  name: '100 streams of events that nobody reads, and many events',
  run: async (range) => {
    const first = lines(range, 'GET /v1/events HTTP/1.1', ['Accept: text/event-stream']);
    const sockets = await Promise.all(Array.from({ length: 100 }, () => open(range, first)));
    for (const socket of sockets) socket.pause();
    try {
      for (let i = 0; i < 20; i += 1) await range.must('task_add', { title: 'x'.repeat(200) });
      await range.lives();
      return 'nothing is kept for a reader but its place; others are answered meanwhile';
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  },
};

export const slowloris: Family = {
  name: 'slowloris',
  aim: 'all connections, so that nobody else is answered.',
  hub: { nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(hurry)}`] },
  control: {
    name: 'the port has the limits of the program, and a client that is quick is answered',
    run: async (range) => {
      const heard = once(range.hub.child, 'message');
      range.hub.child.send('limits');
      const [said] = await heard;
      assert.deepEqual(limitsSchema.parse(said), {
        headersTimeout: headersTimeoutMs,
        requestTimeout: requestTimeoutMs,
        keepAliveTimeout: keepAliveTimeoutMs,
      });
      await range.lives();
      return `headers ${headersTimeoutMs / 1_000} s, all of a request ${requestTimeoutMs / 1_000} s, idle ${keepAliveTimeoutMs / 1_000} s; here ${faster} times faster`;
    },
  },
  attacks: [
    slow({ name: 'that say nothing', first: () => '', drip: '', limitMs: headersMs, words: headersWords }),
    slow({
      name: 'that send a header a little at a time',
      first: () => 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ',
      drip: 'x',
      limitMs: headersMs,
      words: headersWords,
    }),
    slow({
      name: 'that send one header after the other',
      first: () => 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n',
      drip: 'X: y\r\n',
      limitMs: headersMs,
      words: headersWords,
    }),
    slow({
      name: 'that send a request line a little at a time',
      first: () => 'GET /',
      drip: 'x',
      limitMs: headersMs,
      words: headersWords,
    }),
    slow({
      name: 'that send a body a little at a time',
      first: (range) => `${lines(range, task, ['Content-Length: 100000'])}{`,
      drip: ' ',
      limitMs: requestMs,
      words: requestWords,
    }),
    slow({
      name: 'that send a body in chunks a little at a time',
      first: (range) => lines(range, task, ['Transfer-Encoding: chunked']),
      drip: '1\r\n \r\n',
      limitMs: requestMs,
      words: requestWords,
    }),
    slow({
      name: 'that promise a body and send none',
      first: (range) => lines(range, task, ['Content-Length: 10']),
      drip: '',
      limitMs: requestMs,
      words: requestWords,
    }),
    slow({
      name: 'that send a message of MCP a little at a time',
      first: (range) =>
        `${lines(range, 'POST /mcp HTTP/1.1', ['Content-Type: application/json', 'Content-Length: 100000'])}{`,
      drip: ' ',
      limitMs: requestMs,
      words: requestWords,
    }),
    slow({
      name: 'that ask once and stay',
      first: (range) => lines(range, 'GET /health HTTP/1.1', []),
      drip: '',
      limitMs: idleMs,
      words: `closed after ${keepAliveTimeoutMs / 1_000} s`,
    }),
    unread,
    streams,
  ],
};
