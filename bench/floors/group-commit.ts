import { fdatasync, open, write } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

/** The floor of a durable call under load: the echo, answered after a shared append and fdatasync of a plain file. */
const file = await promisify(open)(process.argv[2] ?? '', 'a');
const writeAsync = promisify(write);
const syncAsync = promisify(fdatasync);
let waiting: { readonly line: string; readonly answer: () => void }[] = [];
let writing = false;

const commit = async (): Promise<void> => {
  writing = true;
  while (waiting.length > 0) {
    const batch = waiting;
    waiting = [];
    await writeAsync(file, batch.map(({ line }) => line).join(''));
    await syncAsync(file);
    for (const { answer } of batch) answer();
    await new Promise(setImmediate);
  }
  writing = false;
};

const filler = 'x'.repeat(280);

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
    const answer = (): void => {
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
      });
      response.end(body);
    };
    waiting.push({ line: `${body.slice(0, 20)}${filler}\n`, answer });
    if (!writing) void commit();
  });
});

server.listen(0, '127.0.0.1', () => process.send?.(portOf(server.address())));

const portOf = (address: string | AddressInfo | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0;
