import type { Outcome } from '../../kernel/errors.ts';
import { ok, refuse } from '../../kernel/errors.ts';
import type { Address } from './address.ts';
import { type Command, Connection, pause } from './connection.ts';
import { type Durability, judge, settingsAsked } from './durability.ts';
import { type FunctionName, functionName, libraryText } from './library.ts';
import { textsOf } from './replies.ts';

export interface ServerOptions {
  readonly address: Address;
  readonly acceptDataLossWindow: boolean;
  readonly patienceMs: number;
  readonly answerMs: number;
}

type Run = (command: Command) => Promise<Outcome<unknown>>;

/** How long a server may take to read its data before opening is refused, and how often it is asked. */
const loadingLimitMs = 10_000;
const loadingPauseMs = 50;
/** How often it is asked whether it still writes its log anew. */
const rewritingPauseMs = 50;

/** A server as all stores of one process use it: one connection, and whether it keeps what it acknowledges. */
export class Server {
  readonly #options: ServerOptions;
  readonly #connection: Connection;
  readonly #closing = new AbortController();
  /** As it was found when it was last looked at, which is on every new connection. */
  #durability: Outcome<Durability>;

  private constructor(options: ServerOptions) {
    this.#options = options;
    this.#durability = refuse('storage_failed', `Redis (${this.place}) was not asked yet.`);
    this.#connection = new Connection({
      ...options,
      keepsAlive: true,
      prepare: (run) => this.#look(run),
    });
  }

  static async open(options: ServerOptions): Promise<Outcome<Server>> {
    const server = new Server(options);
    const opened = await server.#connection.open();
    if (!opened.ok) return opened;
    if (server.#durability.ok) return ok(server);
    server.close();
    return server.#durability;
  }

  get answerMs(): number {
    return this.#options.answerMs;
  }

  get place(): string {
    return this.#options.address.shown;
  }

  /** Whether what is stored now is as safe as it was said to be; its refusal says what to set. */
  get durability(): Outcome<Durability> {
    return this.#durability;
  }

  readonly run = (command: Command): Promise<Outcome<unknown>> => this.#connection.run(command);

  /** For a question, which can be asked again when the connection was lost in the middle of it. */
  async read(command: Command): Promise<Outcome<unknown>> {
    const first = await this.run(command);
    return !first.ok && first.code === 'outcome_unknown' ? this.run(command) : first;
  }

  /** Calls one of our functions, which the server is taught when it does not know it. */
  async call(
    name: FunctionName,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<Outcome<unknown>> {
    const command: Command = ['FCALL', functionName(name), String(keys.length), ...keys, ...args];
    const first = await this.run(command);
    if (first.ok || !first.message.includes('Function not found')) return first;
    const loaded = await this.run(['FUNCTION', 'LOAD', 'REPLACE', libraryText]);
    return loaded.ok ? this.run(command) : loaded;
  }

  /** Asks again whether it is as safe as it was said to be. */
  async inspect(): Promise<Outcome<unknown>> {
    return this.#look((command) => this.read(command));
  }

  /**
   * Lets the server write its log of all writes anew, without what was overwritten since. One that was begun before would
   * bring that along, so its end is waited for. A server that does not let us, or keeps no such log, does it when it likes.
   */
  async rewriteLog(): Promise<void> {
    const deadline = performance.now() + this.#options.patienceMs;
    while (performance.now() < deadline && !this.#closing.signal.aborted) {
      const info = await this.read(['INFO', 'persistence']);
      if (!info.ok || !String(info.value).includes('aof_enabled:1')) return;
      if (String(info.value).includes('aof_rewrite_in_progress:0')) {
        // It may be refused: what was asked for is done as far as anybody can ask.
        await this.run(['BGREWRITEAOF']);
        return;
      }
      await pause(rewritingPauseMs, { signal: this.#closing.signal, keepsAlive: true });
    }
  }

  /** Another connection, for commands that wait for news. It is made when `begin` is called. */
  another(): Connection {
    return new Connection({ ...this.#options, keepsAlive: false });
  }

  close(): void {
    this.#closing.abort();
    this.#connection.close();
  }

  /** A refusal only when the server does not answer: one that is not safe can be read all the same. */
  async #look(run: Run): Promise<Outcome<true>> {
    const { acceptDataLossWindow } = this.#options;
    const deadline = performance.now() + loadingLimitMs;
    for (;;) {
      const [here, info, config] = await Promise.all([
        run(['PING']),
        run(['INFO']),
        run(['CONFIG', 'GET', ...settingsAsked]),
      ]);
      // It may refuse the other two for want of permission; without a connection, or a password, it refuses all.
      if (!here.ok && here.code !== 'storage_busy') return here;
      const lost = [info, config].find((answer) => !answer.ok && answer.code === 'outcome_unknown');
      if (lost?.ok === false) return lost;
      const settings = config.ok ? pairsOf(textsOf(config.value)) : undefined;
      const report = { info: info.ok ? String(info.value) : '', settings };
      const judged = here.ok ? judge(this.place, report, acceptDataLossWindow) : 'wait';
      if (judged !== 'wait') {
        this.#durability = judged;
        return ok(true);
      }
      if (performance.now() > deadline || this.#closing.signal.aborted) return this.#notReady();
      await pause(loadingPauseMs, { signal: this.#closing.signal, keepsAlive: true });
    }
  }

  #notReady(): Outcome<true> {
    return refuse(
      'storage_busy',
      `Redis (${this.place}) is still reading its data, or writing the first part of its log. Try again in a moment.`,
      { place: this.place },
    );
  }
}

const pairsOf = (texts: readonly string[]): ReadonlyMap<string, string> => {
  const pairs = new Map<string, string>();
  for (let at = 0; at + 1 < texts.length; at += 2) pairs.set(texts[at] ?? '', texts[at + 1] ?? '');
  return pairs;
};
