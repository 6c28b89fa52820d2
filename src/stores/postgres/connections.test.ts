import { equal, notEqual, ok, rejects } from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ClientConfig } from 'pg';
import { sharedPostgres, withPostgres } from '../../testing/postgres-server.ts';
import { Connections } from './connections.ts';
import { write } from './session.ts';

const timeout = 30_000;
const patienceMs = 5_000;

const connectionsTo = (context: TestContext, config: ClientConfig, max = 1): Connections => {
  const connections = new Connections({ ...config, connectionTimeoutMillis: patienceMs }, max);
  context.after(() => connections.close());
  return connections;
};

/** A message of the server: its type, its length and its fields. */
const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

const welcome = Buffer.concat([message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))]);
const goodbye = message('E', Buffer.from('SFATAL\0VFATAL\0C57P01\0Mthe server goes down\0\0'));

test('a connection that the server ends just as it is made harms nobody', { timeout }, async (context) => {
  const server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.end(Buffer.concat([welcome, goodbye])));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => server.close());
  const address = server.address();
  ok(typeof address === 'object' && address !== null);
  const { port } = address;
  const connections = connectionsTo(context, { host: '127.0.0.1', port, user: 'somebody', ssl: false });
  const client = await connections.take();
  await rejects(client.query('select 1'));
  connections.giveBack(client, false);
});

withPostgres('connections to PostgreSQL', 'any', () => {
  const opened = async (context: TestContext, max = 1): Promise<Connections> =>
    connectionsTo(context, { connectionString: (await sharedPostgres()).url }, max);

  test('the one given back goes to who waits, or else to who comes next', { timeout }, async (context) => {
    const connections = await opened(context);
    const client = await connections.take();
    const waiting = connections.take();
    connections.giveBack(client, false);
    equal(await waiting, client);
    connections.giveBack(client, false);
    equal(await connections.take(), client);
    equal((await client.query('select 1')).rowCount, 1);
    connections.giveBack(client, false);
  });

  for (const when of ['at hand', 'in use'] as const) {
    test(`one that is cut while it is ${when} is not handed out again`, { timeout }, async (context) => {
      const connections = await opened(context);
      const client = await connections.take();
      const { stream } = client.connection;
      if (when === 'in use') stream.destroy(new Error('cut'));
      connections.giveBack(client, false);
      if (when === 'at hand') {
        stream.destroy();
        await new Promise((resolve) => client.once('end', () => resolve(true)));
      }
      const other = await connections.take();
      notEqual(other, client);
      equal((await other.query('select 1')).rowCount, 1);
      connections.giveBack(other, false);
    });
  }

  test('one that nobody has used for a minute is given up', { timeout }, async (context) => {
    const connections = await opened(context);
    const client = await connections.take();
    const ended = once(client, 'end');
    context.mock.timers.enable({ apis: ['setTimeout'] });
    connections.giveBack(client, false);
    context.mock.timers.tick(60_000);
    context.mock.timers.reset();
    await ended;
  });

  test('a write counts when its transaction is over, and is refused when that fails', {
    timeout,
  }, async (context) => {
    const connections = await opened(context);
    const client = await connections.take();
    const statement = { name: 'once', text: 'insert into once select $1::integer' };
    const add = (value: number) => write(client, { patienceMs, statement, values: [value] });
    try {
      await client.query('create temporary table once (value integer unique deferrable initially deferred)');
      for (const value of [1, 2, 3]) equal(await add(value), 1);
      await rejects(add(2), { code: '23505' });
      equal(await add(4), 1);
      equal((await client.query('select from once')).rowCount, 4);
    } finally {
      connections.giveBack(client, true);
    }
  });
});
