import type { Worker } from 'node:worker_threads';
import { startThread } from '../../journal/threads.ts';
import type { AppendRequest, StoreHealth } from '../../journal/store.ts';
import type { Seq } from '../../kernel/entry.ts';
import { loneRowsMax } from '../../journal/wakefulness.ts';
import { Rendezvous } from './rendezvous.ts';
import {
  type Truncation,
  type TruncationOutcome,
  type WriterOutcome,
  type WriterReply,
  type WriterRequest,
  type WriterSettings,
  type WriterThreadSettings,
  packed,
} from './writer-messages.ts';

/** The source in a checkout; building the package makes this the address of what it has become. */
const source = new URL('./writer-worker.ts', import.meta.url);

/**
 * The writing thread as seen from the thread that uses it. It starts when it is first needed, so that a process that
 * only reads never pays for it, and keeps the process alive only while an answer is outstanding.
 */
export class WriterThread {
  readonly #settings: WriterSettings;
  readonly #changed: () => void;
  readonly #appends = new Map<number, (outcome: WriterOutcome) => void>();
  readonly #truncations = new Map<number, (outcome: TruncationOutcome) => void>();
  readonly #checks = new Map<number, (health: StoreHealth) => void>();
  readonly #meeting = new Rendezvous();
  #worker: Worker | undefined;
  #nextId = 1;
  #watching = false;
  #closing = false;

  /** Calls `changed` when others have appended, while `watch` is in force. */
  constructor(settings: WriterSettings, changed: () => void) {
    this.#settings = settings;
    this.#changed = changed;
  }

  get started(): boolean {
    return this.#worker !== undefined;
  }

  append(request: AppendRequest): Promise<WriterOutcome> {
    return new Promise((resolve) => {
      const id = this.#register(this.#appends, resolve);
      this.#meeting.begin();
      this.#send({ kind: 'append', id, request: packed(request) });
      if (request.rows.length <= loneRowsMax && this.#meeting.worthWatching)
        setImmediate(() => this.#watchFor(id));
    });
  }

  truncate(upTo: Truncation): Promise<TruncationOutcome> {
    return new Promise((resolve) => {
      const id = this.#register(this.#truncations, resolve);
      this.#send({ kind: 'truncate', id, upTo });
    });
  }

  health(): Promise<StoreHealth> {
    return new Promise((resolve) => {
      const id = this.#register(this.#checks, resolve);
      this.#send({ kind: 'health', id });
    });
  }

  /** A lone caller waits for nothing else; then it is quicker to look for the end than to be woken by it. */
  #watchFor(id: number): void {
    if (this.#appends.has(id) && this.#meeting.watch())
      this.#receive({ kind: 'append', id, outcome: { kind: 'appended' } });
  }

  watch(known: Seq): void {
    this.#watching = true;
    this.#send({ kind: 'watch', known });
  }

  unwatch(): void {
    this.#watching = false;
    if (this.started) this.#send({ kind: 'unwatch' });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#closing = true;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.ref();
    this.#send({ kind: 'close' });
    await ended;
  }

  #register<T>(waiting: Map<number, T>, resolve: T): number {
    const id = this.#nextId;
    this.#nextId += 1;
    waiting.set(id, resolve);
    return id;
  }

  #send(request: WriterRequest): void {
    const worker = (this.#worker ??= this.#start());
    if (this.#isAwaited()) worker.ref();
    worker.postMessage(request);
  }

  #start(): Worker {
    const worker = startThread(source, 'signalbox-journal', {
      ...this.#settings,
      meeting: this.#meeting.cell,
    } satisfies WriterThreadSettings);
    worker.unref();
    worker.on('message', (reply: WriterReply) => this.#receive(reply));
    worker.on('error', (error) => this.#lose(worker, error.message));
    worker.on('exit', () => this.#lose(worker, 'it ended'));
    // One that follows another takes over its watch; from the start, for nobody knows what was missed.
    if (this.#watching) worker.postMessage({ kind: 'watch', known: 0 } satisfies WriterRequest);
    return worker;
  }

  #receive(reply: WriterReply): void {
    switch (reply.kind) {
      case 'append':
        this.#meeting.end();
        settle(this.#appends, reply.id, reply.outcome);
        break;
      case 'truncate':
        settle(this.#truncations, reply.id, reply.outcome);
        break;
      case 'health':
        settle(this.#checks, reply.id, reply.health);
        break;
      case 'changed':
        this.#changed();
        break;
    }
    if (!this.#isAwaited() && !this.#closing) this.#worker?.unref();
  }

  /** Whoever waits hears that the thread is gone; the next request starts another. */
  #lose(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const reason = `The thread that writes the journal is gone: ${why}.`;
    for (const id of this.#appends.keys()) {
      settle(this.#appends, id, { kind: 'unknown', code: 'storage_failed', reason });
    }
    for (const id of this.#truncations.keys()) {
      settle(this.#truncations, id, { kind: 'unknown', code: 'storage_failed', reason });
    }
    for (const id of this.#checks.keys()) settle(this.#checks, id, { writable: false, reason });
  }

  #isAwaited(): boolean {
    return this.#appends.size + this.#truncations.size + this.#checks.size > 0;
  }
}

const settle = <T>(waiting: Map<number, (value: T) => void>, id: number, value: T): void => {
  const resolve = waiting.get(id);
  waiting.delete(id);
  resolve?.(value);
};
