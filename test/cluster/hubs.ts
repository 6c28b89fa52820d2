import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Server, startHub } from '../../bench/children.ts';
import type { Ack, Tally } from './worker.ts';

/** Hubs of one cluster, each with a data directory and a port of its own that it keeps. */
export class Hubs {
  readonly ports: number[] = [];
  readonly #hubs: Server[] = [];
  readonly #dir: string;
  readonly #env: NodeJS.ProcessEnv;
  /** Whether they share one data directory, as they must where the journals are files. */
  readonly #together: boolean;

  constructor(dir: string, env: NodeJS.ProcessEnv, together: boolean) {
    this.#dir = dir;
    this.#env = env;
    this.#together = together;
  }

  async start(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const hub = await startHub(this.#dataDir(index), { env: this.#env });
      this.#hubs.push(hub);
      this.ports.push(hub.port);
    }
  }

  /** Kills a hub as a crash would, and starts it again. */
  async crash(index: number): Promise<void> {
    const hub = this.#hubs[index];
    if (hub === undefined) return;
    const ended = once(hub.process, 'exit');
    hub.process.kill('SIGKILL');
    await ended;
    this.#hubs[index] = await startHub(this.#dataDir(index), { env: this.#env, port: hub.port });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#hubs.map((hub) => hub.stop()));
  }

  #dataDir(index: number): string {
    return join(this.#dir, this.#together ? 'data' : `data-${index}`);
  }
}

export interface Worker {
  readonly done: Promise<Tally>;
  readonly acks: () => readonly Ack[];
  readonly kill: () => void;
}

export interface WorkerOrder {
  readonly dir: string;
  readonly name: string;
  readonly ports: readonly number[];
  readonly clients: number;
  readonly seconds: number;
  readonly seed: number;
}

/** Clients in a process of their own. */
export const startWorker = ({ dir, name, ports, clients, seconds, seed }: WorkerOrder): Worker => {
  const path = join(dir, `${name}.acks`);
  const flags = { name, acks: path, ports: ports.join(','), clients, seconds, seed };
  const child: ChildProcess = fork(
    fileURLToPath(new URL('./worker.ts', import.meta.url)),
    Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]),
  );
  return {
    done: new Promise((resolve, reject) => {
      child.once('message', (tally: Tally) => resolve(tally));
      child.once('exit', (code) => reject(new Error(`the clients ${name} ended with ${String(code)}`)));
    }),
    acks: () =>
      readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line): Ack => JSON.parse(line)),
    kill: () => void child.kill('SIGKILL'),
  };
};
