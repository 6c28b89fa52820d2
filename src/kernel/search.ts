import { z } from 'zod';
import type { Seq } from './entry.ts';
import { type Outcome, ok, refuse } from './errors.ts';
import { lineSchema } from './ids.ts';
import { type Instant, isoTime } from './instants.ts';
import { markOf } from './json.ts';

/** What is looked for in the texts of a workspace. What is absent does not matter. */
export interface SearchQuery {
  /** Words as somebody typed them: all must be there; quotes hold a phrase, a word that ends in `*` is a beginning. */
  readonly text: string;
  readonly areas?: readonly string[] | undefined;
  /** What happened: the event without its area, such as `noted`. */
  readonly kinds?: readonly string[] | undefined;
  /** Who wrote it. */
  readonly agent?: string | undefined;
  /** Whom it was addressed to. */
  readonly to?: string | undefined;
  /** Only what came after this entry, and before that one. */
  readonly since?: Seq | undefined;
  readonly before?: Seq | undefined;
  readonly limit: number;
  /** How many of the best to pass over. */
  readonly offset: number;
}

/** An entry whose texts fit. */
export interface SearchHit {
  readonly seq: Seq;
  readonly area: string;
  readonly kind: string;
  /** What the entry is about, such as a task. */
  readonly ref: string;
  readonly time: Instant;
  /** Undefined when nobody's agent wrote it. */
  readonly agent: string | undefined;
  /** The part of the text where the words are, as it was written: the words of others. */
  readonly excerpt: string;
  /** The higher, the better; compares only within one answer. */
  readonly score: number;
}

export interface Found {
  /** The best first; of equally good ones the newest. */
  readonly hits: readonly SearchHit[];
  /** How many entries fit, however many are shown. */
  readonly total: number;
  /** The last entry that was looked at: everything that was stored when the search began. */
  readonly upTo: Seq;
}

const searchCharactersMax = 500;
const searchListMax = 50;
const searchDefault = 10;
export const searchFiltersMax = 32;
const cursorCharactersMax = 300;

/** A letter, a digit or a mark: what words are made of. */
const hasWord = /[\p{L}\p{N}]/u;

export const searchTextSchema = lineSchema('A text', searchCharactersMax).refine(
  (text) => hasWord.test(text),
  'a text to look for has a letter or a digit in it',
);

/** What every search takes, whatever it looks through. */
export const searchPageShape = {
  since: z.int().min(0).optional().describe('only after this seq'),
  before: z.int().min(1).optional().describe('only before this seq'),
  limit: z.int().min(1).max(searchListMax).default(searchDefault).meta({ title: 'how many to show' }),
  cursor: z.string().max(cursorCharactersMax).optional().describe('next_cursor; same text and filters'),
};

/** A page of hits, as operations answer. */
export const foundSchema = z.strictObject({
  items: z.array(
    z.strictObject({
      seq: z.number(),
      area: z.string(),
      kind: z.string(),
      ref: z.string().describe('what it is about'),
      time: z.string(),
      agent: z.string().nullable(),
      excerpt: z.string(),
      score: z.number(),
    }),
  ),
  total: z.number(),
  next_cursor: z.string().nullable(),
  left_out: z.string().optional().describe('what was not looked through'),
});

/** What a search says that speaks for no agent, where there are messages to agents. */
export const mailLeftOut = 'Messages to agents were left out, because this call names no agent.';

interface SearchPage {
  readonly since?: Seq | undefined;
  readonly before?: Seq | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

interface Asked {
  /** The operation, as refusals call it. */
  readonly name: string;
  readonly history: string;
}

interface SearchStart {
  readonly query: SearchQuery;
  /** The page of these hits, with the cursor for what comes behind it. */
  readonly page: (found: Found) => z.infer<typeof foundSchema>;
}

/**
 * Where a page begins. A cursor names its history, what was looked for, where the journal ended at the first page (what
 * is stored later is on none of its pages), and how many hits were shown.
 */
export const searchStart = (
  what: Omit<SearchQuery, 'since' | 'before' | 'limit' | 'offset'>,
  { cursor, limit, ...range }: SearchPage,
  { name, history }: Asked,
): Outcome<SearchStart> => {
  const mark = markOf({ ...what, ...range });
  const given = cursor === undefined ? [history, mark, everything, 0] : cursor.split(' ');
  const [of, marked, ending, shown, ...more] = given;
  const [end, offset] = [Number(ending), Number(shown)];
  if (more.length > 0 || shown === undefined || !isCount(end) || !isCount(offset)) {
    return refuse(
      'invalid_input',
      `This is no cursor of ${name}. Pass next_cursor on as it came, or search without a cursor.`,
    );
  }
  if (of !== history) {
    return refuse(
      'history_changed',
      'This cursor belongs to another history of the workspace. Search again without a cursor.',
    );
  }
  if (marked !== mark) {
    return refuse(
      'invalid_input',
      'This cursor goes on with another search. Give the same text and filters with it, or search without a cursor.',
    );
  }
  const before = Math.min(range.before ?? everything, end + 1);
  return ok({
    query: { ...what, since: range.since, before, limit, offset },
    page: ({ hits, total, upTo }) => ({
      items: hits.map(viewHit),
      total,
      next_cursor:
        hits.length > 0 && offset + hits.length < total
          ? [history, mark, Math.min(end, upTo), offset + hits.length].join(' ')
          : null,
    }),
  });
};

const viewHit = ({ time, agent, score, ...hit }: SearchHit) => ({
  ...hit,
  time: isoTime(time),
  agent: agent ?? null,
  score: Number(score.toPrecision(4)),
});

/** An entry that no journal comes to; one more is still a whole number. */
const everything = Number.MAX_SAFE_INTEGER - 1;

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
