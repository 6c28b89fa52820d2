import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';
import { it } from 'node:test';
import fc from 'fast-check';
import { Keystream, nonceBytes } from './keystream.ts';

it('a keystream is that of AES-256 in counter mode, for any number of messages at once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ nonce: bytesOf(nonceBytes), bytes: fc.uint8Array({ maxLength: 200 }) }), {
        maxLength: 5,
      }),
      (messages) => {
        const secret = randomBytes(32);
        const sealed = new Keystream(secret).over(messages);
        for (const [i, { nonce, bytes }] of messages.entries()) {
          const known = createCipheriv('aes-256-ctr', secret, Buffer.concat([nonce, Buffer.alloc(4)]));
          assert.deepEqual(sealed[i], known.update(bytes));
        }
        const opened = new Keystream(secret).over(
          messages.map(({ nonce }, i) => ({ nonce, bytes: sealed[i] ?? Buffer.alloc(0) })),
        );
        for (const [i, { bytes }] of messages.entries()) assert.deepEqual(opened[i], Buffer.from(bytes));
      },
    ),
  );
});

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
