import { randomUUID } from 'node:crypto';
import { type Refusal, refuse } from '../kernel/errors.ts';
import type { Head } from './head.ts';
import { type Store, StoreFailure, type StoredRow } from './store.ts';

/** What is appended at once, at most. */
const chunkCharacters = 4_000_000;
const chunkRows = 2_000;

/**
 * Appends rows of another journal, or of a file, that have been checked against the chain, and compares what can be read
 * then with what was written, entry by entry: text and link. Where they end. Throws `StoreFailure`.
 */
export const appendChecked = async (target: Store, from: Head, rows: readonly StoredRow[]): Promise<Head> => {
  let head = from;
  for (const chunk of chunksOf(rows)) {
    const batch = randomUUID();
    const outcome = await target.append({
      expected: head.seq,
      link: head.chain,
      batch,
      rows: chunk.map((row) => ({ ...row, batch })),
    });
    if (outcome.kind === 'moved') throw new StoreFailure(disturbed(head));
    const stored = await target.read(head.seq, chunk.length);
    const same = chunk.every(
      ({ text, chain }, index) => stored[index]?.text === text && stored[index].chain === chain,
    );
    if (!same) throw new StoreFailure(outcome.kind === 'appended' ? notKept(head) : refused(outcome));
    head = chunk.at(-1) ?? head;
  }
  return { seq: head.seq, chain: head.chain };
};

function* chunksOf(rows: readonly StoredRow[]): Generator<readonly StoredRow[]> {
  let chunk: StoredRow[] = [];
  let characters = 0;
  for (const row of rows) {
    chunk.push(row);
    characters += row.text.length;
    if (chunk.length < chunkRows && characters < chunkCharacters) continue;
    yield chunk;
    chunk = [];
    characters = 0;
  }
  if (chunk.length > 0) yield chunk;
}

const refused = ({ code, reason }: Pick<Refusal, 'code'> & { readonly reason: string }): Refusal =>
  refuse(code, `The copy could not be written on: ${reason} See to that, and run this again to go on.`);

const disturbed = ({ seq }: Head): Refusal =>
  refuse(
    'invalid_state',
    `Something else writes to the copy, behind its entry ${seq}. Stop what works on it, and run this again to go on.`,
    { seq },
  );

const notKept = ({ seq }: Head): Refusal =>
  refuse(
    'storage_failed',
    `What was written behind entry ${seq} of the copy is not what can be read there. Look at that storage; what was copied is left as it is.`,
    { seq },
  );
