import type { Worker } from 'node:worker_threads';
import { startThread } from '../../journal/threads.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { indexFailed } from './damage.ts';
import type { IndexReply, IndexRequest, IndexSettings, IndexState, IndexWork } from './messages.ts';

/** The source in a checkout; building the package makes this the address of what it has become. */
const source = new URL('./worker.ts', import.meta.url);

/** A thread that has had nothing to do for so long ends, unless it is where the index is; the next work starts another. */
const idleMs = 60_000;

type Reply = Extract<IndexReply, { readonly ok: boolean }>;

/**
 * The thread that works on the index, as seen from the one that answers calls. A thread, because dividing a long text
 * into words, and FTS5's merging, take as long as they take: in chunks on the main thread they would be in the way of
 * every call, and take away half of what it can do while an index is built. It starts when it is first needed.
 */
export class IndexThread {
  readonly #settings: IndexSettings;
  readonly #note: (note: string) => void;
  readonly #waiting = new Map<number, (outcome: Outcome<IndexState>) => void>();
  #worker: Worker | undefined;
  #nextId = 1;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(settings: IndexSettings, note: (note: string) => void) {
    this.#settings = settings;
    this.#note = note;
  }

  do(work: IndexWork): Promise<Outcome<IndexState>> {
    if (this.#closed) return Promise.resolve(stopping);
    clearTimeout(this.#idle);
    return new Promise((resolve) => {
      const id = this.#nextId;
      this.#nextId += 1;
      this.#waiting.set(id, resolve);
      const worker = (this.#worker ??= this.#start());
      worker.ref();
      worker.postMessage({ id, work } satisfies IndexRequest);
    });
  }

  /** Finishes what it was told to do. A second call does nothing. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.ref();
    worker.postMessage(closing);
    await ended;
  }

  #rest(): void {
    this.#worker?.postMessage(closing);
    this.#worker = undefined;
  }

  #start(): Worker {
    const worker = startThread(source, 'signalbox-text-index', this.#settings);
    worker.on('message', (reply: IndexReply) => {
      if ('note' in reply) this.#note(reply.note);
      else this.#receive(reply);
    });
    worker.on('error', (error) => this.#lose(worker, error.message));
    worker.on('exit', () => this.#lose(worker, 'it ended'));
    return worker;
  }

  #receive(reply: Reply): void {
    const resolve = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    resolve?.(reply.ok ? ok(reply.state) : reply.refusal);
    if (this.#waiting.size > 0) return;
    this.#worker?.unref();
    if (this.#settings.inMemory) return;
    this.#idle = setTimeout(() => this.#rest(), idleMs).unref();
  }

  /** Whoever waits hears that the thread is gone; the next work starts another. */
  #lose(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const lost = indexFailed(this.#settings.path, `the thread that works on it is gone (${why})`);
    for (const resolve of this.#waiting.values()) resolve(lost);
    this.#waiting.clear();
  }
}

const closing: IndexRequest = { id: 0, work: { kind: 'close' } };

const stopping = refuse(
  'stopping',
  'This process is stopping and searches nothing any more. Search again in a moment.',
);
