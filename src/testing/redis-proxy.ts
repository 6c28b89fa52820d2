/* A network that fails when a test says so. */
import { createServer, connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { assert } from '../kernel/assert.ts';

/**
 * What becomes of a connection on which a command with this text is sent.
 * - `before`: it is cut, and the command does not arrive.
 * - `after`: the command arrives, and it is cut as soon as the server answers.
 */
interface Cut {
  readonly text: string;
  readonly when: 'before' | 'after';
}

export interface Proxy {
  readonly port: number;
  /** Cuts one connection; fulfilled when that has happened. */
  readonly cut: (cut: Cut) => Promise<void>;
  /** Cuts every connection, and refuses new ones until told otherwise. */
  readonly refuse: (refused: boolean) => void;
  readonly connections: () => number;
}

export const startProxy = async (context: TestContext, target: number): Promise<Proxy> => {
  let ordered: { readonly cut: Cut; readonly done: () => void } | undefined;
  let refusing = false;
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    if (refusing) return void near.destroy();
    const far = connect(target, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    let cutting: (() => void) | undefined;
    const end = (): void => {
      near.destroy();
      far.destroy();
      if (!pairs.delete(pair)) return;
      cutting?.();
    };
    near.on('data', (bytes) => {
      if (ordered !== undefined && bytes.includes(ordered.cut.text)) {
        cutting = ordered.done;
        const { when } = ordered.cut;
        ordered = undefined;
        if (when === 'before') return end();
      }
      far.write(bytes);
    });
    far.on('data', (bytes) => (cutting === undefined ? void near.write(bytes) : end()));
    for (const socket of pair) socket.on('error', end).on('close', end);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert(address !== null && typeof address === 'object', 'it listens on a port');
  const dropAll = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  context.after(() => {
    server.close();
    dropAll();
  });
  return {
    port: address.port,
    cut: (cut) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      ordered = { cut, done: resolve };
      return promise;
    },
    refuse: (refused) => {
      refusing = refused;
      if (refused) dropAll();
    },
    connections: () => pairs.size,
  };
};
