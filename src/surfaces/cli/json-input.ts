import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { type Outcome, refuse } from '../../kernel/errors.ts';
import { printable, quoted } from '../../kernel/text.ts';
import { jsonBytesMax, parseJson, tooLarge } from '../json-text.ts';

/** Where JSON on the command line comes from: the text itself, `@file`, or `-` for what is piped in. */
export const readJson = async (text: string, stdin: Readable): Promise<Outcome<unknown>> => {
  const bytes = await bytesOf(text, stdin);
  if (!bytes.ok) return bytes;
  return bytes.value.length > jsonBytesMax ? tooLarge('input') : parseJson(bytes.value, 'input');
};

const bytesOf = async (text: string, stdin: Readable): Promise<Outcome<Buffer>> => {
  if (text === '-') return { ok: true, value: await upTo(jsonBytesMax + 1, stdin) };
  if (!text.startsWith('@')) return { ok: true, value: Buffer.from(text) };
  const path = text.slice(1);
  try {
    const file = await open(path);
    try {
      return { ok: true, value: await upTo(jsonBytesMax + 1, file.createReadStream({ autoClose: false })) };
    } finally {
      await file.close();
    }
  } catch (thrown) {
    return refuse(
      'invalid_input',
      `The file ${quoted(printable(path))} cannot be read (${reasonIn(thrown)}). Name one that can, behind the @.`,
    );
  }
};

/** What is too long is not read to its end. */
const upTo = async (bytesMax: number, stream: Readable): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const piece = Buffer.from(chunk);
    chunks.push(piece);
    bytes += piece.length;
    if (bytes >= bytesMax) break;
  }
  return Buffer.concat(chunks);
};

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is none',
  EACCES: 'this user may not',
  EISDIR: 'it is a folder',
};

const reasonIn = (thrown: unknown): string => {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return reasons[code] ?? (code === '' ? 'the system does not say why' : `the system says ${code}`);
};
