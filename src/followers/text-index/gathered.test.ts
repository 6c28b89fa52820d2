import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Head } from '../../journal/head.ts';
import type { Entry } from '../../kernel/entry.ts';
import { entriesOf, texts } from '../../testing/indexed-journal.ts';
import { Gathered, additionCharacters, additionDocuments } from './gathered.ts';

const headAt = (seq: number): Head => ({ seq, chain: `link ${seq}` });

const notes = (count: number, after: number, text = 'a note'): Entry[] =>
  entriesOf(
    Array.from({ length: count }, (_, i) => ({ text: `${text} ${after + i}` })),
    after,
  );

/** Told of what comes behind `after`, so many notes at a time. */
const told = (gathered: Gathered, after: number, { times, each = 1, text = 'a note' }: Telling): number => {
  let seq = after;
  for (let i = 0; i < times; i += 1) {
    gathered.add(notes(each, seq, text), headAt(seq + each));
    seq += each;
  }
  return seq;
};

interface Telling {
  readonly times: number;
  readonly each?: number;
  readonly text?: string;
}

const gatheredFrom = (seq: number): Gathered => {
  const gathered = new Gathered(texts);
  gathered.add([], headAt(seq));
  return gathered;
};

test('what was gathered is what reading finds, without gaps and in batches', () => {
  const gathered = gatheredFrom(7);
  const end = told(gathered, 7, { times: 30, each: 30 });
  const documents = [];
  let at = headAt(7);
  for (let one = gathered.take(at); one !== undefined; one = gathered.take(at)) {
    assert.deepEqual(one.after, at);
    assert.ok(one.documents.length < additionDocuments + 30);
    documents.push(...one.documents);
    at = one.head;
  }
  assert.deepEqual(at, headAt(end));
  assert.deepEqual(
    documents,
    notes(900, 7).map((entry) => texts.document(entry)),
  );
  told(gathered, end, { times: 1 });
  assert.deepEqual(gathered.take(at)?.head, headAt(end + 1));
});

test('nothing is gathered over a gap, nor before it is known where it began', () => {
  const gathered = new Gathered(texts);
  told(gathered, 0, { times: 1 });
  assert.equal(gathered.take(headAt(0)), undefined);
  told(gathered, 1, { times: 1 });
  gathered.add(notes(1, 5), headAt(6));
  assert.equal(gathered.take(headAt(1)), undefined);
  told(gathered, 6, { times: 2 });
  assert.equal(gathered.take(headAt(1)), undefined);
  assert.equal(gathered.gapBehind(headAt(1)), 5);
  assert.deepEqual(gathered.take(headAt(6))?.head, headAt(8));
});

test('entries that do not end where the journal stands are not gathered, and another history is not taken', () => {
  const gathered = gatheredFrom(0);
  gathered.add(notes(1, 0), headAt(2));
  assert.equal(gathered.take(headAt(0)), undefined);
  told(gathered, 2, { times: 1 });
  assert.equal(gathered.take({ seq: 2, chain: 'another link' }), undefined);
  assert.deepEqual(gathered.take(headAt(2))?.head, headAt(3));
});

test('whoever is further already takes nothing of what is behind it', () => {
  const gathered = gatheredFrom(0);
  told(gathered, 0, { times: 4, each: additionDocuments });
  assert.deepEqual(gathered.take(headAt(2 * additionDocuments))?.head, headAt(3 * additionDocuments));
  assert.equal(gathered.gapBehind(headAt(3 * additionDocuments)), Number.POSITIVE_INFINITY);
});

test('the oldest is forgotten where it becomes too much, by documents and by characters', () => {
  const many = gatheredFrom(0);
  told(many, 0, { times: 12, each: additionDocuments });
  assert.equal(many.take(headAt(0)), undefined);
  assert.equal(many.gapBehind(headAt(0)), 2 * additionDocuments);
  const long = gatheredFrom(0);
  told(long, 0, { times: 4, text: 'x'.repeat(additionCharacters) });
  assert.equal(long.gapBehind(headAt(0)), 3);
});
