/* What an attack is, and what has to be seen before it counts as stopped. */
import assert from 'node:assert/strict';
import { type ErrorCode, errorTable } from '../../../src/kernel/errors.ts';
import type { HubOptions } from '../../host/processes.ts';
import type { Range } from './range.ts';
import type { WireAnswer } from './wire.ts';

export interface Attack {
  readonly name: string;
  /** Attacks. Resolves with what stopped it, in words that are the same in every run; rejects when nothing did. */
  readonly run: (range: Range) => Promise<string>;
}

export interface Family {
  readonly name: string;
  /** What whoever attacks so is after. */
  readonly aim: string;
  /** The same without what is evil in it, which succeeds: else a refusal would prove nothing. */
  readonly control: Attack;
  readonly attacks: readonly Attack[];
  /** How the hub is started that is attacked. */
  readonly hub?: HubOptions;
}

const sentenceCharactersMax = 110;

/** The first sentence of a message, not at any length. */
const firstSentence = (message: string): string => {
  const sentence = /^.*?[.?](?= |$)/s.exec(message)?.[0] ?? message;
  return sentence.length > sentenceCharactersMax ? `${sentence.slice(0, sentenceCharactersMax)}…` : sentence;
};

/** Checks that this code refused it, for this reason, and gives that back in words. */
export const refusedBy = (answer: WireAnswer, code: ErrorCode, says: RegExp): string => {
  const seen = `${answer.status} ${answer.code ?? 'no code'}: ${answer.message ?? answer.text.slice(0, 200)}`;
  assert.equal(answer.code, code, seen);
  assert.equal(answer.status, errorTable[code].http, seen);
  assert.match(answer.message ?? '', says, seen);
  return `${answer.status} ${code}: ${firstSentence(answer.message ?? '')}`;
};

/** What stopped several, each thing once. */
export const together = (reasons: readonly string[]): string => [...new Set(reasons)].toSorted().join('; ');

/** `400 invalid_input x12, 200 x3`: how often each came, most often first. */
export const tally = (words: readonly string[]): string => {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([word, count]) => `${word} ×${count}`)
    .join(', ');
};
