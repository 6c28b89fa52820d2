import { type JournalIdentity, type LinkedRow, StoreFailure, type StoredRow } from '../../journal/store.ts';
import { present } from '../../kernel/assert.ts';
import type { Seq } from '../../kernel/entry.ts';
import type { Refusal } from '../../kernel/errors.ts';
import { storeFailure } from './failures.ts';
import type { JournalKeys } from './keys.ts';
import { formatVersion } from './library.ts';
import { askState, type JournalState, rowsOf, stateOf } from './replies.ts';
import type { Server } from './server.ts';
import type { Trouble } from './trouble.ts';

interface ReaderParts {
  readonly server: Server;
  readonly keys: JournalKeys;
  readonly identity: JournalIdentity;
  readonly trouble: Trouble;
}

const pageRows = 5_000;

/** Reads one journal, and makes sure each time that it still is that one. Everything here throws `StoreFailure`. */
export class Reader {
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  async state(): Promise<JournalState> {
    const { server, keys, identity, trouble } = this.#parts;
    const answer = await server.read(askState(keys.journal));
    if (!answer.ok) throw storeFailure(answer);
    const state = stateOf(answer.value);
    if (state === undefined) throw new StoreFailure(await this.missing());
    if (state.format > formatVersion) throw new StoreFailure(trouble.newer(state.format));
    const { id, generation } = state.identity;
    if (id !== identity.id || generation !== identity.generation)
      throw new StoreFailure(trouble.other(generation));
    return state;
  }

  /** Why the journal is not there. Whoever takes one away properly takes it off the list first, which is not gone itself. */
  async missing(): Promise<Refusal> {
    const { server, keys, trouble } = this.#parts;
    const [listed, list] = await Promise.all([
      server.read(['SISMEMBER', keys.begun, keys.name]),
      server.read(['EXISTS', keys.begun]),
    ]);
    const isTaken = listed.ok && listed.value !== 1 && list.ok && list.value === 1;
    return isTaken ? trouble.replaced() : trouble.missing();
  }

  async read(after: Seq, limit: number): Promise<readonly StoredRow[]> {
    const [{ base }, rows] = await Promise.all([this.state(), this.#rows(after + 1, { limit })]);
    // What an archive has by now may still lie here for a while.
    return after >= base ? rows : this.#rows(base + 1, { limit });
  }

  /** Goes on from the first rows of a longer piece until the row `last`. */
  async readOn(reply: unknown, last: Seq): Promise<readonly StoredRow[]> {
    const rows = rowsOf(this.#parts.server.place, reply);
    for (;;) {
      const end = rows.at(-1)?.seq ?? last;
      if (end >= last) return rows;
      const more = await this.#rows(end + 1, { to: last, limit: pageRows });
      if (more.length === 0) throw new StoreFailure(this.#parts.trouble.gap(end + 1));
      rows.push(...more);
    }
  }

  async readAt(seqs: readonly Seq[]): Promise<readonly LinkedRow[]> {
    if (seqs.length === 0) return [];
    const { trouble } = this.#parts;
    const wanted = [...new Set(seqs)].toSorted((a, b) => a - b);
    const [{ base, baseChain }, ...pieces] = await Promise.all([
      this.state(),
      ...runsOf(wanted).map(({ from, to }) =>
        // With the row before the first, for its link.
        this.#rows(Math.max(1, from - 1), { to, limit: to - from + 2 }),
      ),
    ]);
    const rows = new Map(pieces.flat().map((row) => [row.seq, row]));
    const linked = new Map<Seq, LinkedRow>();
    for (const seq of wanted) {
      if (seq <= base) throw new StoreFailure(trouble.archived(seq));
      const row = rows.get(seq);
      const before = seq === base + 1 && base > 0 ? baseChain : rows.get(seq - 1)?.chain;
      if (row === undefined || (seq > 1 && before === undefined)) {
        throw new StoreFailure(trouble.gap(row === undefined ? seq : seq - 1));
      }
      linked.set(seq, { ...row, before });
    }
    return seqs.map((seq) => present(linked.get(seq), 'each row asked for was read'));
  }

  /** The first entry that has not been taken out. */
  async firstKept(): Promise<Seq> {
    const [first] = await this.#rows(1, { limit: 1 });
    return first?.seq ?? Number.MAX_SAFE_INTEGER;
  }

  async #rows(from: Seq, { to, limit }: { readonly to?: Seq; readonly limit: number }): Promise<StoredRow[]> {
    const { server, keys } = this.#parts;
    const end = to === undefined ? '+' : `0-${to}`;
    const answer = await server.read(['XRANGE', keys.log, `0-${from}`, end, 'COUNT', String(limit)]);
    if (!answer.ok) throw storeFailure(answer);
    return rowsOf(server.place, answer.value);
  }
}

/** Ascending numbers as pieces without gaps. */
const runsOf = (seqs: readonly Seq[]): readonly { readonly from: Seq; readonly to: Seq }[] => {
  const runs: { from: Seq; to: Seq }[] = [];
  for (const seq of seqs) {
    const last = runs.at(-1);
    if (last !== undefined && last.to + 1 === seq) last.to = seq;
    else runs.push({ from: seq, to: seq });
  }
  return runs;
};
