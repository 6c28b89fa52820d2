import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Cipher, type EncryptionKey, Keyring, keyOf, sealedWith } from './cipher.ts';

const keyFrom = (seed: string, name?: string): EncryptionKey =>
  keyOf(createHash('sha256').update(seed).digest(), name);

const [first, second] = [keyFrom('first', 'one'), keyFrom('second', 'two')];

const changed = { kind: 'changed', key: first.id };

/** What stands in a sealed text, and the text with something else in its stead. */
const dataIn = (text: string): Buffer => Buffer.from(String(JSON.parse(text).data), 'base64');
const withData = (text: string, data: Uint8Array): string =>
  JSON.stringify({ ...JSON.parse(text), data: Buffer.from(data).toString('base64') });

describe('a text that was sealed', () => {
  const cipher = new Keyring([first]).cipher('journal');

  it('is opened in its place, whatever it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 2_000 }), fc.nat(), (text, seq) => {
        const sealed = cipher.seal(text, seq);
        assert.equal(cipher.open(sealed, seq), text.toWellFormed());
        assert.equal(sealedWith(sealed), first.id);
        assert.deepEqual(Object.keys(JSON.parse(sealed)), ['enc', 'key', 'data']);
      }),
    );
  });

  it('shows nothing of what it says, and is never the same twice', () => {
    const text = JSON.stringify({ seq: 1, data: { title: 'A secret title' } });
    const sealed = Array.from({ length: 1_000 }, () => cipher.seal(text, 1));
    assert.equal(new Set(sealed.map((one) => dataIn(one).toString('base64', 0, 12))).size, 1_000);
    for (const one of sealed) {
      assert(!one.includes('secret'));
      assert(!dataIn(one).includes('secret'));
    }
  });

  it('opens nowhere else: in no other place, journal or use', () => {
    const sealed = cipher.seal('text', 7);
    const ring = new Keyring([first]);
    const elsewhere: readonly (readonly [Cipher, number | string])[] = [
      [cipher, 8],
      [cipher, '07'],
      [ring.cipher('other'), 7],
      [ring.cipher('journal', 'snapshot'), 7],
    ];
    for (const [other, place] of elsewhere) assert.deepEqual(other.open(sealed, place), changed);
    assert.equal(ring.cipher('journal').open(sealed, 7), 'text');
  });

  it('does not open when a bit of it was flipped, or when it was cut', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), fc.nat(), (text, at) => {
        const sealed = cipher.seal(text, 1);
        const data = dataIn(sealed);
        const bit = at % (data.length * 8);
        data[bit >> 3] = (data[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        assert.deepEqual(cipher.open(withData(sealed, data), 1), changed);
        const cut = dataIn(sealed).subarray(0, at % data.length);
        assert.deepEqual(cipher.open(withData(sealed, cut), 1), changed);
      }),
    );
  });

  it('is asked of a key that is not there by its id', () => {
    const sealed = cipher.seal('text', 1);
    assert.deepEqual(new Keyring([second]).cipher('journal').open(sealed, 1), {
      kind: 'key missing',
      key: first.id,
    });
    for (const odd of ['{"enc":1,"key":"', '{"enc":1,"key":"x"}'])
      assert.notEqual(typeof cipher.open(odd, 1), 'string');
    assert.deepEqual(cipher.open(`{"enc":1,"key":"${first.id}","other":""}`, 1), changed);
  });

  it('and one that is plain is given back as it is', () => {
    const plain = '{"seq":1,"enc":1,"key":"x"}';
    assert.equal(cipher.open(plain, 1), plain);
    assert.equal(sealedWith(plain), undefined);
  });
});

describe('a key ring', () => {
  it('seals with its first key, and opens with all that it knows or knew', () => {
    const ring = new Keyring([first]);
    const cipher = ring.cipher('journal');
    const old = cipher.seal('old', 1);
    ring.update([second]);
    const young = cipher.seal('young', 2);
    assert.equal(sealedWith(young), second.id);
    assert.deepEqual(cipher.keys(), [second.id, first.id]);
    assert.deepEqual([cipher.open(old, 1), cipher.open(young, 2)], ['old', 'young']);
    ring.update([]);
    assert.equal(ring.active, second.id);
  });

  it('looks once more for a key that it does not know', async () => {
    const asked: string[] = [];
    const found: EncryptionKey[] = [];
    const ring = new Keyring([first], async (missing) => {
      asked.push(missing);
      return found;
    });
    const cipher = ring.cipher('journal');
    assert.equal(await cipher.learn(first.id), true);
    assert.equal(await cipher.learn(second.id), false);
    found.push(second, first);
    assert.equal(await cipher.learn(second.id), true);
    assert.equal(await cipher.learn(second.id), true);
    assert.deepEqual(asked, [second.id, second.id]);
    assert.equal(ring.active, second.id);
  });

  it('tells keys of one name apart', () => {
    const [one, other] = [keyFrom('a', 'name'), keyFrom('b', 'name')];
    assert.notEqual(one.id, other.id);
    assert.equal(one.id, `name.${keyFrom('a').id}`);
  });
});
