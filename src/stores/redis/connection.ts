import { setImmediate, setTimeout as after } from 'node:timers/promises';
import { type Outcome, ok, type Refusal, refuse } from '../../kernel/errors.ts';
import type { Address } from './address.ts';
import { refusalOf, replyFault } from './failures.ts';

export type Command = readonly [string, ...string[]];

export interface ConnectionOptions {
  readonly address: Address;
  /** How long a command may wait for a connection that was lost, counted from when it was. */
  readonly patienceMs: number;
  /** How long the server may take over an answer. After that the connection is given up. */
  readonly answerMs: number;
  /** Whether the process has to stay alive for an answer. It never does for a connection on which nothing is asked. */
  readonly keepsAlive: boolean;
  /** Done on every new connection before anything else; a refusal is another attempt's reason. */
  readonly prepare?: (run: (command: Command) => Promise<Outcome<unknown>>) => Promise<Outcome<unknown>>;
}

const connectMs = 5_000;
const pauseFirstMs = 20;
const pauseLastMs = 1_000;

/** What is used of the client of the library. */
interface Client {
  readonly isReady: boolean;
  readonly connect: () => Promise<unknown>;
  readonly destroy: () => void;
  readonly unref: () => void;
  readonly sendCommand: (command: Command) => Promise<unknown>;
  readonly on: (event: 'error', listener: (error: unknown) => void) => unknown;
}

