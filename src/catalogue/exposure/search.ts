import type { Operation } from '../../kernel/operation.ts';

/** Words that say nothing about what somebody is looking for. */
const fillers: ReadonlySet<string> = new Set(
  'a all an and any are as at be by can do does for from has have how i if in into is it its me my not of on one or our some that the then there these this to use want was we what when where which who will with you your'.split(
    ' ',
  ),
);

/** How many words of a query count. */
const queryWordsMax = 32;

/** A beginning that short would fit too much. */
const prefixCharactersMin = 3;

/** What a word is worth by where it stands. */
const weights = { name: 8, category: 4, summary: 3, description: 1 } as const;

const exactly = 2;
const asPrefix = 1;

/** The words of a query, or of what is searched: lower case, singular, without fillers. */
export const wordsOf = (text: string): readonly string[] => {
  const words = text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1);
  const telling = words.filter((word) => !fillers.has(word));
  return [...new Set((telling.length > 0 ? telling : words).map(singular))];
};

const singular = (word: string): string => {
  if (word.length < 4 || word.endsWith('ss')) return word;
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  return word.endsWith('s') ? word.slice(0, -1) : word;
};

/** How well two words fit: `claim` is found by `claims`, `claimed` and `cla`. */
const likeness = (word: string, asked: string): number => {
  if (word === asked) return exactly;
  const [short, long] = word.length < asked.length ? [word, asked] : [asked, word];
  return short.length >= prefixCharactersMin && long.startsWith(short) ? asPrefix : 0;
};

interface Indexed {
  readonly operation: Operation;
  readonly words: readonly { readonly word: string; readonly weight: number }[];
}

const indexed = (operation: Operation): Indexed => {
  const weighted = (['name', 'category', 'summary', 'description'] as const).flatMap((field) =>
    wordsOf(operation[field]).map((word) => ({ word, weight: weights[field] })),
  );
  return { operation, words: weighted };
};

/** The operations by the words in their texts. */
export class SearchIndex {
  readonly #rows: readonly Indexed[];

  constructor(operations: readonly Operation[]) {
    this.#rows = operations.map(indexed);
  }

  /**
   * Those that at least one word of the query fits, the best first: who fits more of the words, then in the weightier
   * places, then who comes first in the catalogue. Without words, all of them.
   */
  find(query: string): readonly Operation[] {
    const asked = wordsOf(query).slice(0, queryWordsMax);
    if (asked.length === 0) return this.#rows.map(({ operation }) => operation);
    return this.#rows
      .map(({ operation, words }) => {
        const worth = asked.map((one) => {
          const fits = words.map(({ word, weight }) => weight * likeness(word, one));
          return Math.max(0, ...fits);
        });
        const fitting = worth.filter((points) => points > 0).length;
        return { operation, fitting, points: worth.reduce((sum, points) => sum + points, 0) };
      })
      .filter(({ fitting }) => fitting > 0)
      .toSorted((a, b) => b.fitting - a.fitting || b.points - a.points)
      .map(({ operation }) => operation);
  }
}
