import { type Socket, connect } from 'node:net';

/**
 * The load generator: raw keep-alive sockets, one request under way per connection, latency by
 * `process.hrtime.bigint()` (nanoseconds, reported in microseconds) from writing a request to having read its whole
 * answer. It runs in a process of its own; see `load-process.ts`.
 */
export interface LoadOrder {
  readonly port: number;
  readonly connections: number;
  readonly durationMs: number;
  /** Complete HTTP requests, sent in turn; unless they are repeated, the run ends when they do. */
  readonly requests: readonly string[];
  /** Begin again with the first request after the last. */
  readonly repeat: boolean;
}

export interface LoadReport {
  readonly answers: number;
  /** Answers with another status than 200. */
  readonly refused: number;
  readonly firstRefused: string | undefined;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

export const load = async (order: LoadOrder): Promise<LoadReport> => {
  const run = new Run(order);
  const began = process.hrtime.bigint();
  const timer = setTimeout(() => run.stop(), order.durationMs);
  await Promise.all(Array.from({ length: order.connections }, () => run.connection()));
  clearTimeout(timer);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  return run.report(seconds);
};

class Run {
  readonly #order: LoadOrder;
  readonly #latenciesUs: number[] = [];
  #next = 0;
  #stopped = false;
  #refused = 0;
  #firstRefused: string | undefined;

  constructor(order: LoadOrder) {
    this.#order = order;
  }

  stop(): void {
    this.#stopped = true;
  }

  connection(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#order.port, '127.0.0.1');
      socket.setNoDelay(true);
      let sentAt = 0n;
      let received = '';
      const send = (): void => {
        const request = this.#take();
        if (request === undefined) {
          socket.end(resolve);
          return;
        }
        received = '';
        sentAt = process.hrtime.bigint();
        socket.write(request);
      };
      socket.once('connect', send);
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
        if (!isWhole(received)) return;
        this.#latenciesUs.push(Number(process.hrtime.bigint() - sentAt) / 1e3);
        this.#note(received);
        send();
      });
      failOn(socket, reject);
    });
  }

  report(seconds: number): LoadReport {
    const sorted = Float64Array.from(this.#latenciesUs).sort();
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return {
      answers: sorted.length,
      refused: this.#refused,
      firstRefused: this.#firstRefused,
      perSecond: sorted.length / seconds,
      p50Us: at(0.5),
      p99Us: at(0.99),
    };
  }

  #take(): string | undefined {
    if (this.#stopped) return undefined;
    const { requests, repeat } = this.#order;
    if (repeat && this.#next >= requests.length) this.#next = 0;
    const request = requests[this.#next];
    if (request !== undefined) this.#next += 1;
    return request;
  }

  #note(answer: string): void {
    if (answer.startsWith('HTTP/1.1 200')) return;
    this.#refused += 1;
    this.#firstRefused ??= answer;
  }
}

const failOn = (socket: Socket, reject: (reason: unknown) => void): void => {
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('the server closed a connection')));
};

/** Whether all bytes that the answer announces are here, by its length or, over a stream, by its last chunk. */
const isWhole = (received: string): boolean => {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return false;
  if (/\r\ntransfer-encoding: chunked/i.test(received.slice(0, end)))
    return received.endsWith('\r\n0\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(received)?.[1];
  return length !== undefined && received.length >= end + 4 + Number(length);
};

/** An HTTP request as it goes over the wire. */
export const requestText = (
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): string => {
  const lines = Object.entries({
    Host: '127.0.0.1',
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
};
