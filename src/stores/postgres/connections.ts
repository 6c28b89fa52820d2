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
  readonly #known = new WeakSet<Client>();
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
  }

  /** Throws what the library throws. */
  async take(): Promise<PoolClient> {
    const atHand = this.#atHand;
    this.#atHand = undefined;
    const client = atHand ?? (await this.#pool.connect());
    if (atHand !== undefined) keepAlive(client, true);
    else if (!this.#known.has(client)) this.#mind(client);
    return client;
  }

  giveBack(client: PoolClient, isBroken: boolean): void {
    const isOver = isBroken || this.#broken.has(client);
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

  #mind(client: PoolClient): void {
    this.#known.add(client);
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

/** A connection that nobody uses keeps no process alive. */
const keepAlive = ({ connection: { stream } }: Client, does: boolean): void => {
  if (!(stream instanceof Socket)) return;
  if (does) stream.ref();
  else stream.unref();
};
