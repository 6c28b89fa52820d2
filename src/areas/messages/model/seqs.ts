import type { Seq } from '../../../kernel/entry.ts';

/** Copying at most about this many numbers adds one or takes one away, as long as there are not many more than its square. */
const blockMax = 100;

/** Ascending sequence numbers that come in at the end and mostly leave at the beginning. Immutable. */
export interface Seqs {
  readonly size: number;
  /** None of them empty. */
  readonly blocks: readonly (readonly Seq[])[];
}

export const noSeqs: Seqs = { size: 0, blocks: [] };

/** With `seq` added, which is greater than all that are in it. */
export const withSeq = ({ size, blocks }: Seqs, seq: Seq): Seqs => {
  const last = blocks.at(-1);
  return last === undefined || last.length >= blockMax
    ? { size: size + 1, blocks: [...blocks, [seq]] }
    : { size: size + 1, blocks: [...blocks.slice(0, -1), [...last, seq]] };
};

/** Without the first, of one or more. */
export const withoutFirst = ({ size, blocks }: Seqs): Seqs => {
  const [first = [], ...rest] = blocks;
  return { size: size - 1, blocks: first.length <= 1 ? rest : [first.slice(1), ...rest] };
};

export const seqsOf = (ascending: readonly Seq[]): Seqs => {
  const blocks: Seq[][] = [];
  for (let i = 0; i < ascending.length; i += blockMax) blocks.push(ascending.slice(i, i + blockMax));
  return { size: ascending.length, blocks };
};

export const firstSeq = ({ blocks }: Seqs): Seq | undefined => blocks[0]?.[0];

export const lastSeq = ({ blocks }: Seqs): Seq | undefined => blocks.at(-1)?.at(-1);

export function* eachSeq({ blocks }: Seqs): Iterable<Seq> {
  for (const block of blocks) yield* block;
}

/** The index of the block that would hold `seq`. */
const blockFor = (blocks: Seqs['blocks'], seq: Seq): number => {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((blocks[middle]?.at(-1) ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
};

export const hasSeq = ({ blocks }: Seqs, seq: Seq): boolean =>
  blocks[blockFor(blocks, seq)]?.includes(seq) ?? false;

export const withoutSeq = (seqs: Seqs, seq: Seq): Seqs => {
  const { size, blocks } = seqs;
  const index = blockFor(blocks, seq);
  const block = blocks[index];
  if (block === undefined || !block.includes(seq)) return seqs;
  const left = block.filter((one) => one !== seq);
  return { size: size - 1, blocks: blocks.toSpliced(index, 1, ...(left.length === 0 ? [] : [left])) };
};

/** How many come behind `seq`. */
export const sizeAfter = ({ size, blocks }: Seqs, seq: Seq): number => {
  const index = blockFor(blocks, seq + 1);
  let before = blocks[index]?.filter((one) => one <= seq).length ?? 0;
  for (let i = 0; i < index; i += 1) before += blocks[i]?.length ?? 0;
  return size - before;
};

/** What comes up to `seq`, that itself included, and what is behind it. */
export const splitAfter = (seqs: Seqs, seq: Seq): { readonly taken: readonly Seq[]; readonly rest: Seqs } => {
  const { size, blocks } = seqs;
  if (seq < (firstSeq(seqs) ?? 0)) return { taken: [], rest: seqs };
  const index = blockFor(blocks, seq + 1);
  const block = blocks[index] ?? [];
  const within = block.filter((one) => one <= seq);
  const taken = [...blocks.slice(0, index).flat(), ...within];
  if (taken.length === 0) return { taken, rest: seqs };
  const left = block.slice(within.length);
  const rest = blocks.slice(index + 1);
  return {
    taken,
    rest: { size: size - taken.length, blocks: left.length === 0 ? rest : [left, ...rest] },
  };
};
