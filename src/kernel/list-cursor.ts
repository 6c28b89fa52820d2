import { type Outcome, ok, refuse } from './errors.ts';

/** The number of the last one shown, from a cursor that names its history and its filters. */
export const startOf = (
  cursor: string | undefined,
  { history, filters }: { readonly history: string; readonly filters: string },
): Outcome<number> => {
  if (cursor === undefined) return ok(0);
  const [of, filtered, number, ...more] = cursor.split(':');
  const after = Number(number);
  if (of !== history || more.length > 0 || !Number.isSafeInteger(after)) {
    return refuse('history_changed', 'This cursor belongs to another history. List again without a cursor.');
  }
  return filtered === filters
    ? ok(after)
    : refuse(
        'invalid_input',
        'This cursor goes on with a list that had other filters. Give the same filters with it, or list again without a cursor.',
      );
};
