import { Socket } from 'node:net';
import { type Client, type ClientConfig, Pool, type PoolClient } from 'pg';
import { clientFor } from './bound-client.ts';

/** A connection is given up after that, so that a hub with nothing to do takes nothing from the server. */
const idleMs = 60_000;

/**
 * The pool of a process. The connection that was given back last stays at hand for whoever wants one next: through the
 * pool that takes a turn of the loop and two timers each time.
 */
export class Connections {
  readonly #pool: Pool;
  readonly #broken = new WeakSet<Client>();
  #atHand: PoolClient | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(config: ClientConfig, max: number) {
    this.#pool = new Pool({
      ...config,
      max,
      idleTimeoutMillis: idleMs,
      Client: clientFor(config),
      allowExitOnIdle: true,
    });
    // One that breaks while nobody uses it is taken out of the pool, and nobody has lost anything.
    this.#pool.on('error', () => {});
    // From now on, and not when it is handed out: the pool lets go of it some turns before its user has it.
    this.#pool.on('connect', (client) => this.#mind(client));
  }

  /** Throws what the library throws. */
  async take(): Promise<PoolClient> {
    const atHand = this.#atHand;
    if (atHand === undefined) return this.#pool.connect();
    this.#atHand = undefined;
    keepAlive(atHand, true);
    return atHand;
  }

  giveBack(client: PoolClient, isBroken: boolean): void {
    const isOver = isBroken || this.#broken.has(client) || client.connection.stream.destroyed;
    const { ending, waitingCount } = this.#pool;
    if (isOver || ending || waitingCount > 0 || this.#atHand !== undefined) return client.release(isOver);
    keepAlive(client, false);
    this.#atHand = client;
    this.#idle ??= setTimeout(() => this.#giveUp(), idleMs).unref();
    this.#idle.refresh();
  }

  /** Throws what the library throws. */
  close(): Promise<void> {
    clearTimeout(this.#idle);
    this.#giveUp();
    return this.#pool.end();
  }

  #mind(client: Client): void {
    client.on('error', () => {
      this.#broken.add(client);
      if (client === this.#atHand) this.#giveUp();
    });
  }

  #giveUp(): void {
    const atHand = this.#atHand;
    this.#atHand = undefined;
    atHand?.release(true);
  }
}

/** Whether the process stays for it. A connection that nobody uses, or waits at, keeps no process alive. */
export const keepAlive = ({ connection: { stream } }: Client, does: boolean): void => {
  if (!(stream instanceof Socket)) return;
  if (does) stream.ref();
  else stream.unref();
};
