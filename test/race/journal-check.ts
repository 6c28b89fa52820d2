import assert from 'node:assert/strict';
import { createDecipheriv, createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/**
 * Reads a journal without any of the program's code and replays who holds what by the plainest of rules, so that a
 * fault of the program cannot hide itself.
 */
export interface Line {
  readonly seq: number;
  readonly time: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly actor: { readonly agent?: string };
}

interface StoredLine extends Line {
  readonly sealed?: readonly [key: string, box: string];
}

const busyMs = 5_000;
const nonceBytes = 12;

/** The secrets beside a journal, by the names of their keys. A file that a process only began, and died, has none. */
const secretsOf = (path: string): ReadonlyMap<unknown, Uint8Array> => {
  const beside = `${path}.keys`;
  if (!existsSync(beside)) return new Map();
  const database = new DatabaseSync(beside, { timeout: busyMs });
  const begun = database.prepare("select 1 from sqlite_schema where name = 'keys'").get() === undefined;
  const rows = begun ? [] : database.prepare('select id, secret from keys').all();
  database.close();
  return new Map(
    rows.flatMap(({ id, secret }) => (secret instanceof Uint8Array ? [[id, secret] as const] : [])),
  );
};

interface Place {
  readonly journal: string;
  readonly seq: number;
}

/** What is sealed in a box: AES-256 in counter mode, with the nonce before it, to which journal and number are added. */
const opened = (box: Buffer, secret: Uint8Array, { journal, seq }: Place): Line['data'] => {
  const mark = createHash('sha256').update(journal).digest();
  const number = Buffer.alloc(nonceBytes);
  number.writeBigUInt64BE(BigInt(seq), 4);
  const counter = Buffer.alloc(16);
  for (let i = 0; i < nonceBytes; i += 1)
    counter[i] = (box[i] ?? 0) ^ (number[i] ?? 0) ^ (i < 4 ? (mark[i] ?? 0) : 0);
  const decipher = createDecipheriv('aes-256-ctr', secret, counter);
  return JSON.parse(decipher.update(box.subarray(nonceBytes), undefined, 'utf8') + decipher.final('utf8'));
};

export const linesOf = (path: string): readonly Line[] => {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare('select seq, text from entries order by seq').all();
  const id = String(database.prepare('select id from journal').get()?.['id']);
  database.close();
  const secrets = secretsOf(path);
  return linesIn(rows, ({ sealed, ...line }) => {
    if (sealed === undefined) return line;
    const [key, box] = sealed;
    const secret = secrets.get(key);
    assert.ok(secret !== undefined, 'the key was stored before what is sealed under it');
    return {
      ...line,
      data: { ...line.data, ...opened(Buffer.from(box, 'base64'), secret, { journal: id, seq: line.seq }) },
    };
  });
};

type Row = Partial<Readonly<Record<'seq' | 'text', unknown>>>;

/** `open`: puts in what is sealed. Who claimed what never is. */
export const linesIn = (
  rows: readonly Row[],
  open: (stored: StoredLine) => Line = (stored) => stored,
): readonly Line[] =>
  rows.map((row, index) => {
    assert.equal(row['seq'], index + 1, 'the sequence numbers have no gap');
    const stored: StoredLine = JSON.parse(String(row['text']));
    assert.equal(stored.seq, row['seq']);
    return open(stored);
  });

export interface Claim {
  readonly task: string;
  readonly agent: string;
  readonly epoch: number;
}

/** All claims in order. Fails when a task is claimed while somebody holds it, or finished by somebody else. */
export const claimsOf = (lines: readonly Line[]): readonly Claim[] => {
  const holders = new Map<string, string>();
  const claims: Claim[] = [];
  for (const { seq, type, data } of lines) {
    const task = String(data['id']);
    if (type === 'tasks.claimed') {
      const agent = String(data['agent']);
      if (data['from'] === undefined)
        assert.equal(holders.get(task), undefined, `entry ${seq}: ${task} has two holders`);
      holders.set(task, agent);
      claims.push({ task, agent, epoch: seq });
    } else if (type === 'tasks.finished' || type === 'tasks.released') {
      assert.notEqual(holders.get(task), undefined, `entry ${seq}: ${task} was held by nobody`);
      holders.delete(task);
    }
  }
  return claims;
};
