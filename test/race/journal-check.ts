import assert from 'node:assert/strict';
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

export const linesOf = (path: string): readonly Line[] => {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare('select seq, text from entries order by seq').all();
  database.close();
  return linesIn(rows);
};

export const linesIn = (
  rows: readonly Partial<Readonly<Record<'seq' | 'text', unknown>>>[],
): readonly Line[] =>
  rows.map((row, index) => {
    assert.equal(row['seq'], index + 1, 'the sequence numbers have no gap');
    const line: Line = JSON.parse(String(row['text']));
    assert.equal(line.seq, row['seq']);
    return line;
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
