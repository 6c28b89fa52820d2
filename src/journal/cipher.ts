import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  hkdfSync,
  randomFillSync,
} from 'node:crypto';
import { assert, present } from '../kernel/assert.ts';

/**
 * Encryption of texts that are kept: AES-256-GCM, each text by itself. What is stored is JSON as before,
 * `{"enc":1,"key":"<id>","data":"<nonce, ciphertext and tag in base64>"}`, so that stores and the hash chain know of nothing.
 *
 * No text is encrypted with a key of the ring itself, but with one that is derived from it (HKDF-SHA-256) for one journal
 * and one use. The additional data are the journal, the use and the place of the text in it, so that a text opens nowhere
 * else. The generation is not among them: a restored backup has the same texts under another one.
 */
const algorithm = 'aes-256-gcm';
export const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * With random nonces of 96 bits a key may be used for 2^32 texts (NIST SP 800-38D, 8.3). It is one key for each journal and use, so
 * that only the entries of one journal count; half of it is left for batches that lost a race.
 */
export const sealedMax = 2 ** 31;

export interface EncryptionKey {
  /** `<name>.<mark>`, or the mark alone: it tells keys apart that were given the same name. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const markCharacters = 8;

/** The key that these bytes are. Its mark follows from the bytes, and says nothing of them. */
export const keyOf = (bytes: Uint8Array, name?: string): EncryptionKey => {
  assert(bytes.length === keyBytes, `a key has ${keyBytes} bytes`);
  const mark = createHash('sha256').update('signalbox key id').update(bytes).digest('hex');
  const short = mark.slice(0, markCharacters);
  return { id: name === undefined ? short : `${name}.${short}`, bytes };
};

/** Whether a key may have this name. */
export const isKeyName = (text: string): boolean => namePattern.test(text);

/** Why a text could not be opened. */
export type Unopened =
  | { readonly kind: 'key missing'; readonly key: string }
  /** It is not what was sealed in this place with that key. */
  | { readonly kind: 'changed'; readonly key: string };

/** Encrypts and decrypts the texts of one journal. */
export interface Cipher {
  /** @param place - where the text stands in its journal, or in its file. */
  readonly seal: (text: string, place: number | string) => string;
  /** The text that was sealed; one that is not encrypted is given back as it is. */
  readonly open: (text: string, place: number | string) => string | Unopened;
  /** Looks whether a key has been added of which nothing was known; whether it is there now. */
  readonly learn: (key: string) => Promise<boolean>;
  /** The ids of the keys that are there, the active one first. */
  readonly keys: () => readonly string[];
}

const head = '{"enc":1,"key":"';
const middle = '","data":"';
const tail = '"}';

/** The id of the key that a text is encrypted with; undefined where it is plain. */
export const sealedWith = (text: string): string | undefined =>
  text.startsWith(head) ? text.slice(head.length, text.indexOf('"', head.length)) : undefined;

type Use = 'entries' | 'snapshot';

/** Looks keys up once more, and gives all that are there. */
export type LookAgain = (missing: string) => Promise<readonly EncryptionKey[]>;

/** The keys that a process knows. The first is active: with it is encrypted what is new. */
export class Keyring {
  readonly #keys = new Map<string, EncryptionKey>();
  readonly #lookAgain: LookAgain;
  #active: string;

  constructor(keys: readonly EncryptionKey[], lookAgain: LookAgain = async () => []) {
    this.#lookAgain = lookAgain;
    this.#active = present(keys[0], 'a ring has a key').id;
    this.update(keys);
  }

  get active(): string {
    return this.#active;
  }

  get(id: string): EncryptionKey | undefined {
    return this.#keys.get(id);
  }

