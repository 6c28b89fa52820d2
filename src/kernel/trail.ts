/**
 * The sequence numbers of the entries about one thing, newest first: what a record keeps of its own history. A chain
 * of small blocks, so that adding the hundred-thousandth copies at most `blockMax` numbers.
 */
const blockMax = 32;

export interface Trail {
  readonly seqs: readonly number[];
  readonly older: Trail | undefined;
  readonly size: number;
}

export const emptyTrail: Trail = { seqs: [], older: undefined, size: 0 };

/** The trail with `seq` added as its newest. Every record has one; to copy by `concat` leaves no room for more in the copy. */
export const extend = (trail: Trail, seq: number): Trail =>
  trail.seqs.length < blockMax
    ? { seqs: trail.seqs.concat(seq), older: trail.older, size: trail.size + 1 }
    : { seqs: [seq], older: trail, size: trail.size + 1 };

/** Up to `count` sequence numbers, newest first. */
export const newest = (trail: Trail, count: number): number[] => {
  const found: number[] = [];
  for (let block: Trail | undefined = trail; block !== undefined; block = block.older) {
    for (let i = block.seqs.length - 1; i >= 0; i -= 1) {
      if (found.length === count) return found;
      const seq = block.seqs[i];
      if (seq !== undefined) found.push(seq);
    }
  }
  return found;
};

/** Oldest first, flat, as a snapshot stores it. */
export const flatten = (trail: Trail): number[] => newest(trail, trail.size).toReversed();

export const trailOf = (seqs: readonly number[]): Trail => seqs.reduce(extend, emptyTrail);
