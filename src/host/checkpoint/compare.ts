import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { printable, quoted } from '../../kernel/text.ts';
import { errorCodeIn } from '../data-directory.ts';
import type { CheckedJournal } from '../journal-check.ts';
import {
  type Checkpoint,
  checkpointSchema,
  isOfHub,
  isPublicKey,
  isSigned,
  publicKeyOf,
  sameKey,
} from './document.ts';
import { findSigningKey } from './signing-key.ts';

/** Who vouches for the key of a checkpoint: whoever gave it, this data directory, or nobody but the file itself. */
export type KeyFrom = 'given' | 'data directory' | 'checkpoint';

export interface ReadCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly keyFrom: KeyFrom;
}

interface Asked {
  readonly file: string;
  /** The public key that it must be signed with, as somebody kept it. */
  readonly key: string | undefined;
  readonly dataDir: string;
}

const fileBytesMax = 65_536;

/** A checkpoint whose signature is good and by the key that is expected. */
export const readCheckpoint = async ({ file, key, dataDir }: Asked): Promise<Outcome<ReadCheckpoint>> => {
  if (key !== undefined && !isPublicKey(key))
    return refuse(
      'invalid_input',
      `${quoted(printable(key.slice(0, 100)))} is no public key. Give --key as signalbox checkpoint showed it: ed25519: and 43 characters.`,
    );
  const read = await documentIn(resolve(file));
  if (!read.ok) return read;
  const checkpoint = read.value;
  const expected = await expectedKey(key, dataDir);
  if (!expected.ok) return expected;
  if (expected.value !== undefined && !sameKey(expected.value, checkpoint.public_key))
    return otherKey(checkpoint, expected.value, key !== undefined);
  if (!isSigned(checkpoint))
    return finding(
      'bad signature',
      `The signature of ${file} is not good: the checkpoint was changed after it was signed, or never signed. It proves nothing; take the copy that you kept.`,
      checkpoint,
    );
  const own = expected.value === undefined ? 'checkpoint' : 'data directory';
  return ok({ checkpoint, keyFrom: key === undefined ? own : 'given' });
};

const expectedKey = async (
  given: string | undefined,
  dataDir: string,
): Promise<Outcome<string | undefined>> => {
  if (given !== undefined) return ok(given);
  const own = await findSigningKey(dataDir);
  return own.ok ? ok(own.value && publicKeyOf(own.value)) : own;
};

const documentIn = async (path: string): Promise<Outcome<Checkpoint>> => {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > fileBytesMax) return noCheckpoint(path);
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    const reason = errorCodeIn(thrown);
    return refuse(
      reason === 'ENOENT' ? 'not_found' : 'invalid_input',
      `The checkpoint ${path} cannot be read: the system says ${reason}. Name a file that signalbox checkpoint wrote.`,
      { path, reason },
    );
  }
  const parsed = checkpointSchema.safeParse(jsonIn(text));
  return parsed.success ? ok(parsed.data) : noCheckpoint(path);
};

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // The schema takes nothing for a checkpoint either.
    return undefined;
  }
};

const noCheckpoint = (path: string): Refusal =>
  refuse(
    'invalid_input',
    `${path} is no checkpoint of this version. Name a file that signalbox checkpoint wrote.`,
    { path },
  );

/** What keeps a journal from being the one of the checkpoint; undefined when it goes on from there. */
export const differenceFrom = (
  checkpoint: Checkpoint,
  { identity, entries, linkAt }: CheckedJournal,
): Refusal | undefined => {
  const { journal, seq, chain } = checkpoint;
  if (identity.id !== journal)
    return finding(
      'other journal',
      `${otherThan(checkpoint)}; this one is ${identity.id}. ${whereElse(checkpoint)} If this is it, its journal was replaced.`,
      checkpoint,
    );
  if (linkAt === undefined)
    return finding(
      'cut',
      `The journal was cut: it ends at entry ${entries}, and the checkpoint was signed at entry ${seq}. Restore a backup that has it.`,
      checkpoint,
    );
  if (linkAt !== chain)
    return finding(
      'changed',
      `The journal was changed: its entries up to ${seq} fit each other, but not the checkpoint (the chain there is ${linkAt}, and ${chain} was signed). One of them, or several, were rewritten. Restore a backup from before.`,
      checkpoint,
    );
  return undefined;
};

/** Where nothing was ever written, no checkpoint was signed either. */
export const differenceFromNothing = (checkpoint: Checkpoint, workspace: string): Refusal =>
  finding(
    'other journal',
    `${otherThan(checkpoint)}; in workspace "${workspace}" nothing was ever written. ${whereElse(checkpoint)} If this is it, its journal is gone, and the hub's own was replaced.`,
    checkpoint,
  );

const otherThan = (checkpoint: Checkpoint): string =>
  `The checkpoint is of another journal: ${checkpoint.journal}, ${isOfHub(checkpoint) ? "a hub's own" : `of the workspace "${checkpoint.workspace}" then`}`;

const whereElse = (checkpoint: Checkpoint): string =>
  isOfHub(checkpoint)
    ? 'Give --of hub, and the data directory of that hub with --data-dir.'
    : 'Name its workspace with --workspace.';

const otherKey = (checkpoint: Checkpoint, expected: string, wasGiven: boolean): Refusal =>
  finding(
    'other key',
    `The checkpoint was signed with another key: ${checkpoint.public_key}, not ${expected}${wasGiven ? '' : ', which is that of this data directory'}. It proves nothing unless you know whose it is; then name it with --key.`,
    checkpoint,
  );

const codes = {
  'bad signature': 'invalid_input',
  'other key': 'invalid_input',
  'other journal': 'invalid_state',
  cut: 'journal_corrupt',
  changed: 'journal_corrupt',
} as const;

const finding = (what: keyof typeof codes, message: string, checkpoint: Checkpoint): Refusal =>
  refuse(codes[what], message, { finding: what, checkpoint });
