import { type Answer, withEntries, withSearch } from '../../../kernel/operation.ts';

/** Goes on with the value of an answer, fetched or not. */
export const followedBy = <A, B>(answer: Answer<A>, next: (value: A) => Answer<B>): Answer<B> => {
  if (answer.ok === true) return next(answer.value);
  if (answer.ok === false) return answer;
  if (answer.ok === 'search')
    return withSearch(answer.query, (found) => followedBy(answer.build(found), next));
  return withEntries(answer.seqs, (entries) => followedBy(answer.build(entries), next));
};
