import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { assert } from '../kernel/assert.ts';

const headBytes = 5;
const ready = 'Z'.charCodeAt(0);
const idle = 'I'.charCodeAt(0);
const backendKey = 'K'.charCodeAt(0);
const end = 'X'.charCodeAt(0);

/** The messages that are whole, and what is left. */
const messagesIn = (bytes: Buffer): { readonly whole: readonly Buffer[]; readonly rest: Buffer } => {
  const whole: Buffer[] = [];
  let rest = bytes;
  while (rest.length >= headBytes && rest.length > rest.readUInt32BE(1)) {
    const length = rest.readUInt32BE(1) + 1;
    whole.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return { whole, rest };
};

/** As from somebody who has no process of the server for its own. */
const renumbered = (greeting: readonly Buffer[], number: number): Buffer =>
  Buffer.concat(
    greeting.map((message) => {
      const copy = Buffer.from(message);
      if (copy[0] === backendKey) copy.writeInt32BE(-number, headBytes);
      return copy;
    }),
  );

/** A port at which all clients share one connection to PostgreSQL, which each has for a transaction; its number. */
export const transactionPooler = async (context: TestContext, port: number): Promise<number> => {
  const backend = connect(port, '127.0.0.1');
  const clients = new Set<Socket>();
  const waiting: { readonly client: Socket; readonly said: Buffer }[] = [];
  const greeting: Buffer[] = [];
  const greeted = Promise.withResolvers<void>();
  let owner: Socket | undefined;
  let heard: Buffer = Buffer.alloc(0);
  const next = (): void => {
    const turn = waiting.shift();
    owner = turn?.client;
    if (turn !== undefined) backend.write(turn.said);
  };
  backend.on('data', (chunk) => {
    const { whole, rest } = messagesIn(Buffer.concat([heard, chunk]));
    heard = rest;
    for (const message of whole) {
      if (owner === undefined) greeting.push(message);
      else owner.write(message);
      if (message[0] !== ready || message[headBytes] !== idle) continue;
      greeted.resolve();
      next();
    }
  });
  const pooler = createServer((client) => {
    clients.add(client);
    client.on('error', () => client.destroy());
    client.once('data', (startup) => {
      if (clients.size === 1) backend.write(startup);
      void greeted.promise.then(() => client.write(renumbered(greeting, clients.size)));
      client.on('data', (said) => {
        if (said[0] === end) return;
        if (owner !== undefined && owner !== client) return void waiting.push({ client, said });
        owner = client;
        backend.write(said);
      });
    });
  }).listen(0, '127.0.0.1');
  await once(pooler, 'listening');
  context.after(() => {
    for (const socket of [backend, ...clients]) socket.destroy();
    pooler.close();
  });
  const address = pooler.address();
  assert(typeof address === 'object' && address !== null, 'it listens on a port');
  return address.port;
};
