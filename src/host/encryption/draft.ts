import { randomUUID } from 'node:crypto';
import { chainLink, chainStart } from '../../journal/chain.ts';
import { type Cipher, sealedWith } from '../../journal/cipher.ts';
import { unopened } from '../../journal/codec.ts';
import type { Storage } from '../../journal/storage.ts';
import { type Store, StoreFailure, type StoredRow } from '../../journal/store.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';

/** As what journals are to be stored. */
export interface Target {
  readonly storage: Storage;
  /** Opens what is stored in a journal, and seals it where it is to be encrypted. */
  readonly cipherOf: (journal: string) => Cipher;
  /** The key with which everything is to be encrypted; undefined: everything is to be plain. */
  readonly key: string | undefined;
}

/** How one journal becomes another. */
export interface Rewriting {
  readonly from: Store;
  readonly to: Store;
  readonly cipher: Cipher;
  readonly key: string | undefined;
}

/** `stale`: what is there is no part of what is to be made, and is of no use. */
export type Drafted = Outcome<Seq> | 'stale';

const pageRows = 500;

/**
 * Adds what is missing, then compares all of it; how many entries there are. The keys of personal text stay with the
 * old journal until this one takes its place, so that what is erased meanwhile is erased. Throws `StoreFailure`.
 */
export const completeDraft = async (rewriting: Rewriting): Promise<Drafted> => {
  const filled = await fill(rewriting);
  return filled === 'stale' || !filled.ok ? filled : compare(rewriting);
};

const fill = async ({ from, to, cipher, key }: Rewriting): Promise<Drafted> => {
  let head = await to.head();
  if (head > (await from.head())) return 'stale';
  let chain = head === 0 ? chainStart(to.identity.id) : (await to.readAt([head]))[0]?.chain;
  for (;;) {
    const old = await from.read(head, pageRows);
    const [first] = old;
    if (first === undefined || chain === undefined) return ok(head);
    if (first.seq !== head + 1) return broken(head + 1);
    const batch = randomUUID();
    const rows: StoredRow[] = [];
    let link = chain;
    for (const row of old) {
      const plain = cipher.open(row.text, row.seq);
      if (typeof plain !== 'string') return unopened(plain, row.seq, cipher);
      const text = key === undefined ? plain : cipher.seal(plain, row.seq);
      link = chainLink(link, text);
      rows.push({ seq: row.seq, batch, text, chain: link });
    }
    const stored = await to.append({ expected: head, link: chain, batch, rows });
    if (stored.kind === 'moved') return crowded;
    if (stored.kind !== 'appended') return refuse(stored.code, `${stored.reason} ${goOn}`);
    head += rows.length;
    chain = link;
  }
};

const goOn = 'The journal is as it was. Call again, and it goes on from there.';

const crowded = refuse('storage_busy', `Another process writes the same journal anew. ${goOn}`);

/** Both from the first entry on: the chain of each, that each is stored as it should be, and that both say the same. */
const compare = async ({ from, to, cipher, key }: Rewriting): Promise<Drafted> => {
  const start = chainStart(from.identity.id);
  let [seq, oldChain, newChain] = [0, start, start];
  for (;;) {
    const old = await from.read(seq, pageRows);
    const made = await readDraft(to, seq);
    if (old.length === 0) return made?.length === 0 ? ok(seq) : 'stale';
    for (const [index, row] of old.entries()) {
      const other = made?.[index];
      oldChain = chainLink(oldChain, row.text);
      if (row.chain !== oldChain) return broken(row.seq);
      if (other === undefined || other.seq !== row.seq) return 'stale';
      newChain = chainLink(newChain, other.text);
      if (other.chain !== newChain || sealedWith(other.text) !== key) return 'stale';
      const plain = cipher.open(row.text, row.seq);
      if (typeof plain !== 'string') return unopened(plain, row.seq, cipher);
      if (cipher.open(other.text, row.seq) !== plain) return 'stale';
      ({ seq } = row);
    }
  }
};

/** Undefined where it cannot be read, which is no fault of the journal that it is made from. */
const readDraft = async (store: Store, after: Seq): Promise<readonly StoredRow[] | undefined> => {
  try {
    return await store.read(after, pageRows);
  } catch (failure) {
    if (failure instanceof StoreFailure) return undefined;
    throw failure;
  }
};

const broken = (seq: Seq): Refusal =>
  refuse(
    'journal_corrupt',
    `The journal is damaged at entry ${seq}: its bytes do not fit the hash chain. Nothing was changed. Restore the latest backup first.`,
    { seq },
  );
