import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { appendChecked } from './copying.ts';
import type { Head } from './head.ts';
import { verify } from './journal.ts';
import { checkedPages, headOf, linkAt } from './rows.ts';
import { type Store, StoreFailure } from './store.ts';
import { joinKeys } from './subject-keys.ts';

/**
 * Makes the target what the source is now, its keys of personal text included, from where an earlier attempt ended. `place`: where the target is, for people.
 * How many entries had to be copied.
 */
export const copyJournal = async (source: Store, target: Store, place: string): Promise<Outcome<number>> => {
  try {
    const [to, from] = [await headOf(source), await headOf(target)];
    if (from.seq > to.seq || (await linkAt(source, from.seq)).chain !== from.chain) return other(place, from);
    // Whoever writes has kept the key before what is sealed under it.
    if (target.subjectKeys !== undefined && source.subjectKeys !== undefined)
      await joinKeys(target.subjectKeys, source.subjectKeys);
    let head = from;
    for await (const rows of checkedPages(source, from, to.seq)) {
      head = await appendChecked(target, head, rows);
    }
    return ok(to.seq - from.seq);
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  }
};

/** Reads the whole target again: every text in it makes up the link at which the source ends. */
export const demandSame = async (source: Store, target: Store, place: string): Promise<Outcome<Head>> => {
  try {
    const head = await headOf(source);
    const verified = await verify(target);
    if (!verified.ok) return verified;
    const { entries: seq, chain } = verified.value;
    return seq === head.seq && chain === head.chain ? ok(head) : other(place, { seq, chain });
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  }
};

const other = (place: string, { seq }: Head): Outcome<never> =>
  refuse(
    'exists',
    `${place} goes on with entries of its own up to ${seq}, which the source does not have. Nothing was changed there. Name an empty place.`,
    { place, seq },
  );
