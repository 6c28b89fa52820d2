import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMemoryVault, openMemoryStore } from '../../stores/memory/memory-store.ts';
import { type Note, all, indexOf, openJournal, temporary, write } from '../../testing/indexed-journal.ts';
import { excerptOf } from './excerpt.ts';
import { termsOf } from './terms.ts';
import { placedWords, wordsOf } from './words.ts';

/** Words as they are written, with the words that they are to be found by. */
const vocabulary: readonly (readonly [string, readonly string[]])[] = [
  ['Lock', ['lock']],
  ['locks', ['locks']],
  ['lock-file', ['lock', 'file']],
  ['café', ['cafe']],
  ['CAFE\u0301', ['cafe']],
  ['日本', ['日', '本']],
  ['本', ['本']],
  ['T-12', ['t', '12']],
  ['src/a.ts', ['src', 'a', 'ts']],
  ['42', ['42']],
  ['AND', ['and']],
];

const agents = ['ada', 'Ada', 'bob'];

const written = fc.constantFrom(...vocabulary);
const someWords = fc.array(written, { minLength: 1, maxLength: 5 });

interface Written {
  readonly note: Note;
  readonly tokens: readonly string[];
}

const note: fc.Arbitrary<Written> = fc
  .record({
    agent: fc.option(fc.constantFrom(...agents), { nil: undefined }),
    words: someWords,
    border: fc.constantFrom(' ', ', ', '\n', '_'),
    secret: fc.option(fc.subarray(agents), { nil: undefined }),
  })
  .map(({ agent, words, border, secret = [] }) => ({
    note: {
      ...(agent !== undefined && { agent }),
      text: words.map(([as]) => as).join(border),
      for: secret,
    },
    tokens: words.flatMap(([, tokens]) => tokens),
  }));

interface Wanted {
  readonly typed: string;
  readonly tokens: readonly string[];
  readonly isBeginning: boolean;
}

const term: fc.Arbitrary<Wanted> = fc.oneof(
  written.map(([typed, tokens]) => ({ typed, tokens, isBeginning: false })),
  someWords.map((words) => ({
    typed: `"${words.map(([as]) => as).join(' ')}"`,
    tokens: words.flatMap(([, tokens]) => tokens),
    isBeginning: false,
  })),
  fc
    .constantFrom(['lo*', ['lo']] as const, ['Lock-fi*', ['lock', 'fi']] as const, ['CAF*', ['caf']] as const)
    .map(([typed, tokens]) => ({ typed, tokens, isBeginning: true })),
);

const question = fc.record({
  terms: fc.array(term, { minLength: 1, maxLength: 3 }),
  viewer: fc.option(fc.constantFrom(...agents), { nil: undefined }),
  agent: fc.option(fc.constantFrom(...agents), { nil: undefined }),
  to: fc.option(fc.constantFrom(...agents), { nil: undefined }),
  since: fc.option(fc.nat(20), { nil: undefined }),
  before: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
});

const holds = (tokens: readonly string[], { tokens: wanted, isBeginning }: Wanted): boolean =>
  tokens.some((_, at) =>
    wanted.every((word, i) =>
      isBeginning && i === wanted.length - 1 ? tokens[at + i]?.startsWith(word) : tokens[at + i] === word,
    ),
  );

test('a search finds what a look at every text finds, whatever is asked and whoever asks', async (context) => {
  const folder = temporary(context);
  await fc.assert(
    fc.asyncProperty(
      fc.array(note, { minLength: 20, maxLength: 60 }),
      fc.array(question, { minLength: 40, maxLength: 40 }),
      async (notes, questions) => {
        const journal = openJournal(openMemoryStore(createMemoryVault()));
        const { index, find } = indexOf(journal, folder);
        await write(
          journal,
          notes.map((one) => one.note),
        );
        for (const { terms, viewer, ...filters } of questions) {
          const fits = notes.flatMap(({ note: one, tokens }, i) => {
            const seq = i + 1;
            const names = one.for ?? [];
            const visible =
              names.length === 0 || viewer === undefined || [...names, one.agent].includes(viewer);
            const wanted =
              (filters.agent === undefined || one.agent === filters.agent) &&
              (filters.to === undefined || names.includes(filters.to)) &&
              seq > (filters.since ?? 0) &&
              seq < (filters.before ?? Number.POSITIVE_INFINITY) &&
              terms.every((wantedTerm) => holds(tokens, wantedTerm) || holds(['t', '1'], wantedTerm));
            return visible && wanted ? [seq] : [];
          });
          const text = terms.map(({ typed }) => typed).join(' ');
          const { hits, total } = await find({ text, ...filters, limit: 60 }, viewer);
          assert.deepEqual(
            hits.map(({ seq }) => seq).toSorted((a, b) => a - b),
            fits,
            text,
          );
          assert.equal(total, fits.length);
          const best = hits.toSorted((a, b) => b.score - a.score || b.seq - a.seq);
          assert.deepEqual(hits, best, 'the best first, of equally good ones the newest');
        }
        await index.close();
      },
    ),
    { numRuns: 12 },
  );
});