  /** The active one first. */
  get ids(): readonly string[] {
    return [this.#active, ...[...this.#keys.keys()].filter((id) => id !== this.#active)];
  }

  /** Makes the first of these the active one. Those that were known stay known, for what was encrypted with them. */
  update(keys: readonly EncryptionKey[]): void {
    for (const key of keys) this.#keys.set(key.id, key);
    this.#active = keys[0]?.id ?? this.#active;
  }

  async learn(id: string): Promise<boolean> {
    if (!this.#keys.has(id)) this.update(await this.#lookAgain(id));
    return this.#keys.has(id);
  }

  cipher(journal: string, use: Use = 'entries'): Cipher {
    return new RingCipher(this, `signalbox ${use} ${journal} `);
  }
}

interface Derived {
  readonly id: string;
  readonly key: KeyObject;
  /** What each sealed text begins with. */
  readonly head: string;
}

const noncesAtOnce = 256;
const placeBytesMax = 48;

class RingCipher implements Cipher {
  readonly #ring: Keyring;
  readonly #bound: string;
  readonly #derived = new Map<string, Derived>();
  /** The additional data; the place is written behind what is always the same. */
  readonly #data: Buffer;
  readonly #placeAt: number;
  readonly #nonces = Buffer.alloc(noncesAtOnce * nonceBytes);
  #nonceAt = this.#nonces.length;
  #sealing: Derived | undefined;

  constructor(ring: Keyring, bound: string) {
    this.#ring = ring;
    this.#bound = bound;
    this.#placeAt = Buffer.byteLength(bound);
    this.#data = Buffer.alloc(this.#placeAt + placeBytesMax);
    this.#data.write(bound);
  }

  readonly seal = (text: string, place: number | string): string => {
    const { key, head: begin } = this.#active();
    const nonce = this.#nonce();
    const cipher = createCipheriv(algorithm, key, nonce);
    cipher.setAAD(this.#at(place));
    const sealed = cipher.update(text, 'utf8');
    cipher.final();
    const data = Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
    return `${begin}${data.toString('base64')}${tail}`;
  };

  readonly open = (text: string, place: number | string): string | Unopened => {
    const id = sealedWith(text);
    if (id === undefined) return text;
    const derived = this.#of(id);
    if (derived === undefined) return { kind: 'key missing', key: id };
    if (!text.startsWith(derived.head)) return { kind: 'changed', key: id };
    const data = Buffer.from(text.slice(derived.head.length, -tail.length), 'base64');
    if (data.length < nonceBytes + tagBytes) return { kind: 'changed', key: id };
    const cipher = createDecipheriv(algorithm, derived.key, data.subarray(0, nonceBytes));
    cipher.setAAD(this.#at(place));
    cipher.setAuthTag(data.subarray(-tagBytes));
    const opened = cipher.update(data.subarray(nonceBytes, -tagBytes));
    try {
      cipher.final();
    } catch {
      return { kind: 'changed', key: id };
    }
    return opened.toString('utf8');
  };

  readonly learn = (key: string): Promise<boolean> => this.#ring.learn(key);

  readonly keys = (): readonly string[] => this.#ring.ids;

  #active(): Derived {
    const id = this.#ring.active;
    if (this.#sealing?.id !== id) this.#sealing = present(this.#of(id), 'the active key is in the ring');
    return this.#sealing;
  }

  #of(id: string): Derived | undefined {
    const known = this.#derived.get(id);
    if (known !== undefined) return known;
    const of = this.#ring.get(id);
    if (of === undefined) return undefined;
    const bytes = new Uint8Array(hkdfSync('sha256', of.bytes, '', this.#bound, keyBytes));
    const derived = { id, key: createSecretKey(bytes), head: `${head}${id}${middle}` };
    this.#derived.set(id, derived);
    return derived;
  }

  /** Drawn many at a time: one by one they take a fifth of all the time. */
  #nonce(): Buffer {
    if (this.#nonceAt === this.#nonces.length) {
      randomFillSync(this.#nonces);
      this.#nonceAt = 0;
    }
    const from = this.#nonceAt;
    this.#nonceAt += nonceBytes;
    return this.#nonces.subarray(from, this.#nonceAt);
  }

  #at(place: number | string): Buffer {
    return this.#data.subarray(0, this.#placeAt + this.#data.write(String(place), this.#placeAt));
  }
}
