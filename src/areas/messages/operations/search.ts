import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation, withSearch } from '../../../kernel/operation.ts';
import {
  foundSchema,
  mailLeftOut,
  searchPageShape,
  searchStart,
  searchTextSchema,
} from '../../../kernel/search.ts';
import { agentNameSchema } from '../../agents/model.ts';

const name = 'message_search';

export const messageSearch = defineOperation({
  name,
  journal: 'workspace',
  category: 'messages',
  summary: 'Find messages by their words.',
  description:
    'Look for what was said: messages to and from you and to everyone, best first. All words must be there; "in quotes" is a phrase, word* a beginning. ref is the id for message_get. find looks through everything else.',
  positional: 'text',
  forPrograms: ['score'],
  role: 'reader',
  rate: 'read',
  errors: ['history_changed', 'overloaded', 'storage_failed'],
  destructive: false,
  idempotent: true,
  examples: [
    { title: 'What was said about something', input: { text: 'deploy friday' } },
    { title: 'By one agent to another', input: { text: '"code review"', from: 'ada', to: 'bob' } },
  ],
  input: z.strictObject({
    text: searchTextSchema.describe('words, "a phrase", begin*'),
    from: agentNameSchema.optional().describe('who sent it'),
    to: agentNameSchema.optional().describe('who got it'),
    ...searchPageShape,
  }),
  output: foundSchema,
  query: ({ messages }, { text, from, to, ...page }, { history, actor }) => {
    const start = searchStart({ text, areas: ['messages'], agent: from, to }, page, { name, history });
    if (!start.ok) return start;
    const { query, page: pageOf } = start.value;
    const hides = actor.agent === undefined && messages.last > 0;
    return withSearch(query, (found) => ok({ ...pageOf(found), ...(hides && { left_out: mailLeftOut }) }));
  },
});
