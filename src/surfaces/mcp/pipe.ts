import type { Readable, Writable } from 'node:stream';
import {
  type JSONRPCMessage,
  type RequestId,
  type Transport,
  isJSONRPCNotification,
  isJSONRPCRequest,
} from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { AnswerFates } from './answer-fates.ts';
import { LineGate } from './line-gate.ts';

/** A request that is answered when the stream which it opens is over. */
const streamMethod = 'subscriptions/listen';

/**
 * The SDK's pipe, but for what the end of the input means. The SDK breaks off what is under way then, so it is not told:
 * whoever owns the pipe closes it, and can wait until all that was asked is answered.
 */
export class Pipe implements Transport {
  onmessage: Transport['onmessage'];
  onclose: Transport['onclose'];
  onerror: Transport['onerror'];
  /** Resolves when the last of the input has been read. */
  readonly ended: Promise<void>;
  /** Resolves when the pipe closes, whoever closes it: a broken output or this process. */
  readonly closed: Promise<void>;
  readonly #input: Readable;
  readonly #held: LineGate;
  readonly #wire: StdioServerTransport;
  /** What becomes of the answers that are written to it. */
  readonly fates = new AnswerFates();
  readonly #unanswered = new Set<RequestId>();
  readonly #waiting = new Set<() => void>();

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#held = new LineGate((line) => void output.write(line));
    this.#wire = new StdioServerTransport(this.#held, output);
    this.ended = this.#end();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#wire.onclose = () => {
      input.unpipe(this.#held).pause();
      this.#held.destroy();
      this.#unanswered.clear();
      this.#wake();
      resolve();
      this.onclose?.();
    };
    this.#wire.onerror = (error) => this.onerror?.(error);
    this.#wire.onmessage = (message) => {
      this.#note(message);
      this.onmessage?.(message);
    };
  }

  async start(): Promise<void> {
    await this.#wire.start();
    this.#input.on('error', (error) => this.onerror?.(error)).pipe(this.#held, { end: false });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const answered = 'method' in message ? undefined : message.id;
    try {
      await this.#wire.send(message);
    } catch (thrown) {
      if (answered !== undefined) this.fates.lost(answered);
      throw thrown;
    } finally {
      if (answered !== undefined) this.#settle(answered);
    }
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  /** Resolves when every request so far has its answer, streams aside, or none will come. */
  async answered(): Promise<void> {
    while (this.#unanswered.size > 0) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async #end(): Promise<void> {
    const input = this.#input;
    if (!input.readableEnded && !input.destroyed) {
      await new Promise<void>((resolve) => input.once('end', resolve).once('close', resolve));
    }
    if (!this.#held.destroyed) this.#held.endOfInput();
    while (!this.#held.destroyed && this.#held.writableLength + this.#held.readableLength > 0) {
      await new Promise((resolve) => void setImmediate(resolve));
    }
  }

  #note(message: JSONRPCMessage): void {
    if (isJSONRPCRequest(message)) {
      this.fates.begin(message.id);
      if (message.method !== streamMethod) this.#unanswered.add(message.id);
    } else if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled') {
      const id = message.params?.['requestId'];
      if (typeof id !== 'string' && typeof id !== 'number') return;
      this.fates.lost(id);
      this.#settle(id);
    }
  }

  #settle(id: RequestId): void {
    this.#unanswered.delete(id);
    if (this.#unanswered.size === 0) this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
