import { type EncryptionKey, isKeyName, keyBytes, keyOf } from '../../journal/cipher.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';

const hexPattern = /^[0-9a-f]{64}$/i;
const base64Pattern = /^[A-Za-z0-9+/_-]{43}=?$/;

/**
 * The keys that a text names: one on each line, or with commas between them, each with a name and a colon before it if one likes.
 * A line that begins with # is a remark. No refusal repeats what a line says.
 */
export const readKeys = (text: string, place: string): Outcome<readonly EncryptionKey[]> => {
  const keys: EncryptionKey[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    for (const part of line.split(',')) {
      const key = keyIn(part.trim());
      if (key === undefined)
        return refuse(
          'invalid_input',
          `${place}, line ${index + 1}: this is no key. A key is ${keyBytes} bytes in base64 or hex, with a name and a colon before it if you like, such as signalbox encryption generate-key prints.`,
          { line: index + 1 },
        );
      keys.push(key);
    }
  }
  return keys.length > 0
    ? ok(keys)
    : refuse('invalid_input', `${place} holds no key. Make one with signalbox encryption generate-key.`);
};

const keyIn = (text: string): EncryptionKey | undefined => {
  const [, name, key = ''] = /^(?:([^:]*):)?(.*)$/.exec(text) ?? [];
  if (name !== undefined && !isKeyName(name)) return undefined;
  if (hexPattern.test(key)) return keyOf(Buffer.from(key, 'hex'), name);
  return base64Pattern.test(key) ? keyOf(Buffer.from(key, 'base64'), name) : undefined;
};

/** A key as a line of a key file. */
export const keyLine = (name: string, bytes: Uint8Array): string =>
  `${name}:${Buffer.from(bytes).toString('base64')}\n`;