test('whatever is typed is looked for or refused as having no word, and never a mistake of ours', async (context) => {
  const journal = openJournal(openMemoryStore(createMemoryVault()));
  const { index } = indexOf(journal, temporary(context));
  await write(journal, [{ text: 'one AND two NOT three NEAR(four) text:five ^six "seven"' }]);
  const syntax = fc.constantFrom(
    '"',
    '*',
    'AND',
    'OR',
    'NOT',
    'NEAR(',
    ')',
    '(',
    '^',
    ':',
    '-',
    '+',
    '{',
    '}',
    ' ',
    'text',
    'tags : "public"',
    '\u0000',
    "'",
    ';',
    'é',
    '½',
    '\ufdfa',
    '“',
    '\ud800',
    'ab',
  );
  const typed = fc.oneof(
    fc.array(syntax, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
  );
  await fc.assert(
    fc.asyncProperty(typed, async (text) => {
      const found = await index.find({ ...all, text }, { journal, viewer: undefined });
      if (!found.ok) assert.equal(found.code, 'invalid_input', found.message);
    }),
    { numRuns: 2_000 },
  );
  await index.close();
});

test('words in quotes are a phrase of one text, and stand in no order without', async (context) => {
  const journal = openJournal(openMemoryStore(createMemoryVault()));
  const { index, seqs } = indexOf(journal, temporary(context));
  await write(journal, [{ ref: 'shop/cart', text: 'the lock is held' }, { text: 'held: the lock' }]);
  assert.deepEqual(await seqs('held lock'), [2, 1]);
  assert.deepEqual(await seqs('"lock is held"'), [1]);
  assert.deepEqual(await seqs('“the lock”'), [2, 1]);
  assert.deepEqual(await seqs('shop/cart'), [1], 'what an entry is about can be looked for');
  assert.deepEqual(await seqs('"cart the"'), [], 'a phrase does not go from one text to the next');
  assert.deepEqual(await seqs('"held'), [2, 1], 'a quote that nothing closes is none');
  assert.deepEqual(await seqs('loc'), []);
  assert.deepEqual(await seqs('loc*'), [2, 1]);
  await index.close();
});

test('an entry with more about it and less besides comes first', async (context) => {
  const journal = openJournal(openMemoryStore(createMemoryVault()));
  const { index, seqs } = indexOf(journal, temporary(context));
  const other = Array.from({ length: 50 }, (_, i) => ({ text: `something else number ${i}` }));
  const long = 'a long text about many things, one of which is the migration, and others are not at all';
  await write(journal, [
    { text: 'migration of the journal: the migration begins' },
    { text: long },
    { text: 'migration' },
    { text: 'migration' },
    ...other,
  ]);
  assert.deepEqual(await seqs('migration'), [1, 4, 3, 2]);
  assert.deepEqual((await seqs('migration something')).length, 0);
  await index.close();
});

test('of more entries than are ranked the newest are, and all are counted', async (context) => {
  const journal = openJournal(openMemoryStore(createMemoryVault()));
  const { index, find } = indexOf(journal, temporary(context), { rankedMax: 3 });
  const notes = Array.from({ length: 8 }, (_, i) => ({ text: `lock${' lock'.repeat(8 - i)}` }));
  await write(journal, notes);
  const { hits, total } = await find({ text: 'lock' });
  assert.deepEqual([hits.map(({ seq }) => seq), total], [[6, 7, 8], 8]);
  const { hits: older } = await find({ text: 'lock', before: 6 });
  assert.deepEqual(
    older.map(({ seq }) => seq),
    [3, 4, 5],
  );
  await index.close();
});

test('areas and kinds that no text can be of are refused with those that there are', async (context) => {
  const journal = openJournal(openMemoryStore(createMemoryVault()));
  const { index, find } = indexOf(journal, temporary(context));
  await write(journal, [{ text: 'one' }]);
  assert.equal((await find({ text: 'one', areas: ['tasks'], kinds: ['noted', 'added'] })).total, 1);
  assert.equal((await find({ text: 'one', areas: ['agents'] })).total, 0);
  assert.equal((await find({ text: 'one', kinds: ['added'] })).total, 0);
  for (const filter of [{ areas: ['task'] }, { kinds: ['tasks.noted'] }]) {
    const found = await index.find({ ...all, text: 'one', ...filter }, { journal, viewer: undefined });
    assert.ok(!found.ok && found.code === 'invalid_input');
    assert.match(found.message, /agents, tasks|added, /);
  }
  await index.close();
});

test('the division into words is the same with and without places, and folds capitals, accents and forms', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.deepEqual(
        wordsOf(text),
        placedWords(text).map(({ word }) => word),
      );
      for (const word of wordsOf(text)) assert.match(word, /^[^\u0000-\u002f\u003a-\u0060\u007b-\u007f]+$/);
    }),
  );
  assert.deepEqual(wordsOf('Ｓｉｇｎａｌ İstanbul naïve ﬁle 東京タワー foo_bar'), [
    'signal',
    'istanbul',
    'naive',
    'file',
    '東',
    '京',
    'タ',
    'ワ',
    'ー',
    'foo',
    'bar',
  ]);
});

const excerpt = (texts: readonly string[], typed: string): string => {
  const terms = termsOf(typed);
  assert.ok(terms.ok);
  return excerptOf(texts, terms.value);
};

test('an excerpt shows the text that fits, as it was written, around the first of the words', () => {
  assert.equal(excerpt(['one', 'Two THREE "x"'], 'three'), 'Two THREE "x"');
  const long = `${'before '.repeat(40)}The Café opens ${'after '.repeat(60)}`;
  const shown = excerpt([long], 'cafe');
  assert.match(shown, /^…(?:before )+The Café opens (?:after )+after…$/);
  assert.ok(shown.length <= 202);
  assert.equal(excerpt([`${'x'.repeat(500)} end`], 'end'), '…end');
  assert.equal(excerpt(['y'.repeat(500)], 'nowhere'), `${'y'.repeat(200)}…`);
  assert.ok(excerpt(['😀'.repeat(300)], 'nowhere').isWellFormed());
});
