import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';

export interface LossyProxy {
  readonly url: string;
  /** How many of the next answers get lost, each together with its connection. */
  losing: number;
}

/** A port that passes everything on to another one, and loses answers on order. */
export const lossyProxy = async (context: TestContext, port: number): Promise<LossyProxy> => {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    near.pipe(far);
    far.on('data', (chunk) => {
      if (proxy.losing === 0) near.write(chunk);
      else {
        proxy.losing -= 1;
        near.destroy();
      }
    });
    near.on('close', () => far.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert(typeof address === 'object' && address !== null);
  const proxy: LossyProxy = { url: `http://127.0.0.1:${address.port}`, losing: 0 };
  return proxy;
};
