import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { assert } from '../kernel/assert.ts';

/**
 * What becomes of the next thing that is said to the server.
 * - `lost`: it does not arrive, and both connections are cut.
 * - `unanswered`: it arrives, and both connections are cut when the answer comes.
 * - `late`: the connection of who said it is cut, and it arrives only when the test says so.
 */
export type Mishap = 'lost' | 'unanswered' | 'late';

export interface UnreliableProxy {
  readonly port: number;
  /** Orders a mishap for the first thing said from now on that holds these bytes. */
  readonly order: (mishap: Mishap, marker: string) => void;
  /** Resolves when the mishap has happened. */
  readonly happened: () => Promise<void>;
  /** Lets what is late arrive. */
  readonly deliver: () => void;
  /** While it is false, new connections are cut at once. */
  readonly accept: (open: boolean) => void;
}

interface Ordered {
  readonly mishap: Mishap;
  readonly marker: string;
  readonly happened: PromiseWithResolvers<void>;
}

/** A port that passes everything on to another one of this machine, and has mishaps on order. */
export const unreliableProxy = async (context: TestContext, port: number): Promise<UnreliableProxy> => {
  const sockets = new Set<Socket>();
  const late: (() => void)[] = [];
  let ordered: Ordered | undefined;
  let last: Promise<void> = Promise.resolve();
  let isOpen = true;
  const pass = (near: Socket, far: Socket): void => {
    let isDoomed: Ordered | undefined;
    near.on('data', (chunk) => {
      if (ordered === undefined || !chunk.includes(ordered.marker)) return void far.write(chunk);
      const { mishap, happened } = ordered;
      if (mishap === 'unanswered') {
        isDoomed = ordered;
        far.write(chunk);
      } else {
        if (mishap === 'late') late.push(() => void far.write(chunk));
        else far.destroy();
        near.destroy();
        happened.resolve();
      }
      ordered = undefined;
    });
    far.on('data', (chunk) => {
      if (isDoomed === undefined) return void near.write(chunk);
      near.destroy();
      far.destroy();
      isDoomed.happened.resolve();
    });
    near.on('end', () => far.end());
    far.on('close', () => near.destroy());
  };
  const server = createServer((near) => {
    if (!isOpen) return void near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    pass(near, far);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert(typeof address === 'object' && address !== null, 'it listens on a port');
  return {
    port: address.port,
    order: (mishap, marker) => {
      const happened = Promise.withResolvers<void>();
      ordered = { mishap, marker, happened };
      last = happened.promise;
    },
    happened: () => last,
    deliver: () => {
      for (const each of late.splice(0)) each();
    },
    accept: (open) => {
      isOpen = open;
      if (open) return;
      for (const socket of sockets) socket.destroy();
    },
  };
};
