import type { Entry, Seq } from '../../kernel/entry.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import type { Instant } from '../../kernel/instants.ts';
import { type Answer, withEntries } from '../../kernel/operation.ts';

/** How many entries are read at a time. */
const pageEntries = 200;

interface Way {
  /** Looked at first. */
  readonly from: Seq;
  /** How many entries may be looked at. */
  readonly entriesMax: number;
}

/** DE17: reads entries from the newest back until `visit` has enough; `build` gets the first that was not looked at, 0 = none is left. */
export const lookBack = <T>(
  { from, entriesMax }: Way,
  visit: (entry: Entry) => 'on' | 'enough' | 'end',
  build: (next: Seq) => Answer<T>,
): Answer<T> => {
  if (from < 1 || entriesMax < 1) return build(Math.max(0, from));
  const size = Math.min(pageEntries, from, entriesMax);
  return withEntries(
    Array.from({ length: size }, (_, i) => from - i),
    (entries) => {
      for (const entry of entries) {
        const said = visit(entry);
        if (said === 'end') return build(0);
        if (said === 'enough') return build(entry.seq - 1);
      }
      return lookBack({ from: from - size, entriesMax: entriesMax - size }, visit, build);
    },
  );
};

/** The last entry that was written by this instant, 0 = none: times never go back, so halving finds it. */
export const lastBy = <T>(
  until: Instant | undefined,
  head: Seq,
  build: (seq: Seq) => Answer<T>,
): Answer<T> => {
  if (until === undefined) return build(head);
  const between = (low: Seq, high: Seq): Answer<T> => {
    if (low >= high) return build(low);
    const middle = Math.ceil((low + high) / 2);
    return withEntries([middle], ([entry]) =>
      entry !== undefined && entry.time <= until ? between(middle, high) : between(low, middle - 1),
    );
  };
  return between(0, head);
};

interface Marked {
  readonly history: string;
  /** Tells the filters apart. */
  readonly mark: string;
}

export const backCursorCharactersMax = 300;

/** Where a page goes on: `<history> <mark of the filters> <first entry to look at>`. */
export const backCursorOf = ({ history, mark }: Marked, next: Seq): string => [history, mark, next].join(' ');

/** DE18: where the cursor of a page leads. */
export const placeOf = (cursor: string, { history, mark }: Marked, name: string): Outcome<Seq> => {
  const [of, marked, next, ...more] = cursor.split(' ');
  const seq = Number(next);
  if (next === undefined || more.length > 0 || !Number.isSafeInteger(seq) || seq < 1)
    return refuse(
      'invalid_input',
      `This is no cursor of ${name}. Pass next_cursor on as it came, or ask without a cursor.`,
    );
  if (of !== history)
    return refuse(
      'history_changed',
      'This cursor belongs to another history of the workspace. Ask again without a cursor.',
    );
  if (marked !== mark)
    return refuse(
      'invalid_input',
      'This cursor goes on with other filters. Give the same filters with it, or ask without a cursor.',
    );
  return ok(seq);
};
