import { type Cipheriv, createCipheriv } from 'node:crypto';

export const nonceBytes = 12;
const blockBytes = 16;

/** Bytes that are to be sealed or opened, and the number used once under the key. */
export interface Message {
  /** `nonceBytes` of them. */
  readonly nonce: Uint8Array;
  readonly bytes: Uint8Array;
}

/**
 * AES-256 in counter mode (NIST SP 800-38A): the i-th block of the stream is the block cipher of nonce and i. Made of the
 * block cipher itself, because one object then serves all messages of a key, many in one call; an object for each message
 * costs several times all the rest. It says nothing of whether bytes were changed: the hash chain of the journal does.
 */
export class Keystream {
  readonly #blocks: Cipheriv;

  /** @param secret - 32 bytes. */
  constructor(secret: Uint8Array) {
    this.#blocks = createCipheriv('aes-256-ecb', secret, null).setAutoPadding(false);
  }

  /** Each message with the stream put over it, which seals what was open and opens what was sealed. */
  over(messages: readonly Message[]): readonly Buffer[] {
    const count = messages.reduce((sum, { bytes }) => sum + blocksOf(bytes), 0);
    const counters = Buffer.allocUnsafe(count * blockBytes);
    let at = 0;
    for (const { nonce, bytes } of messages) {
      for (let block = 0; block < blocksOf(bytes); block += 1) {
        counters.set(nonce, at);
        counters.writeUInt32BE(block, at + nonceBytes);
        at += blockBytes;
      }
    }
    const stream = this.#blocks.update(counters);
    let from = 0;
    return messages.map(({ bytes }) => {
      const result = stream.subarray(from, from + bytes.length);
      for (let i = 0; i < bytes.length; i += 1) result[i] = (result[i] ?? 0) ^ (bytes[i] ?? 0);
      from += blocksOf(bytes) * blockBytes;
      return result;
    });
  }
}

const blocksOf = (bytes: Uint8Array): number => Math.ceil(bytes.length / blockBytes);
