import { Transform, type TransformCallback } from 'node:stream';
import { parseJSONRPCMessage } from '@modelcontextprotocol/server';
import { type Outcome, type Refusal, errorTable, ok, refuse } from '../../kernel/errors.ts';
import { isRecord } from '../../kernel/json.ts';
import { jsonBytesMax, parseJson, tooLarge } from '../json-text.ts';

const newline = 0x0a;

/** The numbers of JSON-RPC itself for what is not JSON, and for what is no message. */
const invalidRequest = -32_600;

/**
 * Lets the lines of a pipe through that hold one message, and answers the others: a client that waits for the answer to
 * a line which nobody could read would wait for ever. A line that is too long is never kept whole.
 */
export class LineGate extends Transform {
  readonly #answer: (line: string) => void;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** `answer` is given whole lines for the other direction. */
  constructor(answer: (line: string) => void) {
    super();
    this.#answer = answer;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      this.#keep(chunk.subarray(from, end));
      this.#pass();
      from = end + 1;
    }
    this.#keep(chunk.subarray(from));
    done();
  }

  /** The last line may come without its end. */
  endOfInput(): void {
    this.#pass();
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#bytes += part.length;
    if (this.#bytes > jsonBytesMax) this.#parts = [];
    else this.#parts.push(part);
  }

  #pass(): void {
    const [first] = this.#parts;
    const line = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    const tooLong = this.#bytes > jsonBytesMax;
    this.#parts = [];
    this.#bytes = 0;
    if (!tooLong && isBlank(line)) return;
    const checked = tooLong ? tooLarge('line') : checkLine(line);
    if (checked.ok) {
      this.push(line);
      this.push('\n');
    } else this.#answer(errorLine(checked, tooLong ? null : idIn(line)));
  }
}

const isBlank = (line: Buffer): boolean => line.toString('latin1').trim() === '';

const checkLine = (line: Buffer): Outcome<true> => {
  const parsed = parseJson(line, 'line');
  if (!parsed.ok) return parsed;
  if (Array.isArray(parsed.value)) return notOneMessage;
  try {
    parseJSONRPCMessage(parsed.value);
    return ok(true);
  } catch {
    return noMessage;
  }
};

const notOneMessage = refuse(
  'invalid_input',
  'The line holds a list of messages, and a pipe takes one message in each line. Send them one by one.',
);

const noMessage = refuse(
  'invalid_input',
  'The line is JSON, and no message of JSON-RPC 2.0: it needs "jsonrpc": "2.0" and a method, a result or an error.',
);

/** The id by which the client knows which of its requests failed, where there is one. */
const idIn = (line: Buffer): string | number | null => {
  const parsed = parseJson(line, 'line');
  const id = parsed.ok && isRecord(parsed.value) ? parsed.value['id'] : null;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
};

const errorLine = ({ code, message, details }: Refusal, id: string | number | null): string => {
  const number = code === 'invalid_input' ? invalidRequest : errorTable[code].jsonRpc;
  const error = { code: number, message, data: { ...details, code } };
  return `${JSON.stringify({ jsonrpc: '2.0', id, error })}\n`;
};