/**
 * One connection that is made again whenever it is lost. A command that was under way then is not repeated: what
 * became of it is `outcome_unknown`. Nothing waits for ever.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #closing = new AbortController();
  #live: Client | undefined;
  #made = Promise.withResolvers<void>();
  #lostAt: number | undefined;
  /** Why those that were given up were. */
  readonly #lost = new WeakMap<Client, string>();
  #why: Refusal;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#why = this.#unreachable('There was no connection yet.');
  }

  /** The first attempt, which is the only one when it fails. */
  async open(): Promise<Outcome<true>> {
    const connected = await this.#connect();
    if (!connected.ok) this.close();
    return connected;
  }

  /** Connects in the background, again and again. */
  begin(): void {
    this.#lostAt = performance.now();
    void this.#reconnect();
  }

  /** The answer; `outcome_unknown` when the command may or may not have been carried out. */
  async run(command: Command, answerMs = this.#options.answerMs): Promise<Outcome<unknown>> {
    const client = this.#live ?? (await this.#awaited());
    return client === undefined ? neverSent(this.#why) : this.#ask(client, command, answerMs);
  }

  close(): void {
    this.#closing.abort();
    this.#why = refuse('stopping', `The connection to Redis (${this.#shown}) was closed.`);
    this.#live?.destroy();
    this.#live = undefined;
    this.#made.resolve();
  }

  get #shown(): string {
    return this.#options.address.shown;
  }

  async #ask(client: Client, command: Command, answerMs: number): Promise<Outcome<unknown>> {
    const timer = this.#after(answerMs, () => {
      this.#drop(client, `it did not answer within ${answerMs / 1_000} s`);
    });
    try {
      return ok(await client.sendCommand(command));
    } catch (thrown) {
      return await this.#refusalOf(client, thrown);
    } finally {
      clearTimeout(timer);
    }
  }

  async #refusalOf(client: Client, thrown: unknown): Promise<Refusal> {
    const { ErrorReply } = await import('@redis/client');
    const text = textOf(thrown);
    if (thrown instanceof ErrorReply) return refusalOf(this.#shown, replyFault(text));
    if (this.#closing.signal.aborted) return this.#why;
    return refusalOf(this.#shown, {
      code: 'outcome_unknown',
      reason: `The connection was lost in the middle of it (${this.#lost.get(client) ?? text}).`,
    });
  }

  /** The connection, as soon as there is one; undefined when there was none for too long. */
  async #awaited(): Promise<Client | undefined> {
    const { signal } = this.#closing;
    if (signal.aborted || this.#lostAt === undefined) return undefined;
    const left = this.#lostAt + this.#options.patienceMs - performance.now();
    if (left > 0) {
      const patience = Promise.withResolvers<void>();
      const timer = setTimeout(patience.resolve, left);
      await Promise.race([this.#made.promise, patience.promise]);
      clearTimeout(timer);
    } else {
      // Whoever tries again and again leaves time for connecting.
      await setImmediate();
    }
    return this.#live;
  }

  async #connect(): Promise<Outcome<true>> {
    const client = await newClient(this.#options.address);
    client.on('error', (error) => {
      this.#drop(client, textOf(error));
    });
    client.unref();
    const timer = this.#after(connectMs, () => client.destroy());
    try {
      await client.connect();
    } catch (thrown) {
      return this.#failed(client, await this.#refusalOfConnecting(thrown));
    } finally {
      clearTimeout(timer);
    }
    const { prepare, answerMs } = this.#options;
    const prepared = await prepare?.((command) => this.#ask(client, command, answerMs));
    if (prepared?.ok === false) {
      // Nothing has been asked for yet whose outcome would matter.
      const lost = prepared.code === 'outcome_unknown';
      return this.#failed(client, lost ? this.#unreachable(prepared.message) : prepared);
    }
    if (this.#closing.signal.aborted || !client.isReady) return this.#failed(client, this.#why);
    this.#live = client;
    this.#lostAt = undefined;
    this.#made.resolve();
    return ok(true);
  }

  async #refusalOfConnecting(thrown: unknown): Promise<Refusal> {
    const { ErrorReply } = await import('@redis/client');
    if (thrown instanceof ErrorReply) return refusalOf(this.#shown, replyFault(textOf(thrown)));
    const advice = isDistrust(thrown) ? ` ${trust}` : '';
    return this.#unreachable(`The system says "${textOf(thrown)}".${advice}`);
  }

  #failed(client: Client, refusal: Refusal): Refusal {
    client.destroy();
    if (!this.#closing.signal.aborted) this.#why = refusal;
    return refusal;
  }

  /** The socket itself keeps no process alive; what somebody waits for does. */
  #after(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(act, ms);
    return this.#options.keepsAlive ? timer : timer.unref();
  }

  #unreachable(reason: string): Refusal {
    return refuse(
      'storage_failed',
      `Redis (${this.#shown}) cannot be reached. ${reason} See that it runs and that the address is right, and try again.`,
      { place: this.#shown },
    );
  }

  /** Gives up a connection, and begins to make another one if it was the one in use. */
  #drop(client: Client, reason: string): void {
    this.#lost.set(client, reason);
    client.destroy();
    if (client !== this.#live) return;
    this.#live = undefined;
    this.#why = this.#unreachable(`The connection was lost (${reason}).`);
    this.#made = Promise.withResolvers<void>();
    this.begin();
  }

  async #reconnect(): Promise<void> {
    const { signal } = this.#closing;
    for (let pauseMs = pauseFirstMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, pauseLastMs)) {
      if ((await this.#connect()).ok) return;
      await pause(pauseMs * (0.5 + Math.random()), { signal, keepsAlive: false });
    }
  }
}

const neverSent = (why: Refusal): Refusal => ({ ...why, details: { ...why.details, sent: false } });

/** Ends early, and without complaint, when the signal says so. */
export const pause = async (
  ms: number,
  { signal, keepsAlive }: { readonly signal: AbortSignal; readonly keepsAlive: boolean },
): Promise<void> => {
  try {
    await after(ms, undefined, { signal, ref: keepsAlive });
  } catch {
    // There is nothing left to wait for.
  }
};

const newClient = async (address: Address): Promise<Client> => {
  // Loaded with the first connection: its many modules concern only those who use Redis.
  const { createClient } = await import('@redis/client');
  const { host, port, tls, database, username, password } = address;
  const socket = { host, port, connectTimeout: connectMs, reconnectStrategy: false } as const;
  return createClient({
    // Every reply is a text, a number, null or an array of those.
    RESP: 2,
    database,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    commandOptions: { timeout: 0 },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    socket: tls ? { ...socket, tls: true } : socket,
  });
};

const trust =
  'For a certificate authority of your own, set NODE_EXTRA_CA_CERTS to the file of its certificate.';

/** Whether nobody whom we trust has signed the certificate. */
const isDistrust = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  /^(?:DEPTH_ZERO_|SELF_|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF))/.test(String(error.code));

/** Several addresses of one host that all fail come as one error without a text of its own. */
const textOf = (error: unknown): string => {
  if (error instanceof AggregateError) return error.errors.map(textOf).join('; ');
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? error.name : error.message;
};
