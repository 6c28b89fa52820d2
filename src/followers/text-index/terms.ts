import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { type Word, wordsOf } from './words.ts';

/** Words that must stand next to each other, the last of which may be only the beginning of one. */
export interface Term {
  readonly words: readonly string[];
  readonly isBeginning: boolean;
}

const beginningCharactersMin = 2;

/** A phrase in quotes of either kind, or whatever stands between spaces. */
const part = /"([^"]*)"|“([^”]*)”|(\S+)/gu;
const endsAsBeginning = /[\p{L}\p{N}\p{M}]\*$/u;

/** What a user typed, as terms. Nothing in it is syntax but quotes and `*` behind a word. */
export const termsOf = (text: string): Outcome<readonly Term[]> => {
  const terms: Term[] = [];
  for (const [, quoted, typographic, bare = ''] of text.matchAll(part)) {
    const phrase = quoted ?? typographic;
    const words = wordsOf(phrase ?? bare);
    if (words.length === 0) continue;
    const isBeginning = phrase === undefined && endsAsBeginning.test(bare);
    if (isBeginning && (words.at(-1)?.length ?? 0) < beginningCharactersMin) {
      return refuse(
        'invalid_input',
        `The beginning of a word has at least ${beginningCharactersMin} characters before the "*". Write more of it.`,
      );
    }
    terms.push({ words, isBeginning });
  }
  return terms.length > 0
    ? ok(terms)
    : refuse('invalid_input', 'There is no word in the text. Give at least one to look for.');
};

/** At which word of a text a term begins; -1 where it does not. */
export const placeOf = ({ words, isBeginning }: Term, text: readonly Pick<Word, 'word'>[]): number =>
  text.findIndex((_, at) =>
    words.every((word, i) => {
      const there = text[at + i]?.word;
      return isBeginning && i === words.length - 1 ? there?.startsWith(word) === true : there === word;
    }),
  );
