import { present } from '../../kernel/assert.ts';
import { type Entry, entryGuard } from '../../kernel/entry.ts';
import type { Joins } from '../../kernel/operation.ts';
import type { AgentsEvent } from './model.ts';

const is = entryGuard<AgentsEvent>();

/** What a start wrote about who has started. */
export const startedIn = (entries: readonly Entry[]) =>
  present(
    entries.find((one) => is(one, 'agents.started')),
    'a start writes that it started',
  ).data;

export const joinedBy: Joins = (entries) => {
  const { agent, session } = startedIn(entries);
  return { agent, session };
};
