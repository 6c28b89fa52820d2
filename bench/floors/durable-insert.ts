import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from '@redis/client';
import { Client } from 'pg';

/**
 * The floor of a durable call on a database: the echo, answered when the server has stored 300 bytes, over the library that the
 * store uses.
 */
const [kind, url = ''] = process.argv.slice(2);
const text = 'x'.repeat(300);

const insertInto = async (): Promise<() => Promise<unknown>> => {
  if (kind === 'redis') {
    const client = await createClient({ url }).connect();
    return () => client.xAdd('floor', '*', { text });
  }
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('create table floor (seq bigserial primary key, text text not null)');
  const insert = { name: 'insert', text: 'insert into floor (text) values ($1)', values: [text] };
  return () => client.query(insert);
};

const insert = await insertInto();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  const answer = async (): Promise<void> => {
    const body = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
    await insert();
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(body);
  };
  request.on('end', () => void answer());
});

server.listen(0, '127.0.0.1', () => process.send?.(portOf(server.address())));

const portOf = (address: string | AddressInfo | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0;
